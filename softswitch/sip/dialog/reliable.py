"""The 2xx to an INVITE, sent until its ACK comes (RFC 3261, section 13.3.1.4)."""

from typing import Protocol

from msgspec import Struct

from softswitch.sip.flow import Transmit


class Intervals(Protocol):
    """Seconds; a transaction's TimerValues are such."""

    @property
    def t1(self) -> float: ...

    @property
    def t2(self) -> float: ...

    @property
    def timeout(self) -> float: ...


class NotAcknowledged(Struct, frozen=True, gc=False):
    """No ACK came in 64*T1: end the call with BYE."""


class UnacknowledgedAnswer:
    """Repeats a 2xx. Transactions leave that to the user agents, as forks may answer twice.

    answer  the 2xx, already sent once at the time `now`

    It is repeated on every transport, because a hop behind a reliable one may lose it.
    """

    __slots__ = ("_answer", "_gap", "_give_up_at", "_longest_gap", "_repeat_at")

    def __init__(self, answer: Transmit, timers: Intervals, now: float) -> None:
        self._answer = answer
        self._gap = timers.t1
        self._longest_gap = timers.t2
        self._repeat_at: float | None = now + timers.t1
        self._give_up_at = now + timers.timeout

    def acknowledge(self) -> bool:
        """Take the ACK; return whether it is the first one."""
        was_waiting = self._repeat_at is not None
        self._repeat_at = None
        return was_waiting

    @property
    def deadline(self) -> float | None:
        return None if self._repeat_at is None else min(self._repeat_at, self._give_up_at)

    def expire(self, now: float) -> list[Transmit | NotAcknowledged]:
        if self._repeat_at is None:
            return []
        if self._give_up_at <= now:
            self._repeat_at = None
            return [NotAcknowledged()]
        if self._repeat_at <= now:
            self._gap = min(2 * self._gap, self._longest_gap)
            self._repeat_at = now + self._gap
            return [self._answer]
        return []
