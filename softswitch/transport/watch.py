"""When a connection has been silent, or busy with one thing, for too long."""

from collections.abc import Callable
from typing import Final

from softswitch.transport.limits import StreamLimits

PING: Final = "ping"
"""Nothing is wrong: it is time to ask whether the peer is there."""


class Watch:
    """The times of one connection, in seconds of one clock.

    chance  returns a number from 0 to 1; pings of many connections are not to coincide
    pings   whether it is on us to keep the connection alive
    """

    __slots__ = (
        "_answers_pings",
        "_begun",
        "_chance",
        "_heard",
        "_is_ready",
        "_limits",
        "_made",
        "_ping_at",
        "_pinged",
        "_used",
        "is_stranger",
    )

    def __init__(
        self,
        limits: StreamLimits,
        chance: Callable[[], float],
        now: float,
        *,
        pings: bool,
        is_stranger: bool,
    ) -> None:
        self._limits = limits
        self._chance = chance
        self._made = self._heard = self._used = now
        self._is_ready = False
        self._begun: float | None = None
        self._pinged: float | None = None
        self._ping_at = self._next_ping(now) if pings else None
        self._answers_pings = False
        self.is_stranger = is_stranger

    def ready(self) -> None:
        """Hands are shaken."""
        self._is_ready = True

    def heard(self, now: float, *, is_message: bool, is_pending: bool) -> bool:
        """Take what the peer has sent; return whether `due` has come nearer by it.

        is_message  whether something that is no answer to a ping has been completed
        is_pending  whether something is not whole yet
        """
        self._heard = now
        if self._pinged is not None:
            self._answers_pings = True
            self._pinged = None
        if is_message:
            self._used = now
        was = self._begun
        if not is_pending:
            self._begun = None
        elif was is None or is_message:
            self._begun = now
        return is_pending and self._begun != was

    def used(self, now: float) -> None:
        """Take note that something was sent."""
        self._used = now

    def due(self) -> float:
        """Return when to look at the connection, unless something happens before."""
        limits = self._limits
        due = (self._heard if self._ping_at is None else self._used) + limits.idle
        if not self._is_ready:
            due = min(due, self._made + limits.handshake)
        if self._begun is not None:
            due = min(due, self._begun + limits.message)
        if self.is_stranger:
            due = min(due, self._made + limits.stranger)
        if self._pinged is not None and self._answers_pings:
            due = min(due, self._pinged + limits.pong)
        if self._ping_at is not None and self._is_ready:
            due = min(due, self._ping_at)
        return due

    def look(self, now: float) -> str:
        """Return PING, a slug when the connection has to end, or nothing when all is well."""
        if now < self.due():
            return ""
        limits = self._limits
        if self.is_stranger and now >= self._made + limits.stranger:
            return "stranger"
        if not self._is_ready and now >= self._made + limits.handshake:
            return "handshake-unfinished"
        if self._begun is not None and now >= self._begun + limits.message:
            return "message-unfinished"
        if self._is_silent(now):
            return "no-pong"
        if self._ping_at is not None and self._is_ready and now >= self._ping_at:
            if self._pinged is None:
                self._pinged = now
            self._ping_at = self._next_ping(now)
            return PING
        return "idle"

    def _is_silent(self, now: float) -> bool:
        """Whether a ping is unanswered, by a peer that knows what a ping is.

        One that has never answered may be of before RFC 5626, and ignore line ends rightly.
        """
        pinged = self._pinged
        return self._answers_pings and pinged is not None and now >= pinged + self._limits.pong

    def _next_ping(self, now: float) -> float:
        least, most = self._limits.ping
        return now + least + (most - least) * self._chance()
