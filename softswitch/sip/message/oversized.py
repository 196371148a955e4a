"""Requests too long to be read, as far as an answer needs them (RFC 3261, section 21.5.7)."""

import re

from softswitch.sip.errors import ParseError
from softswitch.sip.message.headers import Header
from softswitch.sip.message.parsing import MOST_HEADER_BYTES, parse
from softswitch.sip.message.request import Request

_NEEDED = frozenset((Header.VIA, Header.FROM, Header.TO, Header.CALL_ID, Header.CSEQ))
_without_length = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:[^\r\n]*(?:\r\n[ \t]+[^\r\n]*)*(?=\r\n)", re.IGNORECASE
).sub


def beginning(data: bytes) -> Request | None:
    """Return the request that `data` begins with, without its body, and without those of its
    headers that there is no room for; None where that cannot be answered."""
    head = data[:MOST_HEADER_BYTES].lstrip(b"\r\n")
    end = head.find(b"\r\n\r\n")
    if end < 0:
        end = head.rfind(b"\r\n", 0, MOST_HEADER_BYTES - 4)
    try:
        message = parse(_without_length(b"", head[: max(0, end)] + b"\r\n\r\n"))
    except ParseError:
        return None
    if not isinstance(message, Request) or message.method == "ACK":
        return None
    return message if _NEEDED.issubset(message.ids) else None
