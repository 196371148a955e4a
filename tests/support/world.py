"""A clock that jumps, and a network in memory: where whole calls are tried in milliseconds."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Protocol

Address = tuple[str, int]
Receive = Callable[[bytes, Address], None]


class World:
    """Virtual time, in seconds, and what is due in it.

    Whatever happens is scheduled and nothing waits, so the same seed gives the same run to the
    last byte.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._serial = 0

    def at(self, when: float, action: Callable[[], None]) -> None:
        self._serial += 1
        heappush(self._events, (max(when, self.now), self._serial, action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.at(self.now + seconds, action)

    def advance(self, seconds: float) -> None:
        """Let time pass, and everything that is due in it happen."""
        end = self.now + seconds
        while self._events and self._events[0][0] <= end:
            when, _, action = heappop(self._events)
            self.now = when
            action()
        self.now = end

    def until(self, happened: Callable[[], bool], *, within: float = 60.0) -> None:
        """Let time pass until something is so; fail when it is not within these seconds."""
        end = self.now + within
        while not happened():
            assert self._events, "nothing is going to happen any more"
            assert self._events[0][0] <= end, f"has not happened within {within} s"
            when, _, action = heappop(self._events)
            self.now = when
            action()


class Machine(Protocol):
    """Anything that has deadlines."""

    @property
    def deadline(self) -> float | None: ...


class Alarm:
    """Calls `ring` when the deadline of a machine comes; one entry in the world at a time."""

    def __init__(self, world: World, machine: Machine, ring: Callable[[], None]) -> None:
        self._world = world
        self._machine = machine
        self._ring = ring
        self._set_for: float | None = None

    def rearm(self) -> None:
        due = self._machine.deadline
        if due is not None and (self._set_for is None or due < self._set_for):
            self._set_for = due
            self._world.at(due, lambda: self._go(due))

    def _go(self, due: float) -> None:
        if due != self._set_for:
            return  # an earlier one was set meanwhile
        self._set_for = None
        deadline = self._machine.deadline
        if deadline is not None and deadline <= self._world.now:
            self._ring()
        self.rearm()


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a network treats datagrams; shares are between 0 and 1."""

    latency: float = 0.001
    """Seconds."""

    jitter: float = 0.0
    """Seconds added at most, evenly spread: more than the gap between two reorders them."""

    loss: float = 0.0
    duplication: float = 0.0


class Network:
    """Carries datagrams between addresses."""

    def __init__(self, world: World, seed: int = 0, conditions: Conditions | None = None) -> None:
        self.world = world
        self.conditions = conditions or Conditions()
        self.lost = 0
        self._random = random.Random(seed)
        self._hosts: dict[Address, Receive] = {}
        self._gateways: dict[str, Gateway] = {}
        self._whole_hosts: dict[str, Callable[[int, bytes, Address], None]] = {}

    def attach(self, address: Address, receive: Receive) -> None:
        self._hosts[address] = receive

    def detach(self, address: Address) -> None:
        self._hosts.pop(address, None)

    def attach_host(self, host: str, receive: Callable[[int, bytes, Address], None]) -> None:
        """Give a host all its ports that nothing else is attached to; `receive` takes the port."""
        self._whole_hosts[host] = receive

    def impair(self, **changes: float) -> None:
        self.conditions = replace(self.conditions, **changes)

    def hide(self, inside: str, gateway: "Gateway") -> None:
        """Put the host of this address behind a gateway."""
        self._gateways[inside] = gateway

    def send(self, data: bytes, source: Address, destination: Address) -> None:
        if (gateway := self._gateways.get(source[0])) is not None:
            source = gateway.outward(source, destination)
        conditions = self.conditions
        copies = 1 + (self._random.random() < conditions.duplication)
        for _ in range(copies):
            if self._random.random() < conditions.loss:
                self.lost += 1
                continue
            delay = conditions.latency + self._random.random() * conditions.jitter
            self.world.after(delay, lambda: self._arrive(data, source, destination))

    def _arrive(self, data: bytes, source: Address, destination: Address) -> None:
        for gateway in self._gateways.values():
            if destination[0] == gateway.address:
                inside = gateway.inward(source, destination)
                if inside is None:
                    return  # a stranger knocks at a port that was opened for another
                destination = inside
                break
        if (receive := self._hosts.get(destination)) is not None:
            receive(data, source)
        elif (host := self._whole_hosts.get(destination[0])) is not None:
            host(destination[1], data, source)


class Gateway:
    """A NAT that opens a port for one destination (RFC 4787: address and port dependent)."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._ports: dict[Address, int] = {}
        self._inside: dict[int, Address] = {}
        self._opened: set[tuple[int, Address]] = set()

    def outward(self, source: Address, destination: Address) -> Address:
        port = self._ports.setdefault(source, 40_000 + len(self._ports))
        self._inside[port] = source
        self._opened.add((port, destination))
        return self.address, port

    def inward(self, source: Address, destination: Address) -> Address | None:
        if (destination[1], source) not in self._opened:
            return None
        return self._inside.get(destination[1])
