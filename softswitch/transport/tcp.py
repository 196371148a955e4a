"""SIP over TCP: connections that phones have made, used in both directions."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import Protocol, cast

from msgspec import Struct

from softswitch.sip.flow import Flow
from softswitch.sip.message.framing import Broken, Framer, KeepAlive
from softswitch.transport.errors import CannotListen
from softswitch.transport.udp import mark

BACKLOG = 1024
"""Connections that wait to be let in."""


class StreamReceiver(Protocol):
    """Who takes what arrives (`Driver`)."""

    def receive(self, data: bytes, flow: Flow) -> None: ...

    def flow_lost(self, flow: Flow) -> None: ...

    def settle(self) -> None: ...


class TcpLimits(Struct, frozen=True):
    """What a peer may cost us; times in seconds."""

    connections: int = 4096
    idle: float = 7200.0
    """Without a byte from the peer, a connection ends. Longer than any registration that phones
    ask for in practice."""

    message: float = 20.0
    """In which the first message, and any message that has begun, is to be whole."""

    unsent: int = 256 * 1024
    """Bytes that wait for a peer which does not read."""


class TcpWire:
    """A listening TCP socket and its connections.

    numbers  gives each connection a number that was never used before, not even by the process
             that ran yesterday: bindings outlive it
    """

    transport = "tcp"

    def __init__(
        self,
        local: tuple[str, int],
        receiver: StreamReceiver,
        drops: Counter[str],
        numbers: Iterator[int],
        limits: TcpLimits,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Bind `local`; port 0 takes any. Nobody is let in until `start`. Raises CannotListen."""
        self.receiver = receiver
        self.drops = drops
        self.limits = limits
        self.loop = loop
        self._socket = _bound_socket(local)
        host, port = self._socket.getsockname()[:2]
        self.local: tuple[str, int] = (host, port)
        self.connections: dict[int, Connection] = {}
        self._numbers = numbers
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Let peers in, those first who have been waiting since binding."""
        self._server = await self.loop.create_server(
            lambda: Connection(self), sock=self._socket, backlog=BACKLOG
        )

    def send(self, data: bytes, flow: Flow) -> None:
        connection = self.connections.get(flow.connection)
        if connection is None:
            self.drops["tcp-connection-gone"] += 1
            self.loop.call_soon(self.receiver.flow_lost, flow)  # not before our caller is done
        else:
            connection.send(data)

    def close_flow(self, flow: Flow) -> None:
        connection = self.connections.get(flow.connection)
        if connection is not None:
            connection.close()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._socket.close()
        for connection in list(self.connections.values()):
            connection.close()

    def admit(self, connection: "Connection") -> int | None:
        """Return the number of a new connection, or None when there are too many."""
        if len(self.connections) >= self.limits.connections:
            self.drops["tcp-too-many-connections"] += 1
            return None
        number = next(self._numbers)
        self.connections[number] = connection
        return number


class Connection(asyncio.Protocol):
    """One peer's stream."""

    __slots__ = (
        "_alarm",
        "_flow",
        "_framer",
        "_greeted",
        "_heard",
        "_since",
        "_transport",
        "_wire",
    )

    def __init__(self, wire: TcpWire) -> None:
        self._wire = wire
        self._framer = Framer()
        self._flow: Flow | None = None
        self._transport: asyncio.Transport | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._heard = self._since = time.monotonic()
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        remote = self._transport.get_extra_info("peername")
        number = self._wire.admit(self) if remote else None
        if number is None:
            self._transport.abort()
            return
        self._flow = Flow("tcp", self._wire.local, remote[:2], number)
        self._watch(self._wire.limits.message)

    def data_received(self, data: bytes) -> None:
        if self._flow is None:
            return
        self._heard = time.monotonic()
        was_whole = self._framer.pending == 0
        try:
            for item in self._framer.receive(data):
                match item:
                    case bytes():
                        self._greeted = was_whole = True
                        self._wire.receiver.receive(item, self._flow)
                    case KeepAlive():
                        self.send(item.answer)
                    case Broken():
                        self._wire.drops[f"tcp-{item.slug}"] += 1
                        self.close()
        finally:
            self._wire.receiver.settle()
        if self._framer.pending and was_whole:
            self._since = self._heard
            self._watch(self._wire.limits.message)

    def connection_lost(self, error: Exception | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._flow is not None:
            del self._wire.connections[self._flow.connection]
            self._wire.receiver.flow_lost(self._flow)

    def send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return  # flow_lost follows
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._wire.limits.unsent:
            self._wire.drops["tcp-peer-does-not-read"] += 1
            self._transport.abort()

    def close(self) -> None:
        """End the connection; what is unsent is sent first, if the peer takes it in time."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            if self._alarm is not None:
                self._alarm.cancel()
            limit = self._wire.limits.message
            self._alarm = self._wire.loop.call_later(limit, self._transport.abort)

    def _watch(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._wire.loop.call_later(max(seconds, 0.001), self._look)

    def _look(self) -> None:
        """End the connection when it has been silent for too long, or else look again later."""
        limits, now = self._wire.limits, time.monotonic()
        due = self._heard + limits.idle
        if self._framer.pending or not self._greeted:
            due = min(due, self._since + limits.message)
        if now < due:
            self._watch(due - now)
            return
        self._wire.drops["tcp-idle"] += 1
        if self._transport is not None:
            self._transport.abort()


def _bound_socket(local: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mark(listening)  # connections inherit it
        listening.bind(local)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotListen("tcp", local, error) from error
    return listening
