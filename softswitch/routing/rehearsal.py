"""A hunt without phones: who would ring, and from when to when."""

from collections.abc import Mapping

from msgspec import Struct

from softswitch.routing.hunt import Exhausted, Hunt, HuntOutput, StartRinging, StopRinging
from softswitch.routing.plan import Outcome, Ring


class Ringing(Struct, frozen=True, gc=False):
    """Seconds from the start of the step."""

    extension: str
    start: float
    stop: float


class Reaction(Struct, frozen=True, gc=False):
    """What a phone does of its own accord."""

    outcome: Outcome
    after: float = 0.0
    """Seconds after it begins to ring."""


class Rehearsal(Struct, frozen=True, gc=False):
    ringing: tuple[Ringing, ...]
    """In the order in which they begin."""

    outcome: Outcome
    seconds: float
    """How long the step lasts."""


def rehearse(ring: Ring, reactions: Mapping[str, Reaction] | None = None) -> Rehearsal:
    """Run the hunt of `ring`, where nobody answers, to its end.

    reactions  by extension; a phone without one rings until it is stopped
    """
    return _Stage(ring, reactions or {}).run()


class _Stage:
    """The hunt itself, with actors for phones and a clock that jumps."""

    def __init__(self, ring: Ring, reactions: Mapping[str, Reaction]) -> None:
        self._hunt = Hunt(ring, 0.0)
        self._reactions = reactions
        self._started: dict[str, float] = {}
        self._stopped: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._outcome: Outcome | None = None

    def run(self) -> Rehearsal:
        now = 0.0
        self._hear(self._hunt.start(now), now)
        while self._outcome is None:
            now = self._next(now)
        return Rehearsal(
            tuple(
                Ringing(extension, start, self._stopped[extension])
                for extension, start in self._started.items()
            ),
            self._outcome,
            now,
        )

    def _next(self, now: float) -> float:
        """Let happen what is next, and return when that is."""
        deadline = self._hunt.deadline
        first = min(self._due, key=self._due.__getitem__, default=None)
        if first is not None and (deadline is None or self._due[first] < deadline):
            now = self._due.pop(first)
            self._stopped[first] = now
            self._hear(self._hunt.refused(first, self._reactions[first].outcome, now), now)
        elif deadline is not None:
            now = deadline
            self._hear(self._hunt.expire(now), now)
        return now

    def _hear(self, outputs: list[HuntOutput], now: float) -> None:
        for output in outputs:
            match output:
                case StartRinging(extension):
                    self._started[extension] = now
                    if extension in self._reactions:
                        self._due[extension] = now + self._reactions[extension].after
                case StopRinging(extension):
                    self._stopped[extension] = now
                    self._due.pop(extension, None)
                case Exhausted(outcome):
                    self._outcome = outcome
