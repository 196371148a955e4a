"""The listeners of a switch: opened, watched, and tried again while they fail."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from msgspec import Struct

from softswitch.daemon.logs import Log
from softswitch.sip.settings import ListenerSettings
from softswitch.transport.errors import CannotListen, spelt
from softswitch.transport.wires import Broken, Wire, Wires

AGAIN = 30.0
"""Seconds between two attempts to open what has failed: an interface may come up late."""

Open = Callable[[ListenerSettings, Broken], Wire]
"""Opens one listener. Raises CannotListen."""


class ListenerState(Struct, frozen=True):
    address: str
    """As in the configuration, such as `udp 0.0.0.0:5060`."""

    backend: str
    """How it reads and writes; empty while it has failed."""

    failure: str = ""
    """Why it does not work; empty when it does."""


class Listening:
    """Keeps as many of the listeners working as can work.

    open_wire  makes the wire of one listener
    again      seconds between two attempts
    """

    def __init__(
        self,
        listeners: Sequence[ListenerSettings],
        open_wire: Open,
        wires: Wires,
        log: Log,
        *,
        again: float = AGAIN,
    ) -> None:
        self._listeners = listeners
        self._open = open_wire
        self._wires = wires
        self._log = log
        self._again = again
        self._working: dict[ListenerSettings, Wire] = {}
        self._failures: dict[ListenerSettings, str] = {}
        self._retrying: asyncio.Task[None] | None = None

    def bind(self) -> None:
        """Open what can be opened. Raises CannotListen when that is nothing at all."""
        first: CannotListen | None = None
        for listener in self._listeners:
            try:
                self._bind(listener)
            except CannotListen as error:
                self._fail(listener, error.reason)
                first = first or error
        if first is not None and not self._working:
            raise first

    async def start(self) -> None:
        """Let everybody in, and go on trying where nobody can come in yet."""
        for listener, wire in list(self._working.items()):
            await self._begin(listener, wire)
        self._retrying = asyncio.create_task(self._try_again())

    async def close(self) -> None:
        if self._retrying is not None:
            self._retrying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._retrying
        self._wires.close()
        self._working.clear()

    def states(self) -> tuple[ListenerState, ...]:
        """Return what has become of each listener, in the order of the configuration."""
        return tuple(self._state(listener) for listener in self._listeners)

    def _state(self, listener: ListenerSettings) -> ListenerState:
        address = spelt(listener.transport, listener.local)
        wire = self._working.get(listener)
        if wire is not None:
            return ListenerState(address, wire.backend)
        return ListenerState(address, "", self._failures.get(listener, "not opened yet"))

    def _bind(self, listener: ListenerSettings) -> Wire:
        """Open one listener. Raises CannotListen."""
        wire = self._open(listener, lambda wire, error: self._broken(listener, wire, error))
        self._wires.add(wire)
        self._working[listener] = wire
        self._failures.pop(listener, None)
        return wire

    def _fail(self, listener: ListenerSettings, reason: str) -> None:
        if self._failures.get(listener) != reason:  # said once, not every half minute
            address = spelt(listener.transport, listener.local)
            self._log.error("listener-failed", listener=address, error=reason)
        self._failures[listener] = reason

    def _broken(self, listener: ListenerSettings, wire: Wire, error: OSError) -> None:
        """A socket that has worked does not work any more."""
        if self._working.get(listener) is not wire:
            return
        del self._working[listener]
        self._wires.remove(wire)
        wire.close()
        self._fail(listener, error.strerror or str(error))

    async def _try_again(self) -> None:
        while True:
            await asyncio.sleep(self._again)
            for listener in list(self._failures):
                try:
                    wire = self._bind(listener)
                except CannotListen as error:
                    self._fail(listener, error.reason)
                    continue
                if await self._begin(listener, wire):
                    address = spelt(listener.transport, listener.local)
                    self._log.info("listener-up", listener=address)

    async def _begin(self, listener: ListenerSettings, wire: Wire) -> bool:
        """Let in who comes; False when that has failed."""
        try:
            await wire.start()
        except OSError as error:
            self._broken(listener, wire, error)
            return False
        return True
