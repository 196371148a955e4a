"""SIP over WebSocket (RFC 7118), the side of the server."""

import logging
from collections.abc import Iterator
from http import HTTPStatus

from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from softswitch.transport.framing import Answer, Ended, Item, Noise

SUBPROTOCOL = Subprotocol("sip")

CHUNK = 1024
"""Bytes that are read at once: some 170 pings, the smallest thing that can be said."""

_SILENT = logging.Logger("websocket", logging.CRITICAL + 1)
"""What strangers do is counted by slug, and not written line by line."""

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
_SLUGS = {
    HTTPStatus.FORBIDDEN: "origin-refused",
    HTTPStatus.NOT_FOUND: "path-unknown",
    HTTPStatus.UPGRADE_REQUIRED: "no-upgrade",
}


class WebSocketFraming:
    """One message of SIP in each message of WebSocket.

    path     where telephones are expected; another one is answered 404
    origins  pages whose scripts may connect; empty for all, and for programs that name none
    longest  bytes of a message
    """

    __slots__ = ("_has_ended", "_is_idle", "_parts", "_path", "_protocol")

    def __init__(self, path: str, origins: tuple[str, ...], longest: int) -> None:
        self._path = path
        self._protocol = ServerProtocol(
            origins=[Origin(one) for one in origins] or None,
            subprotocols=[SUBPROTOCOL],
            max_size=longest,
            logger=_SILENT,
        )
        self._parts: list[bytes] = []
        self._is_idle = False
        self._has_ended = False

    @property
    def is_ready(self) -> bool:
        return self._protocol.state is State.OPEN

    @property
    def is_pending(self) -> bool:
        return not self._is_idle

    def ping(self) -> bytes:
        self._protocol.send_ping(b"")
        return self._written()

    def receive(self, data: bytes) -> Iterator[Item]:
        for at in range(0, len(data), CHUNK):
            if self._has_ended:
                return
            yield from self._receive(data[at : at + CHUNK])

    def _receive(self, data: bytes) -> Iterator[Item]:
        self._protocol.receive_data(data)
        events = self._protocol.events_received()
        slug, noise = "", 0
        for event in events:
            if isinstance(event, Request):
                slug = self._shake_hands(event)
                if slug:
                    break  # and nothing that was sent ahead of our answer counts
            elif isinstance(event, Frame):
                noise += event.opcode not in _DATA or not event.fin or not event.data
                if event.opcode in _DATA:
                    yield from self._take(event)
        if noise:
            yield Noise(noise)
        self._is_idle = bool(events) and self.is_ready and not self._parts
        if written := self._written():
            yield Answer(written)
        if self._protocol.eof_sent:
            self._has_ended = True
            yield Ended(slug or self._reason())

    def frame(self, message: bytes) -> bytes:
        if not self.is_ready:
            return b""
        if _is_text(message):
            self._protocol.send_text(message)
        else:
            self._protocol.send_binary(message)
        return self._written()

    def farewell(self) -> bytes:
        if self.is_ready:
            self._protocol.send_close(CloseCode.GOING_AWAY)
        return self._written()

    def _take(self, frame: Frame) -> Iterator[Item]:
        """Put the fragments of a message together."""
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return
        message = b"".join(self._parts)
        self._parts.clear()
        if message.strip(b"\r\n"):
            yield message
        elif message == b"\r\n\r\n":
            yield Answer(self.frame(b"\r\n"))  # a ping of RFC 5626, which scripts can send

    def _shake_hands(self, request: Request) -> str:
        """Answer the request to speak WebSocket; return why not, if it is refused."""
        path = request.path.partition("?")[0]
        if path == self._path:
            response = self._protocol.accept(request)
        else:
            response = self._protocol.reject(
                HTTPStatus.NOT_FOUND, f"Telephones connect to {self._path} here.\n"
            )
        self._protocol.send_response(response)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return ""
        return _SLUGS.get(HTTPStatus(response.status_code), "handshake-refused")

    def _reason(self) -> str:
        """Return why an open connection ends; nothing when the peer has closed it in order."""
        if self._protocol.handshake_exc is not None:
            return "handshake-malformed"
        if isinstance(self._protocol.parser_exc, Exception):
            sent = self._protocol.close_sent
            is_long = sent is not None and sent.code == CloseCode.MESSAGE_TOO_BIG
            return "message-too-long" if is_long else "frame-malformed"
        return ""

    def _written(self) -> bytes:
        return b"".join(self._protocol.data_to_send())


def _is_text(message: bytes) -> bool:
    if message.isascii():
        return True
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True
