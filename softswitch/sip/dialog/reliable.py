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

    __slots__ = ("_answer", "_gap", "_give_up_at", "_longest_gap", "deadline")

    def __init__(self, answer: Transmit, timers: Intervals, now: float) -> None:
        self._answer = answer
        self._gap = timers.t1
        self._longest_gap = timers.t2
        self._give_up_at = now + timers.timeout
        self.deadline: float | None = min(now + timers.t1, self._give_up_at)

    def acknowledge(self) -> bool:
        """Take the ACK; return whether it is the first one."""
        was_waiting = self.deadline is not None
        self.deadline = None
        return was_waiting

    def expire(self, now: float) -> list[Transmit | NotAcknowledged]:
        if self.deadline is None or self.deadline > now:
            return []
        if self._give_up_at <= now:
            self.deadline = None
            return [NotAcknowledged()]
        self._gap = min(2 * self._gap, self._longest_gap)
        self.deadline = min(now + self._gap, self._give_up_at)
        return [self._answer]
