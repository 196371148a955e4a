"""Carries bytes and time to a machine, and what it asks for to those who can do it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from softswitch.sip.flow import Flow


class Machine(Protocol):
    """A switch without its sockets. What it returns are values of any type."""

    def receive(self, data: bytes, flow: Flow, now: float) -> Iterable[object]: ...

    def flow_lost(self, flow: Flow, now: float) -> Iterable[object]: ...

    def expire(self, now: float) -> Iterable[object]: ...

    @property
    def deadline(self) -> float | None: ...


Handlers = Mapping[type, Callable[[Any], None]]
"""Who carries out each type of effect. A handler never calls the driver before it has returned."""


class Driver:
    """Drives one machine, on one event loop, with one alarm.

    It decides nothing. An alarm that is set for an earlier time than needed is left to ring:
    most deadlines only ever move away, and looking once too often is cheaper than cancelling.
    """

    def __init__(
        self, machine: Machine, handlers: Handlers, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._machine = machine
        self._handlers = handlers
        self._loop = loop
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._closed = False

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take one message. Whoever calls this calls `settle` once after the last of a burst."""
        self.carry_out(self._machine.receive(data, flow, time.monotonic()))

    def flow_lost(self, flow: Flow) -> None:
        if self._closed:
            return  # we end the connections ourselves, and the bindings outlive us
        self.carry_out(self._machine.flow_lost(flow, time.monotonic()))
        self.settle()

    def carry_out(self, effects: Iterable[object]) -> None:
        handlers = self._handlers
        for effect in effects:
            handlers[type(effect)](effect)

    def settle(self) -> None:
        """Set the alarm for the machine's next deadline."""
        due = self._machine.deadline
        if due is None or self._closed or (self._alarm is not None and self._alarm_at <= due):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_later(max(0.0, due - time.monotonic()), self._ring)
        self._alarm_at = due

    def close(self) -> None:
        self._closed = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        self._alarm = None
        self.carry_out(self._machine.expire(time.monotonic()))
        self.settle()
