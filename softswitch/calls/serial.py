"""Telephones that wait for others of the same extension to be tried first: those of a lower q.

Most telephones name no preference and ring at once; then nothing is kept here.
"""

from collections.abc import Sequence

from msgspec import Struct

from softswitch.calls.fork import Fork
from softswitch.sip.vocabulary import Target


class Waiting:
    """Groups of telephones of one extension, which ring one after the other.

    member    for whom they ring
    after     the fork that sent the call to them
    patience  seconds that each group rings
    due       when the next one does
    """

    __slots__ = ("after", "due", "extension", "groups", "member", "patience")

    def __init__(
        self,
        member: str,
        extension: str,
        after: Fork | None,
        groups: Sequence[Sequence[Target]],
        patience: float,
        now: float,
    ) -> None:
        self.member = member
        self.extension = extension
        self.after = after
        self.groups = list(groups)
        self.patience = patience
        self.due = now + patience

    def take(self, now: float) -> Sequence[Target]:
        """Return the group whose turn it is."""
        self.due = now + self.patience
        return self.groups.pop(0)


class Serial(Struct, eq=False):
    """What waits, in one Ring step."""

    waiting: list[Waiting] = []
    """In the order in which they came to wait; nearly always nobody."""

    @property
    def deadline(self) -> float | None:
        return min((one.due for one in self.waiting), default=None)

    def add(self, waiting: Waiting) -> None:
        self.waiting.append(waiting)

    def due(self, now: float) -> list[Waiting]:
        return [one for one in self.waiting if one.due <= now]

    def next_of(self, member: str) -> Waiting | None:
        """Return whose turn it is when nobody rings for `member`."""
        return next((one for one in self.waiting if one.member == member), None)

    def settle(self) -> None:
        """Forget those of which no group is left."""
        self.waiting = [one for one in self.waiting if one.groups]

    def drop(self, member: str) -> None:
        """Let nobody else ring for `member`."""
        self.waiting = [one for one in self.waiting if one.member != member]
