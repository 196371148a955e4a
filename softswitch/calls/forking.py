"""One Ring step on its way: which telephones ring, for whom, and who is heard.

The hunt says which extension rings when; here an extension becomes the telephones that it has,
and what they say becomes an outcome again.
"""

from softswitch.calls.fork import Fork
from softswitch.calls.serial import Serial, Waiting
from softswitch.routing.hunt import Hunt, HuntOutput
from softswitch.routing.plan import Outcome, Ring

_WEIGHT = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REFUSED, Outcome.NOT_REGISTERED)
"""Of several telephones of one member, the first of these speaks for all."""

OBJECTIONS = {415: 488, 488: 488, 606: 606}
"""Final statuses of a telephone to the session that is offered (RFC 3261, sections 21.4.13, 21.4.26
and 21.6.4), and what a caller hears of each who gets no further. A 415 would have to say what is
accepted, which is not known of all telephones."""


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

    __slots__ = ("_outcomes", "_refusals", "early", "forks", "heard", "hunt", "ring", "serial")

    def __init__(self, ring: Ring, now: float) -> None:
        self.ring = ring
        self.hunt = Hunt(ring, now)
        self.forks: dict[str, Fork] = {}
        """Live ones, by leg."""

        self.heard: Fork | None = None
        """Whose early media the caller hears."""

        self.serial = Serial()
        """Telephones whose turn comes later."""

        self._outcomes: dict[str, list[Outcome]] = {}
        self._refusals: list[int] = []
        """Of each telephone that refused, its objection to the session; 0 where it has none."""

        self.early = 0
        """How many telephones have brought media so far."""

    def rings_for(self, member: str) -> bool:
        """Whether any telephone is being called on behalf of `member`."""
        for fork in self.forks.values():  # noqa: SIM110 - any() of a generator costs more
            if fork.member == member:
                return True
        return False

    def rings(self, extension: str) -> bool:
        """Whether a telephone of `extension` is being called."""
        return any(fork.extension == extension for fork in self.forks.values())

    def brought_media(self, fork: Fork) -> None:
        if not fork.brought_media:
            self.early += 1
            fork.brought_media = self.early

    def choose_heard(self) -> Fork | None:
        """Return the fork to be heard: the one that is, while it lives and has media, else the one
        that brought media first."""
        if self.heard is None or not (self.heard.is_live and self.heard.brought_media):
            early = [fork for fork in self.forks.values() if fork.brought_media]
            self.heard = min(early, key=lambda fork: fork.brought_media, default=None)
        return self.heard

    @property
    def objection(self) -> int:
        """What the caller hears if nobody wanted the session, and no person has declined; or 0."""
        refusals = self._refusals
        return 0 if 0 in refusals else max(refusals, default=0)

    def refused(self, fork: Fork, outcome: Outcome, objection: int = 0) -> list[Fork]:
        """Hear that a telephone has ended. Return those to give up with it.

        objection  to the session, one of OBJECTIONS

        A person who declines on one telephone has declined on all that ring with it. What one
        telephone cannot take, another may.
        """
        self.remove(fork)
        self._outcomes.setdefault(fork.member, []).append(outcome)
        if outcome is Outcome.REFUSED:
            self._refusals.append(objection)
        given_up: list[Fork] = []
        if outcome in (Outcome.BUSY, Outcome.REFUSED) and objection != 488:
            given_up = [
                other
                for other in self.forks.values()
                if other.member == fork.member and other.extension == fork.extension
            ]
            for other in given_up:
                self.remove(other)
        return given_up

    def remove(self, fork: Fork) -> None:
        """Let go of a fork without an outcome: it has won, or others ring in its place."""
        fork.is_live = False
        if fork.side.leg in self.forks:
            del self.forks[fork.side.leg]

    def settle(self, member: str, now: float) -> list[HuntOutput]:
        """Tell the hunt that no telephone rings for `member` any more."""
        outcomes = self._outcomes.get(member, ())
        outcome = next((o for o in _WEIGHT if o in outcomes), Outcome.NOT_REGISTERED)
        return self.hunt.refused(member, outcome, now)

    def stop(self, member: str) -> list[Fork]:
        """Let go of the telephones that ring for `member`, and return them."""
        self.serial.drop(member)
        stopped = [fork for fork in self.forks.values() if fork.member == member]
        for fork in stopped:
            self.remove(fork)
        return stopped

    def stop_those_of(self, waiting: Waiting) -> list[Fork]:
        """Let go of the telephones that ring before those that wait, and return them."""
        stopped = [
            fork
            for fork in self.forks.values()
            if fork.member == waiting.member and fork.extension == waiting.extension
        ]
        for fork in stopped:
            self.remove(fork)
        return stopped

    def stop_all(self) -> list[Fork]:
        self.serial.waiting.clear()
        stopped = list(self.forks.values())
        for fork in stopped:
            self.remove(fork)
        return stopped
