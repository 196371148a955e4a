"""How late the process is, looked at again and again."""

import asyncio
import time
from collections.abc import Callable

LOOK_AGAIN = 0.1
"""Seconds between two looks."""


class Pulse:
    """Sets an alarm again and again, and tells by how much it rings too late.

    note     takes the seconds, and how full the fullest queue of arrivals is
    backlog  returns the latter, from 0 to 1
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        note: Callable[[float, float], None],
        backlog: Callable[[], float],
    ) -> None:
        self._loop = loop
        self._note = note
        self._backlog = backlog
        self._due = 0.0
        self._alarm: asyncio.Handle | None = None

    def start(self) -> None:
        """Begin when the loop is back at work: what a start itself takes is no overload."""
        self._alarm = self._loop.call_soon(self._set)

    def stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set(self) -> None:
        self._due = time.monotonic() + LOOK_AGAIN
        self._alarm = self._loop.call_later(LOOK_AGAIN, self._look)

    def _look(self) -> None:
        lag = max(0.0, time.monotonic() - self._due)
        self._set()
        self._note(lag, self._backlog())
