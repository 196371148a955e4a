"""The document that says which dialogs somebody has (RFC 4235)."""

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from softswitch.sip.message import Document
from softswitch.watch.lines import LineDialog

MEDIA_TYPE = "application/dialog-info+xml"

_unfit = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an XML document cannot hold in any way."""

_plain_user = re.compile(r"[^A-Za-z0-9\-_.!~*'()+]")


def dialog_info(entity: str, dialogs: Iterable[LineDialog]) -> Document:
    """Return the state of `entity`, a URI. What stands there behind @ does so for everybody."""
    host = entity.rpartition("@")[2]
    lines = [
        f'" state="full" entity={quoteattr(_fit(entity))}>',
        *(_dialog(dialog, host) for dialog in dialogs),
        "</dialog-info>",
    ]
    before = (
        '<?xml version="1.0"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="'
    )
    return Document(MEDIA_TYPE, before.encode(), ("\n".join(lines) + "\n").encode())


def _dialog(dialog: LineDialog, host: str) -> str:
    name = f" display={quoteattr(_fit(dialog.name))}" if dialog.name else ""
    uri = f"sip:{_escaped(dialog.number) or 'anonymous'}@{_fit(host)}"
    return (
        f"<dialog id={quoteattr(_fit(dialog.id))} direction={quoteattr(dialog.direction)}>"
        f"<state>{dialog.state}</state>"
        f"<remote><identity{name}>{escape(uri)}</identity>"
        f"<target uri={quoteattr(uri)}/></remote>"
        "</dialog>"
    )


def _fit(text: str) -> str:
    return _unfit.sub("", text)


def _escaped(number: str) -> str:
    """Return a number as the user part of a URI."""
    return _plain_user.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")),
        number,
    )
