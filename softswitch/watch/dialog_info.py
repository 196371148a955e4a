"""The document that says which dialogs somebody has (RFC 4235)."""

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2s
from xml.sax.saxutils import escape, quoteattr

from softswitch.sip.message import Document, Replaces
from softswitch.watch.lines import LineDialog

MEDIA_TYPE = "application/dialog-info+xml"

_unfit = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an XML document cannot hold in any way."""

_plain_user = re.compile(r"[^A-Za-z0-9\-_.!~*'()+]")


NO_NAMES: Mapping[str, Replaces | None] = {}


def dialog_info(
    entity: str,
    dialogs: Iterable[LineDialog],
    names: Mapping[str, Replaces | None] = NO_NAMES,
) -> Document:
    """Return the state of `entity`, a URI. What stands there behind @ does so for everybody.

    names  of those dialogs that the reader may pick up, by id
    """
    host = entity.rpartition("@")[2]
    lines = [
        f'" state="full" entity={quoteattr(_fit(entity))}>',
        *(_dialog(dialog, host, names.get(dialog.id)) for dialog in dialogs),
        "</dialog-info>",
    ]
    before = (
        '<?xml version="1.0"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="'
    )
    return Document(MEDIA_TYPE, before.encode(), ("\n".join(lines) + "\n").encode())


def _dialog(dialog: LineDialog, host: str, name_of: Replaces | None) -> str:
    # The reader names the dialog to us, the other side of it: its remote tag is the one of ours.
    named = (
        ""
        if name_of is None
        else f" call-id={quoteattr(_fit(name_of.call_id))}"
        f" local-tag={quoteattr(_fit(name_of.from_tag))}"
        f" remote-tag={quoteattr(_fit(name_of.to_tag))}"
    )
    name = f" display={quoteattr(_fit(dialog.name))}" if dialog.name else ""
    uri = f"sip:{_escaped(dialog.number) or 'anonymous'}@{_fit(host)}"
    return (
        f"<dialog id={quoteattr(_id_of(dialog))}{named} direction={quoteattr(dialog.direction)}>"
        f"<state>{dialog.state}</state>"
        f"<remote><identity{name}>{escape(uri)}</identity>"
        f"<target uri={quoteattr(uri)}/></remote>"
        "</dialog>"
    )


def _id_of(dialog: LineDialog) -> str:
    """Return an id that stays, and leads nobody back to the dialog's tags."""
    return blake2s(dialog.id.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _fit(text: str) -> str:
    return _unfit.sub("", text)


def _escaped(number: str) -> str:
    """Return a number as the user part of a URI."""
    return _plain_user.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")),
        number,
    )
