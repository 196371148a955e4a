"""Bytes to messages: lazily, and liberal in what is taken.

Only what every later step relies on is checked here: a start line, lines with a name, and
that a line is one line. `validate` is for the requests that get a say.
"""

import re
from collections.abc import Callable
from typing import cast

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import is_number, is_token
from softswitch.sip.message.headers import BEGINNINGS, Header, header_of
from softswitch.sip.message.request import Request
from softswitch.sip.message.response import Response

MOST_HEADER_BYTES = 16 * 1024
MOST_BODY_BYTES = 64 * 1024
MOST_LINES = 256

_CONTENT_LENGTH = Header.CONTENT_LENGTH
_folded = re.compile(r"\r\n[ \t]").search
_unfold = re.compile(r"\r\n[ \t]+").sub
_beginning = cast(Callable[[str], Header], BEGINNINGS.get)
"""Returns None for a line that begins otherwise."""


def parse(data: bytes) -> Request | Response:
    """Return the message in a datagram or stream frame; raises ParseError.

    A body longer than Content-Length says is cut (section 18.3); without Content-Length the
    body is the rest. A body that is shorter is left for `validate`, which can still answer.
    """
    end = data.find(b"\r\n\r\n", 0, MOST_HEADER_BYTES)
    if data[:1] in b"\r\n":  # section 7.5: line ends before the start line
        data = data.lstrip(b"\r\n")
        end = data.find(b"\r\n\r\n", 0, MOST_HEADER_BYTES)
    if end < 0:
        raise ParseError("message", "", 0, "an empty line within the first 16 KiB")
    head = str(data[:end], "utf-8", "surrogateescape")
    lines = head.split("\r\n")
    count = len(lines) - 1
    if count > MOST_LINES:
        raise ParseError("message", "", 0, f"at most {MOST_LINES} lines")
    if head.count("\n") != count or head.count("\r") != count:
        raise ParseError("message", "", 0, "no line break within a line")
    start = lines[0]
    del lines[0]
    parts = [line.partition(" ") for line in lines]
    values = {_beginning(name): value for name, _, value in parts}
    firsts: dict[Header, str] | None = values
    if None in values:
        start, lines, ids = _unusual(head, start, lines)
        firsts = None
    elif len(values) < count:  # a name comes twice
        ids = [_beginning(name) for name, _, _ in parts]
        pairs = zip(reversed(ids), reversed(parts), strict=True)
        firsts = {name: value for name, (_, _, value) in pairs}
    else:
        ids = list(values)
    if firsts is not None and ("  " in head or " \r\n" in head or "\t" in head or head[-1] == " "):
        firsts = {name: value.strip(" \t") for name, value in firsts.items()}
    body = data[end + 4 :]
    message = (
        _response(start, lines, ids, body, firsts)
        if start[:8] == "SIP/2.0 "
        else _request(start, lines, ids, body, firsts)
    )
    length = (firsts or message.firsts()).get(_CONTENT_LENGTH)
    if length is not None and length != str(len(body)) and length.isascii() and length.isdigit():
        if len(length) > 40 or int(length) > MOST_BODY_BYTES:
            raise ParseError("Content-Length", length, 0, "at most 64 KiB")
        message.body = body[: int(length)]
    return message


def _unusual(head: str, start: str, lines: list[str]) -> tuple[str, list[str], list[Header]]:
    """Read lines of which one has a name never met before, no space behind its colon, no colon,
    or continues another."""
    try:
        return start, lines, [_id(line) for line in lines]
    except ParseError:
        if not _folded(head):
            raise
    start, *lines = _unfold(" ", head).split("\r\n")
    return start, lines, [_id(line) for line in lines]


def _id(line: str) -> Header:
    name, colon, _ = line.partition(":")
    if not colon:
        raise ParseError("header", "", 0, "a name and a colon in every line")
    return header_of(name)


def _request(
    start: str, lines: list[str], ids: list[Header], body: bytes, firsts: dict[Header, str] | None
) -> Request:
    method, _, rest = start.partition(" ")
    uri, _, version = rest.rpartition(" ")
    # What stands between the first and the last space is the URI, even if it is a bad one: a
    # request that can be told from noise is answered, and `validate` refuses it with 400.
    if version != "SIP/2.0" and not version.upper().startswith("SIP/"):
        uri, version = rest.rstrip().rpartition(" ")[::2]
        if not version.upper().startswith("SIP/"):
            raise ParseError("start line", start, 0, "METHOD uri SIP/2.0")
        version += " "  # white space at the end, which is refused
    if not (method.isascii() and method.isalpha()) and not is_token(method):
        raise ParseError("start line", start, 0, "a method")
    return Request(method, uri, lines, ids, body, version, firsts)


def _response(
    start: str, lines: list[str], ids: list[Header], body: bytes, firsts: dict[Header, str] | None
) -> Response:
    digits, phrase = start[8:11], start[12:]
    if not is_number(digits) or not 100 <= int(digits) <= 699 or start[11:12] not in (" ", ""):
        raise ParseError("start line", start, 8, "a status from 100 to 699")
    return Response(int(digits), phrase, lines, ids, body, firsts)
