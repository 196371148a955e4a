"""One Ring step on its way: which telephones ring, for whom, and who is heard.

The hunt says which extension rings when; here an extension becomes the telephones that it has,
and what they say becomes an outcome again.
"""

from softswitch.calls.side import Side
from softswitch.routing.hunt import Hunt, HuntOutput
from softswitch.routing.plan import Next, Outcome, Ring
from softswitch.sip.vocabulary import Diversion

_WEIGHT = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REFUSED, Outcome.NOT_REGISTERED)
"""Of several telephones of one member, the first of these speaks for all."""


class Fork:
    """One telephone that is being called.

    member  the extension of the hunt that it rings for
    after   the fork that sent the call to this one; its user is named in Diversion
    """

    __slots__ = ("brought_media", "diversions", "extension", "is_live", "member", "rang",
                 "redirections", "side", "trail")  # fmt: skip

    def __init__(self, side: Side, member: str, after: "Fork | None" = None) -> None:
        self.side = side
        self.member = member
        self.extension = side.extension
        """Whose telephone it is: another one than `member` after a redirection."""

        self.diversions: tuple[Diversion, ...] = ()
        self.redirections = 0
        self.trail: Next | None = None
        """A continuation of the last redirection, which knows where the call has been; None where
        that is what the continuations of the step know."""

        if after is not None:
            self.diversions = (Diversion(after.extension, "deflection"), *after.diversions)
            self.redirections = after.redirections + 1
            self.trail = after.trail
        self.rang = False
        self.brought_media = 0
        """Place in the order in which early media came, 0 for none."""

        self.is_live = True
        """Neither given up nor over."""


def outcome_of(status: int, *, rang: bool) -> Outcome:
    """Return what a final status of a telephone means to its user's rules."""
    if status in (486, 600):
        return Outcome.BUSY
    if status in (408, 480):
        return Outcome.NO_ANSWER if rang or status == 480 else Outcome.NOT_REGISTERED
    if status in (404, 410, 430) or 500 <= status < 600:
        return Outcome.NOT_REGISTERED
    if status == 487:
        return Outcome.NO_ANSWER
    return Outcome.REFUSED


class Forking:
    """Runs the hunt of one Ring step and keeps its forks."""

    __slots__ = ("_early", "_outcomes", "forks", "heard", "hunt", "ring")

    def __init__(self, ring: Ring, now: float) -> None:
        self.ring = ring
        self.hunt = Hunt(ring, now)
        self.forks: dict[str, Fork] = {}
        """Live ones, by leg."""

        self.heard: Fork | None = None
        """Whose early media the caller hears."""

        self._outcomes: dict[str, list[Outcome]] = {}
        self._early = 0

    @property
    def deadline(self) -> float | None:
        return self.hunt.deadline

    def add(self, fork: Fork) -> None:
        self.forks[fork.side.leg] = fork

    def rings(self, extension: str) -> bool:
        """Whether a telephone of `extension` is being called."""
        return any(fork.extension == extension for fork in self.forks.values())

    def brought_media(self, fork: Fork) -> None:
        if not fork.brought_media:
            self._early += 1
            fork.brought_media = self._early

    def choose_heard(self) -> Fork | None:
        """Return the fork to be heard: the one that is, while it lives and has media, else the one
        that brought media first."""
        if self.heard is None or not (self.heard.is_live and self.heard.brought_media):
            early = [fork for fork in self.forks.values() if fork.brought_media]
            self.heard = min(early, key=lambda fork: fork.brought_media, default=None)
        return self.heard

    def refused(
        self, fork: Fork, outcome: Outcome, now: float
    ) -> tuple[list[Fork], list[HuntOutput]]:
        """Hear that a telephone has ended. Return those to give up with it, and what the hunt does.

        A person who declines on one telephone has declined on all of them.
        """
        self.remove(fork)
        self._outcomes.setdefault(fork.member, []).append(outcome)
        given_up: list[Fork] = []
        if outcome in (Outcome.BUSY, Outcome.REFUSED):
            given_up = [
                other
                for other in self.forks.values()
                if other.member == fork.member and other.extension == fork.extension
            ]
            for other in given_up:
                self.remove(other)
        return given_up, self.settle(fork.member, now)

    def remove(self, fork: Fork) -> None:
        """Let go of a fork without an outcome: it has won, or others ring in its place."""
        fork.is_live = False
        self.forks.pop(fork.side.leg, None)

    def settle(self, member: str, now: float) -> list[HuntOutput]:
        """Tell the hunt if no telephone rings for `member` any more."""
        if any(fork.member == member for fork in self.forks.values()):
            return []
        outcomes = self._outcomes.get(member, ())
        outcome = next((o for o in _WEIGHT if o in outcomes), Outcome.NOT_REGISTERED)
        return self.hunt.refused(member, outcome, now)

    def stop(self, member: str) -> list[Fork]:
        """Let go of the telephones that ring for `member`, and return them."""
        stopped = [fork for fork in self.forks.values() if fork.member == member]
        for fork in stopped:
            self.remove(fork)
        return stopped

    def stop_all(self) -> list[Fork]:
        stopped = list(self.forks.values())
        for fork in stopped:
            self.remove(fork)
        return stopped
