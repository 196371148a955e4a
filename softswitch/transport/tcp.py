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
from softswitch.transport.peers import Peers
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
    connections_of_host: int = 1024
    """From one address: an office behind a router has one for all its phones."""

    stranger: float = 20.0
    """In which a peer has to send a request that is accepted, whatever else it sends."""

    idle: float = 7200.0
    """Without a byte from the peer, a connection ends. Longer than any registration that phones
    ask for in practice."""

    message: float = 20.0
    """In which a message that has begun is to be whole."""

    unsent: int = 256 * 1024
    """Bytes that wait for a peer which does not read."""


class TcpWire:
    """A listening TCP socket and its connections.

    numbers  gives each connection a number that was never used before, not even by the process
             that ran yesterday: bindings outlive it
    """

    transport = "tcp"
    backend = "stream"

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
        self.peers = Peers(limits.connections, limits.connections_of_host)
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

    def flush(self) -> None:
        """Each message has been sent at once."""

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

    def keep_flow(self, flow: Flow) -> None:
        self.peers.accept(flow.connection)

    def admit(self, connection: "Connection", host: str) -> int | None:
        """Return the number of a new connection, or None when there are too many."""
        if not self.peers.has_room(host):
            displaced = self.peers.displaced_by(host)
            if displaced is None:
                self.drops["tcp-too-many-connections"] += 1
                return None
            self.drops["tcp-stranger-displaced"] += 1
            self.connections[displaced].abort()
        number = next(self._numbers)
        self.connections[number] = connection
        self.peers.enter(number, host)
        return number


class Connection(asyncio.Protocol):
    """One peer's stream."""

    __slots__ = (
        "_alarm",
        "_flow",
        "_framer",
        "_heard",
        "_made",
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
        self._made = self._heard = self._since = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        remote = self._transport.get_extra_info("peername")
        number = self._wire.admit(self, remote[0]) if remote else None
        if number is None:
            self._transport.abort()
            return
        self._flow = Flow("tcp", self._wire.local, remote[:2], number)
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._flow is None:
            return
        self._heard = time.monotonic()
        was_whole = self._framer.pending == 0
        try:
            for item in self._framer.receive(data):
                match item:
                    case bytes():
                        was_whole = True
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
            self._watch()

    def connection_lost(self, error: Exception | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._flow is not None:
            del self._wire.connections[self._flow.connection]
            self._wire.peers.leave(self._flow.connection)
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

    def abort(self) -> None:
        """End the connection at once, and make room for another one."""
        if self._flow is not None:
            self._wire.peers.leave(self._flow.connection)
        if self._transport is not None:
            self._transport.abort()

    @property
    def _is_stranger(self) -> bool:
        return self._flow is not None and self._wire.peers.is_stranger(self._flow.connection)

    def _due(self) -> float:
        """Return when the connection ends unless something happens before."""
        limits = self._wire.limits
        due = self._heard + limits.idle
        if self._framer.pending:
            due = min(due, self._since + limits.message)
        if self._is_stranger:
            due = min(due, self._made + limits.stranger)
        return due

    def _watch(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        wait = max(self._due() - time.monotonic(), 0.001)
        self._alarm = self._wire.loop.call_later(wait, self._look)

    def _look(self) -> None:
        """End the connection when it has been silent for too long, or else look again later."""
        if time.monotonic() < self._due():
            self._watch()
            return
        self._wire.drops["tcp-stranger" if self._is_stranger else "tcp-idle"] += 1
        self.abort()


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
