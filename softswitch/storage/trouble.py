"""What is known of a time in which something could not be written."""

from msgspec import Struct


class Trouble(Struct, frozen=True):
    """The last one of one kind of items; times are monotonic seconds."""

    kind: str
    reason: str
    since: float
    until: float | None
    """When they were written after all; None while it lasts."""

    lost: int
    """Items that were refused since it began: more than can wait, or not to be written ever."""

    waiting: int
    """Items that are not written yet."""


class Episode(Struct):
    """A trouble on its way, of which the writer keeps account."""

    reason: str
    since: float
    refused_before: int
    until: float | None = None
    is_told: bool = False
    """Somebody has heard of it, and is to hear of its end."""
