"""Messages out of a stream (RFC 3261, section 18.3)."""

import re
from collections.abc import Iterator

from msgspec import Struct

from softswitch.sip.message.parsing import MOST_BODY_BYTES, MOST_HEADER_BYTES

_TOO_LONG = ("headers-too-long", "body-too-long")

_length = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*([^\r\n]*)", re.IGNORECASE
).findall
_pings = re.compile(rb"(?:\r\n\r\n)+").match


class KeepAlive(Struct, frozen=True, gc=False):
    """The peer asked whether the connection lives (RFC 5626, section 3.5.1).

    However often it asks in one breath, it is one question: an answer to each would cost us more
    than asking costs the peer.
    """

    answer: bytes = b"\r\n"


class Broken(Struct, frozen=True, gc=False):
    """The stream cannot be read any further: close the connection. The last item of a framer."""

    slug: str


class Framer:
    """Cuts one connection's stream into messages, by their Content-Length."""

    __slots__ = ("_body", "_broken", "_buffer", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0  # no end of the headers begins before this offset
        self._body: int | None = None  # total length, once the headers are whole
        self._broken = False

    @property
    def pending(self) -> int:
        """Bytes of a message that is not whole: not for long, in an honest connection."""
        return len(self._buffer)

    def receive(self, data: bytes) -> list[bytes | KeepAlive | Broken]:
        """Return what is whole now; after Broken nothing follows."""
        return [*self.cut(data)]

    def cut(self, data: bytes) -> Iterator[bytes | KeepAlive | Broken]:
        """Yield what is whole now, each cut when it is asked for.

        Of a message that is too long, its headers, or what there may be of them: whoever reads
        that refuses it.
        """
        if self._broken:
            return
        self._buffer += data
        while not self._broken:
            item = self._next()
            if item is None:
                return
            if isinstance(item, Broken):
                self._broken = True
                beginning = self._beginning() if item.slug in _TOO_LONG else b""
                self._buffer.clear()
                if beginning:
                    yield beginning
            yield item

    def _next(self) -> bytes | KeepAlive | Broken | None:
        buffer = self._buffer
        if self._body is None:
            if buffer and buffer[0] in b"\r\n":
                return self._line_ends()
            end = buffer.find(b"\r\n\r\n", self._searched, MOST_HEADER_BYTES + 4)
            if end < 0:
                self._searched = max(0, len(buffer) - 3)
                return Broken("headers-too-long") if len(buffer) > MOST_HEADER_BYTES else None
            length = _content_length(bytes(buffer[: end + 2]))
            if isinstance(length, Broken):
                return length
            self._body = end + 4 + length
        if len(buffer) < self._body:
            return None
        message = bytes(buffer[: self._body])
        del buffer[: self._body]
        self._body = None
        self._searched = 0
        return message

    def _beginning(self) -> bytes:
        end = self._buffer.find(b"\r\n\r\n", 0, MOST_HEADER_BYTES + 4)
        return bytes(self._buffer[: MOST_HEADER_BYTES + 1 if end < 0 else end + 4])

    def _line_ends(self) -> bytes | KeepAlive | Broken | None:
        """Take the line ends between messages; two in a row are a ping."""
        buffer = self._buffer
        pings = _pings(buffer)
        if pings is not None:
            end = pings.end()
            del pings  # it holds the buffer, which would not shrink
            del buffer[:end]
            return KeepAlive()
        if b"\r\n\r".startswith(buffer):
            return None  # perhaps half a ping
        if not buffer.startswith(b"\r\n"):
            return Broken("stray-line-end")
        del buffer[:2]
        return self._next()


def _content_length(head: bytes) -> int | Broken:
    found = {value.strip() for value in _length(head)}
    if len(found) != 1:
        return Broken("content-lengths-differ" if found else "content-length-missing")
    digits = found.pop()
    if not digits.isdigit():
        return Broken("content-length-malformed")
    if len(digits) > 9 or int(digits) > MOST_BODY_BYTES:
        return Broken("body-too-long")
    return int(digits)
