"""What a generator reports of one run."""

from dataclasses import dataclass, field

GRACE = 0.05
"""Seconds by which a generator may be late with its work and still count as in time."""

LATE_SHARE = 0.01
"""A generator that was later than that more often than this was saturated."""

COMPLAINTS = 5
"""Different complaints that are kept in words."""


@dataclass(slots=True)
class Outcome:
    """Picklable: it crosses from the generator's process to the one that measures."""

    units: int = 0
    """Units of work that went well from beginning to end."""

    failures: int = 0
    retransmissions: int = 0
    """Messages sent again by either side, for want of an answer in time."""

    sent: int = 0
    """Datagrams that the generator sent."""

    received: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    late_share: float = 0.0
    """Part of the work that the generator began later than GRACE."""

    complaints: list[str] = field(default_factory=list)
    """What went wrong, in words; the first few."""

    @property
    def is_saturated(self) -> bool:
        """The generator could not keep up, so the load was not what it should have been."""
        return self.late_share > LATE_SHARE

    def fail(self, reason: str) -> None:
        self.failures += 1
        if reason not in self.complaints and len(self.complaints) < COMPLAINTS:
            self.complaints.append(reason)
