"""SIP over streams: connections that peers have made, and some that we have."""

import asyncio
import errno
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct

from softswitch.sip.flow import Flow
from softswitch.transport.certificates import Certificates
from softswitch.transport.connection import Connection
from softswitch.transport.framing import Framing, StreamFraming
from softswitch.transport.limits import StreamLimits
from softswitch.transport.peers import Peers, Room
from softswitch.transport.reach import Reach
from softswitch.transport.sockaddr import zoned
from softswitch.transport.stream_sockets import BACKLOG, listening_socket
from softswitch.transport.tls import TlsSession
from softswitch.transport.watch import Watch
from softswitch.transport.websocket import WebSocketFraming
from softswitch.transport.wires import Broken, ignore

LONGEST = 65_536 + 64 * 1024
"""Bytes of a message on a WebSocket: as many as headers and a body may have elsewhere."""


class StreamReceiver(Protocol):
    """Who takes what arrives (`Driver`)."""

    def receive(self, data: bytes, flow: Flow) -> None: ...

    def flow_lost(self, flow: Flow) -> None: ...

    def settle(self) -> None: ...


class StreamKind(Struct, frozen=True):
    """What tells one transport from another."""

    transport: str
    framing: Callable[[], Framing]
    certificates: Certificates | None = None
    """None for bytes in the clear."""

    is_two_way: bool = True
    """Whether we can open connections too. Where we cannot, it is still on us to send pings: the
    peers are scripts in pages, which have none."""


def tcp() -> StreamKind:
    return StreamKind("tcp", StreamFraming)


def tls(certificates: Certificates) -> StreamKind:
    return StreamKind("tls", StreamFraming, certificates)


def websocket(
    path: str, origins: tuple[str, ...], certificates: Certificates | None = None
) -> StreamKind:
    """Return WS, or WSS with `certificates`; for `path` and `origins` see WebSocketFraming."""
    return StreamKind(
        "wss" if certificates else "ws",
        lambda: WebSocketFraming(path, origins, LONGEST),
        certificates,
        is_two_way=False,
    )


class StreamWire:
    """A listening socket and its connections.

    numbers  gives each connection a number that was never used before, not even by the process
             that ran yesterday: bindings outlive it
    chance   returns a number from 0 to 1, by which pings are spread
    """

    backend = "stream"

    def __init__(
        self,
        kind: StreamKind,
        local: tuple[str, int],
        receiver: StreamReceiver,
        drops: Counter[str],
        numbers: Iterator[int],
        limits: StreamLimits,
        loop: asyncio.AbstractEventLoop,
        chance: Callable[[], float] = random.random,
        admits: Callable[[str], bool] = lambda host: True,
        broken: Broken = ignore,
        room: Room | None = None,
        scarce: Callable[[int], None] = lambda most: None,
    ) -> None:
        """Bind `local`; port 0 takes any. Nobody is let in until `start`. Raises CannotListen.

        admits  whether a host may connect at all
        broken  is told when nobody can connect any more
        room    of all listeners; none unless said
        scarce  is told that there was none left, and how much there is in all
        """
        self.transport = kind.transport
        self.limits = limits
        self.loop = loop
        self._kind = kind
        self._receiver = receiver
        self._drops = drops
        self._numbers = numbers
        self._chance = chance
        self._admits = admits
        self._broken = broken
        self._room = room or Room(1_000_000)
        self._scarce = scarce
        self._socket = listening_socket(kind.transport, local)
        self.local = zoned(self._socket.getsockname())
        self._connections: dict[int, Connection] = {}
        self._peers = Peers(limits.connections, limits.connections_of_host)
        self._reach = Reach(self, self._make, self._is_safe, receiver.flow_lost)
        self._server: asyncio.Server | None = None
        self._looking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    async def start(self) -> None:
        """Let peers in, those first who have been waiting since binding."""
        self._server = await self.loop.create_server(
            lambda: self._make(None), sock=self._socket, backlog=BACKLOG
        )
        self._looking = self.loop.call_later(self.limits.look, self._look)

    def send(self, data: bytes, flow: Flow) -> None:
        connection = self._connections.get(flow.connection) or self._leading_to(flow)
        if connection is not None:
            connection.send(data)
        else:
            self.loop.call_soon(self._receiver.flow_lost, flow)  # not before our caller is done

    def close_flow(self, flow: Flow) -> None:
        connection = self._connections.get(flow.connection)
        if connection is not None:
            connection.close()

    def keep_flow(self, flow: Flow, alias: int = 0) -> None:
        connection = self._connections.get(flow.connection)
        if connection is not None:
            connection.watch.is_stranger = False
            self._peers.accept(flow.connection)
            if alias and connection.opened is None and connection.is_proven(""):
                self._reach.enter_alias(connection, (flow.remote[0], alias))

    def flush(self) -> None:
        """Nothing is held back."""

    def backlog(self) -> float:
        """Streams hold their senders up themselves: what arrives is never too much."""
        return 0.0

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        if self._server is not None:
            self._server.close()
        self._socket.close()
        self._reach.close()
        for connection in list(self._connections.values()):
            connection.close()

    # What connections say (`Owner`)

    def admit(self, connection: Connection, remote: tuple[str, int]) -> int | None:
        number = next(self._numbers)
        if connection.opened is None:
            host = remote[0]
            if not self._admits(host):
                self.drop("address-denied")
                return None
            scarcity = self._scarcity(host)
            if scarcity:
                displaced = self._peers.displaced_by(host)
                if displaced is None:
                    self.drop(scarcity)
                    return None
                self.drop("stranger-displaced")
                self._connections[displaced].abort()
            self._peers.enter(number, host)
            self._reach.enter(connection, remote)
        self._connections[number] = connection
        self._room.taken += 1
        return number

    def secure(self, connection: Connection) -> TlsSession | None:
        certificates, now = self._kind.certificates, time.monotonic()
        if certificates is None:
            return None
        opened = connection.opened
        if opened is None:
            return TlsSession(certificates.server(now))
        return TlsSession(certificates.client(now), opened.name or opened.remote[0])

    def deliver(self, message: bytes, flow: Flow) -> None:
        self._receiver.receive(message, flow)

    def settle(self) -> None:
        self._receiver.settle()

    def leave(self, connection: Connection) -> None:
        self._reach.leave(connection)
        if connection.flow is not None:
            self._peers.leave(connection.flow.connection)

    def lost(self, connection: Connection) -> None:
        self.leave(connection)
        flow = connection.flow
        if flow is not None:
            del self._connections[flow.connection]
            self._room.taken -= 1
            self._receiver.flow_lost(flow)
        for sought in connection.sought:
            self._receiver.flow_lost(sought)

    def drop(self, slug: str) -> None:
        self._drops[f"{self.transport}-{slug}"] += 1

    # Inside

    def _scarcity(self, host: str) -> str:
        """Return what there is too little of for one more connection, as a slug; or nothing."""
        room = self._room
        if room.taken >= room.most:
            self._scarce(room.most)
            return "descriptors-reserved"
        return "" if self._peers.has_room(host) else "too-many-connections"

    def _look(self) -> None:
        """See whether peers can still connect: the loop says nothing of its own accord."""
        self._looking = None
        try:
            is_listening = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        except OSError as error:
            self._broken(self, error)
            return
        if not is_listening:
            self._broken(self, OSError(errno.EINVAL, "the socket does not listen any more"))
            return
        self._looking = self.loop.call_later(self.limits.look, self._look)

    def _leading_to(self, flow: Flow) -> Connection | None:
        """Return a connection for a flow without a number; None when there is none to be had."""
        if flow.connection:
            self.drop("connection-gone")
            return None
        connection = self._reach.find(flow)
        if connection is not None:
            connection.sought.add(flow)
            return connection
        if not self._kind.is_two_way or len(self._reach) >= self.limits.opened:
            self.drop("too-many-opened" if self._kind.is_two_way else "peer-not-connected")
            return None
        return self._reach.open(flow)

    def _make(self, opened: Flow | None) -> Connection:
        watch = Watch(
            self.limits,
            self._chance,
            time.monotonic(),
            pings=opened is not None or not self._kind.is_two_way,
            is_stranger=opened is None,
        )
        return Connection(self, self._kind.framing(), watch, opened)

    def _is_safe(self, connection: Connection, flow: Flow) -> bool:
        return self.transport != "tls" or connection.is_proven(flow.name)
