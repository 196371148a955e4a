"""Where an answer leaves: the listeners of a switch, found by flow."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from softswitch.sip.flow import Flow


class Wire(Protocol):
    """One listener."""

    transport: str
    local: tuple[str, int]
    backend: str
    """How it reads and writes, for status."""

    async def start(self) -> None:
        """Begin to take what arrives."""

    def send(self, data: bytes, flow: Flow) -> None:
        """Send, or drop and count. Never waits, never raises."""

    def close_flow(self, flow: Flow) -> None:
        """End the connection of `flow`, if there is one."""

    def keep_flow(self, flow: Flow, alias: int = 0) -> None:
        """Let the connection of `flow` last, if there is one.

        alias  a port of the peer that it leads to as well; 0 for none
        """

    def flush(self) -> None:
        """Send what `send` has put together. Nothing more is asked for at the moment."""

    def backlog(self) -> float:
        """Return how full the queue of what has arrived is, from 0 to 1."""

    def close(self) -> None: ...


Broken: TypeAlias = Callable[[Wire, OSError], None]
"""Is told that a listener which has worked cannot work any more, and why."""


def ignore(wire: Wire, error: OSError) -> None:
    """Whoever owns the listener does not open it again."""


class Wires:
    """All listeners, and what has been dropped on the way out, by slug."""

    def __init__(self) -> None:
        self.drops: Counter[str] = Counter()
        self._wires: dict[tuple[str, tuple[str, int]], Wire] = {}

    def add(self, wire: Wire) -> None:
        self._wires[wire.transport, wire.local] = wire

    def remove(self, wire: Wire) -> None:
        if self._wires.get((wire.transport, wire.local)) is wire:
            del self._wires[wire.transport, wire.local]

    def backlog(self) -> float:
        """Return how full the fullest queue of arrivals is, from 0 to 1."""
        return max((wire.backlog() for wire in self._wires.values()), default=0.0)

    def send(self, data: bytes, flow: Flow) -> None:
        wire = self._wires.get((flow[0], flow[1]))
        if wire is None:
            self.drops["no-listener"] += 1  # a binding restored from before a change of listeners
        else:
            wire.send(data, flow)

    def close_flow(self, flow: Flow) -> None:
        wire = self._wires.get((flow.transport, flow.local))
        if wire is not None:
            wire.close_flow(flow)

    def keep_flow(self, flow: Flow, alias: int = 0) -> None:
        wire = self._wires.get((flow.transport, flow.local))
        if wire is not None:
            wire.keep_flow(flow, alias)

    def flush(self) -> None:
        """Send what has been put together; the driver asks for it after each input."""
        for wire in self._wires.values():
            wire.flush()

    def close(self) -> None:
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()

    def __iter__(self) -> Iterator[Wire]:
        return iter(self._wires.values())
