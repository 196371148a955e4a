"""Who rings when, until somebody answers: the three strategies as one machine."""

from enum import Enum

from msgspec import Struct

from softswitch.routing.plan import Member, Outcome, Ring, Strategy


class StartRinging(Struct, frozen=True, gc=False):
    extension: str


class StopRinging(Struct, frozen=True, gc=False):
    """The extension has had its time."""

    extension: str


class Exhausted(Struct, frozen=True, gc=False):
    """Nobody has answered. The last output of a hunt."""

    outcome: Outcome
    """BUSY, NO_ANSWER, NOT_REGISTERED or REFUSED."""


HuntOutput = StartRinging | StopRinging | Exhausted


class _State(Enum):
    WAITING = "waiting"
    RINGING = "ringing"
    OVER = "over"


class _Turn(Struct, eq=False):
    """One member on its way through the hunt."""

    member: Member
    due: float
    """When it starts (WAITING) or stops (RINGING)."""

    state: _State = _State.WAITING


_WEIGHT = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REFUSED, Outcome.NOT_REGISTERED)
"""Of several outcomes, the first of these is the outcome of all."""


class Hunt:
    """Rings the members of one step.

    all at once  each starts at its delay
    increasing   the same; delays grow, and earlier members go on ringing
    in turn      each starts when the one before has stopped, after its own delay

    A member stops at its timeout, everybody at the step's. In the first two, a refusal that leaves
    nobody ringing brings the next member forward to now; the others keep their times.

    Whoever runs the hunt reports with `refused` that a member's phones have ended without an
    answer. It drops the hunt at an answer, or when the caller gives up, and stops by itself
    those in `ringing`.
    """

    __slots__ = ("_ends", "_in_turn", "_outcomes", "_turns", "deadline", "ring")

    def __init__(self, ring: Ring, now: float) -> None:
        self.ring = ring
        self._in_turn = ring.strategy is Strategy.IN_TURN
        self._ends = now + ring.timeout
        self._turns = [_Turn(member, now + member.delay) for member in ring.members]
        self._outcomes = set(ring.left_out.values() if ring.left_out else ())
        self.deadline: float | None = now
        """Of `start`, then of `expire`; None when the hunt is over."""

    @property
    def ringing(self) -> tuple[str, ...]:
        """The extensions that ring, in the order of the members."""
        return tuple(turn.member.extension for turn in self._turns if turn.state is _State.RINGING)

    def expire(self, now: float) -> list[HuntOutput]:
        """Start and stop whoever is due, in the order in which it falls due."""
        outputs: list[HuntOutput] = []
        while self.deadline is not None:
            due = self._due()
            if due is None or now >= due >= self._ends:
                outputs += self._finish()
            elif due > now:
                self.deadline = due
                break
            else:
                outputs += self._step(due)
        return outputs

    start = expire

    def refused(self, extension: str, outcome: Outcome, now: float) -> list[HuntOutput]:
        """Hear that `extension` has stopped ringing by itself."""
        for turn in self._turns:
            if turn.member.extension == extension and turn.state is _State.RINGING:
                break
        else:
            return []
        turn.state = _State.OVER
        self._outcomes.add(outcome)
        waiting = [other for other in self._turns if other.state is _State.WAITING]
        if waiting and not self.ringing:
            if self._in_turn:
                waiting[0].due = now + waiting[0].member.delay
            else:
                following = min(waiting, key=lambda other: other.due)
                following.due = min(following.due, now)
        return self.expire(now)

    def _due(self) -> float | None:
        """Return when something falls due; None when nobody is left."""
        due, over = None, _State.OVER
        for turn in self._turns:
            if turn.state is not over and (due is None or turn.due < due):
                due = turn.due
                if self._in_turn:
                    break  # those behind wait for this one
        return self._ends if due is not None and due > self._ends else due

    def _step(self, due: float) -> list[HuntOutput]:
        """Carry out what falls due at `due`: stops first, so that a line is free for the next."""
        outputs: list[HuntOutput] = []
        for place, turn in enumerate(self._turns):
            if turn.state is _State.RINGING and turn.due <= due:
                turn.state = _State.OVER
                self._outcomes.add(Outcome.NO_ANSWER)
                outputs.append(StopRinging(turn.member.extension))
                if self._in_turn and place + 1 < len(self._turns):
                    self._turns[place + 1].due = due + self._turns[place + 1].member.delay
        for turn in self._turns:
            if turn.state is _State.OVER:
                continue
            if turn.state is _State.WAITING and turn.due <= due:
                turn.state = _State.RINGING
                turn.due = due + turn.member.timeout
                outputs.append(StartRinging(turn.member.extension))
            if self._in_turn:
                break
        return outputs

    def _finish(self) -> list[HuntOutput]:
        outputs: list[HuntOutput] = []
        self.deadline = None
        for turn in self._turns:
            if turn.state is _State.RINGING:
                outputs.append(StopRinging(turn.member.extension))
            if turn.state is not _State.OVER:
                self._outcomes.add(Outcome.NO_ANSWER)
            turn.state = _State.OVER
        outcomes = (outcome for outcome in _WEIGHT if outcome in self._outcomes)
        outputs.append(Exhausted(next(outcomes, Outcome.NOT_REGISTERED)))
        return outputs
