"""A body of several parts (RFC 2046, section 5.1; RFC 5621)."""

import re
from typing import NamedTuple

_MOST_PARTS = 8
_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_REQUIRED = re.compile(r";\s*handling\s*=\s*required\b", re.IGNORECASE)
_PLAIN = frozenset(("", "7bit", "8bit", "binary"))
_IDENTITY = frozenset(("", "identity"))
_LONG_NAMES = {"c": "content-type", "e": "content-encoding"}


class Part(NamedTuple):
    """One of the bodies in a body.

    kind         its media type, in lower case and without parameters
    disposition  what it is for, likewise; empty when it does not say
    is_required  it says that the message must not be taken by who does not understand it
    body         empty when it is encoded in some way
    """

    kind: str
    disposition: str
    is_required: bool
    body: bytes


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """Return the first parts of a body; none when it is no multipart, or cannot be read.

    A multipart body within it is one part of it.
    """
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.strip().lower().startswith("multipart/"):
        return []
    delimiter = b"\r\n--" + (found[1] or found[2]).encode()
    parts = []
    for piece in (b"\r\n" + body).split(delimiter, _MOST_PARTS + 1)[1 : _MOST_PARTS + 1]:
        if piece[:1] not in (b"\r", b" ", b"\t"):
            break  # the end, or a boundary that is the beginning of another
        head, _, content = piece.partition(b"\r\n\r\n")
        parts.append(_read(head.decode(errors="replace"), content))
    return parts


def _read(head: str, content: bytes) -> Part:
    headers: dict[str, str] = {}
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers[_LONG_NAMES.get(name, name)] = value.strip()
    is_plain = (
        headers.get("content-transfer-encoding", "").lower() in _PLAIN
        and headers.get("content-encoding", "").lower() in _IDENTITY
    )
    disposition = headers.get("content-disposition", "")
    return Part(
        _word(headers.get("content-type", "text/plain")),
        _word(disposition),
        _REQUIRED.search(disposition) is not None,
        content if is_plain else b"",
    )


def _word(value: str) -> str:
    return value.partition(";")[0].strip().lower()
