"""Carries bytes and time to a machine, and what it asks for to those who can do it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from softswitch.sip.flow import Flow

MOST_FAULTS: Final = 32
"""Faults in a row after which what is left of an input waits for the next one."""

PAUSE: Final = 0.25
"""Seconds that an alarm stays silent after a fault, for the machine may be woken in vain."""


class Machine(Protocol):
    """A switch without its sockets. What it returns are values of any type."""

    def receive(self, data: bytes, flow: Flow, now: float) -> Iterable[object]: ...

    def flow_lost(self, flow: Flow, now: float) -> Iterable[object]: ...

    def expire(self, now: float) -> Iterable[object]: ...

    def resume(self, now: float) -> Iterable[object]:
        """Go on with what an input that raised has left undone."""

    @property
    def deadline(self) -> float | None: ...


Handlers = Mapping[type, Callable[[Any], None]]
"""Who carries out each type of effect. A handler never calls the driver before it has returned."""

Report = Callable[[Exception, tuple[object, ...]], None]
"""Is told of a fault, and of the input that it came of."""


def _no_more() -> None:
    """Nothing has been put together that would have to be sent."""


class Driver:
    """Drives one machine, on one event loop, with one alarm.

    flush  sends what the handlers have put together; called when an input is done with

    It decides nothing. An alarm that is set for an earlier time than needed is left to ring:
    most deadlines only ever move away, and looking once too often is cheaper than cancelling.

    An exception of the machine, or of a handler, is a fault of ours. It is reported, and costs
    what raised it and nothing else: other effects are carried out, the machine resumes.
    """

    def __init__(
        self,
        machine: Machine,
        handlers: Handlers,
        loop: asyncio.AbstractEventLoop,
        report: Report,
        flush: Callable[[], None] = _no_more,
    ) -> None:
        self._machine = machine
        self._handlers = handlers
        self._loop = loop
        self._report = report
        self._flush = flush
        self._left: list[object] = []  # effects behind one that could not be carried out
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._silent_until = 0.0
        self._closed = False

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take one message. Whoever calls this calls `settle` once after the last of a burst."""
        self.drive(self._machine.receive, data, flow)

    def flow_lost(self, flow: Flow) -> None:
        if self._closed:
            return  # we end the connections ourselves, and the bindings outlive us
        self.drive(self._machine.flow_lost, flow)
        self.settle()

    def drive(self, enter: Callable[..., Iterable[object]], *arguments: Any) -> bool:
        """Give the machine one input, and carry out what it asks for; False after a fault.

        enter  a method of the machine; `now` is added to its arguments
        """
        # The one place where everything is caught: a mistake of ours in one call must not cost
        # the others. Below here every error that can be foreseen is handled where it arises.
        try:
            self._carry_out(enter(*arguments, time.monotonic()))
        except Exception as error:  # noqa: BLE001
            self._recover(error, arguments)
            return False
        return True

    def settle(self) -> None:
        """Send what has been put together, and set the alarm for the machine's next deadline."""
        self._flush()
        due = self._machine.deadline
        if due is None or self._closed:
            return
        if due < self._silent_until:
            due = self._silent_until
        if self._alarm is not None:
            if self._alarm_at <= due:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_later(max(0.0, due - time.monotonic()), self._ring)
        self._alarm_at = due

    def close(self) -> None:
        self._closed = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _recover(self, error: Exception, arguments: tuple[object, ...]) -> None:
        """Go on after a fault, and after those that come of going on."""
        self._report(error, arguments)
        for _ in range(MOST_FAULTS - 1):
            try:
                self._carry_out(self._machine.resume(time.monotonic()))
            except Exception as another:  # noqa: BLE001
                self._report(another, arguments)
            else:
                return

    def _carry_out(self, effects: Iterable[object]) -> None:
        if self._left:
            effects, self._left = [*self._left, *effects], []
        handlers, remaining = self._handlers, iter(effects)
        try:
            for effect in remaining:
                handlers[type(effect)](effect)
        except Exception:
            self._left = [*remaining]
            raise

    def _ring(self) -> None:
        self._alarm = None
        if not self.drive(self._machine.expire):
            self._silent_until = time.monotonic() + PAUSE
        self.settle()
