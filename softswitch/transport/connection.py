"""One peer's stream: bytes, perhaps in TLS, and the messages in them."""

import asyncio
import time
from collections.abc import Iterator
from typing import Final, Protocol, cast

from softswitch.sip.flow import Flow
from softswitch.transport.framing import Answer, Ended, Framing, Item, Noise
from softswitch.transport.limits import StreamLimits
from softswitch.transport.sockaddr import zoned
from softswitch.transport.stream_sockets import prepare_outgoing
from softswitch.transport.tls import TlsFailed, TlsSession
from softswitch.transport.watch import PING, Watch

TURN: Final = 32
"""Messages and the like after which others have their turn, however much has come at once."""


class Owner(Protocol):
    """Who keeps connections (`StreamWire`)."""

    transport: str
    local: tuple[str, int]
    limits: StreamLimits
    loop: asyncio.AbstractEventLoop

    def admit(self, connection: "Connection", remote: tuple[str, int]) -> int | None:
        """Take it in, and return its number; None when there is no room."""

    def secure(self, connection: "Connection") -> TlsSession | None:
        """Return the TLS of a new connection, if it has any. Raises TlsFailed."""

    def deliver(self, message: bytes, flow: Flow) -> None: ...

    def settle(self) -> None:
        """All that is delivered for now has been."""

    def leave(self, connection: "Connection") -> None:
        """Make its room free, for it has ended or is about to."""

    def lost(self, connection: "Connection") -> None:
        """It has ended."""

    def drop(self, slug: str) -> None:
        """Count what was dropped, and why."""


class Connection(asyncio.Protocol):
    """A connection from before its first byte to its last.

    watch   when it has lasted for too long, or is to be tried
    opened  the flow that we open it for; None for a peer's own
    """

    __slots__ = (
        "_ahead",
        "_alarm",
        "_framing",
        "_is_closed",
        "_is_paused",
        "_is_ready",
        "_items",
        "_noise",
        "_owner",
        "_tls",
        "_transport",
        "_waiting",
        "flow",
        "opened",
        "sought",
        "watch",
    )

    def __init__(
        self, owner: Owner, framing: Framing, watch: Watch, opened: Flow | None = None
    ) -> None:
        self._owner = owner
        self._framing = framing
        self._tls: TlsSession | None = None
        self._transport: asyncio.Transport | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._waiting: list[bytes] = []
        self._items: Iterator[Item] | None = None  # of what has come and is not done with
        self._ahead = b""
        self._noise = 0
        self._is_paused = False
        self._is_ready = False
        self._is_closed = False
        self.watch = watch
        self.opened = opened
        self.flow: Flow | None = None
        """Set once it is connected and let in."""
        self.sought: set[Flow] = {opened} if opened else set()
        """Flows without a number that have led here: they are lost with it."""

    # From the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        owner = self._owner
        remote = self._transport.get_extra_info("peername")
        if self._is_closed or not remote:
            self._transport.abort()
            return
        remote = zoned(remote)
        number = owner.admit(self, remote)
        if number is None:
            self._transport.abort()
            return
        self.flow = Flow(owner.transport, owner.local, remote, number)
        try:
            if self.opened is not None:
                prepare_outgoing(self._transport.get_extra_info("socket").fileno())
            self._tls = owner.secure(self)
            if self._tls is not None and self.opened is not None:
                self._tls.begin()
        except TlsFailed as failure:
            self._fail(failure.slug)
            return
        self._write_out()
        self._set_alarm()

    def data_received(self, data: bytes) -> None:
        if self.flow is None or self._is_closed:
            return
        if self._items is not None:
            self._ahead += data  # the loop had read it before it was told to pause
            return
        try:
            if self._tls is not None:
                data = self._tls.receive(data)
        except TlsFailed as failure:
            self._fail(failure.slug)
            return
        self._items = self._framing.receive(data)
        self._take_turn()

    def connection_lost(self, error: Exception | None) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self.flow is not None and not self._is_ready and not self._is_closed:
            self._owner.drop("handshake-broken-off")
        self._is_closed = True
        self._owner.lost(self)

    # From the wire

    def send(self, message: bytes) -> None:
        """Send, now or when the connection is ready; nothing when it has been closed."""
        if self._is_closed:
            return  # flow_lost follows
        if not self._is_ready:
            if sum(map(len, self._waiting)) + len(message) > self._owner.limits.unsent:
                self._owner.drop("too-much-unsent")
            else:
                self._waiting.append(message)
            return
        self.watch.used(time.monotonic())
        self._write(self._framing.frame(message))

    def close(self) -> None:
        """End the connection; what is unsent is sent first, if the peer takes it in time."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._transport is not None:
            self._write(self._framing.farewell())
            if self._tls is not None:
                self._tls.end()
                self._transport.write(self._tls.taken())
            self._transport.close()
            if self._alarm is not None:
                self._alarm.cancel()
            limits, loop = self._owner.limits, self._owner.loop
            self._alarm = loop.call_later(limits.message, self._transport.abort)

    def abort(self) -> None:
        """End the connection at once, and make room for another one."""
        self._is_closed = True
        self._owner.leave(self)
        if self._transport is not None:
            self._transport.abort()

    def is_proven(self, name: str) -> bool:
        """Whether the peer's certificate is trusted, and for `name` where that is not empty."""
        return self._tls is not None and self._tls.is_ready and self._tls.is_proven(name)

    # Inside

    def _take_turn(self) -> None:
        """Take what has come, up to so many items; of the rest, more when others have had theirs.

        Until all is taken nothing more is read, so the peer has to wait.
        """
        assert self._items is not None
        is_whole = is_message = False
        try:
            for _ in range(TURN):
                item = next(self._items, None)
                is_whole = item is None
                if item is None or self._is_closed:
                    break
                is_message |= type(item) is bytes
                self._take(item)
        finally:
            self._owner.settle()
        if self._is_closed:
            return
        if is_whole and self._tls is not None and self._tls.has_ended:
            self.close()
            return
        self._write_out()
        now = time.monotonic()
        if self.watch.heard(now, is_message=is_message, is_pending=self._framing.is_pending):
            self._set_alarm()
        if is_whole:
            self._items = None
        elif not self._is_closed:
            self._pause()

    def _take(self, item: Item) -> None:
        assert self.flow is not None
        self._noise += item.count if isinstance(item, Noise) else 1
        if self.watch.is_stranger and self._noise > self._owner.limits.noise:
            self._fail("stranger-noise")
            return
        match item:
            case bytes():
                self._owner.deliver(item, self.flow)
            case Answer():
                self._write(item.data)
            case Ended():
                self._fail(item.slug)

    def _pause(self) -> None:
        transport = self._transport
        if not self._is_paused and transport is not None and not transport.is_closing():
            self._is_paused = True
            transport.pause_reading()
        self._owner.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Take the next turn; when nothing is left, read on."""
        if self._is_closed or self._items is None:
            return
        self._take_turn()
        if self._items is not None or self._is_closed:
            return
        if self._ahead:
            data, self._ahead = self._ahead, b""
            self.data_received(data)
        transport = self._transport
        if self._items is None and transport is not None and not transport.is_closing():
            self._is_paused = False
            transport.resume_reading()

    def _write_out(self) -> None:
        """Send what TLS has to say, and what has waited until hands were shaken."""
        if self._tls is not None:
            self._write(b"")
            if not self._tls.is_ready:
                return
        if self._is_ready or not self._framing.is_ready:
            return
        self._is_ready = True
        self.watch.ready()
        for message in self._waiting:
            self._write(self._framing.frame(message))
        self._waiting.clear()
        self._set_alarm()

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if self._tls is not None:
            if data and self._tls.is_ready:
                try:
                    self._tls.encrypt(data)
                except TlsFailed as failure:
                    self._fail(failure.slug)
                    return
            data = self._tls.taken()
        if data:
            transport.write(data)
            if transport.get_write_buffer_size() > self._owner.limits.unsent:
                self._owner.drop("peer-does-not-read")
                self.abort()

    def _fail(self, slug: str) -> None:
        if slug:
            self._owner.drop(slug)
        self.close()

    def _set_alarm(self) -> None:
        if self._is_closed:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        wait = max(self.watch.due() - time.monotonic(), 0.001)
        self._alarm = self._owner.loop.call_later(wait, self._look)

    def _look(self) -> None:
        """See whether it is time to end the connection, or to try it, and look again later."""
        found = self.watch.look(time.monotonic())
        if found == PING:
            self._write(self._framing.ping())
        elif found:
            self._owner.drop(found)
            self.abort()
            return
        self._set_alarm()
