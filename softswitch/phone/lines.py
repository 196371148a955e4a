"""A phone's way to its server: one UDP socket or one TCP connection."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, cast

from softswitch.sip.flow import Flow
from softswitch.sip.message import Broken, Framer, KeepAlive

CONNECT_WITHIN = 5.0
"""Seconds."""


class Line(Protocol):
    """Carries whole messages to the server."""

    flow: Flow

    def send(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Listener(Protocol):
    """Who takes what arrives."""

    def receive(self, data: bytes) -> None: ...

    def lost(self, reason: str) -> None:
        """Nothing is reached by this line, at least now."""


class UdpLine(asyncio.DatagramProtocol):
    """A connected socket, so that the kernel tells when nobody listens at the server."""

    flow: Flow

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio's own is not derived from the class that it documents
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.flow = _flow("udp", transport, 0)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._listener.receive(data)

    def error_received(self, exc: Exception) -> None:
        self._listener.lost(str(exc))

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.sendto(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class TcpLine(asyncio.Protocol):
    """One connection, by which the server's requests come too."""

    flow: Flow

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._framer = Framer()
        self._transport: asyncio.Transport | None = None
        self._is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.flow = _flow("tcp", transport, 1)

    def data_received(self, data: bytes) -> None:
        for item in self._framer.receive(data):
            if isinstance(item, KeepAlive):
                self.send(item.answer)
            elif isinstance(item, Broken):
                self._listener.lost(item.slug)
                self.close()
            else:
                self._listener.receive(item)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_closing:
            self._listener.lost(str(exc or "the server has closed the connection"))

    def send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        self._is_closing = True
        if self._transport is not None:
            self._transport.close()


Lay = Callable[[str, tuple[str, int], Listener], Awaitable[Line]]
"""Makes a line by a transport to a server. Raises OSError."""


async def connect(transport: str, server: tuple[str, int], listener: Listener) -> Line:
    """Return a line by `udp` or `tcp`. Raises OSError, of which TimeoutError is one kind."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_WITHIN):
        if transport == "tcp":
            _, stream = await loop.create_connection(lambda: TcpLine(listener), *server)
            return stream
        _, datagrams = await loop.create_datagram_endpoint(
            lambda: UdpLine(listener), remote_addr=server
        )
        return datagrams


def _flow(name: str, transport: asyncio.BaseTransport, connection: int) -> Flow:
    local, remote = (_zoned(transport.get_extra_info(key)) for key in ("sockname", "peername"))
    return Flow(name, local, remote, connection)


def _zoned(address: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    """Return host and port of a socket's address, a link-local one with its link."""
    host, port, *others = address
    return (f"{host}%{others[1]}" if others and others[1] else host), port
