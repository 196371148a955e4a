"""The event log of one call while it is on."""

from collections.abc import Sequence

from msgspec import Struct

from softswitch.calls.facts import (
    CallEnded,
    CallOffered,
    Fact,
    LegAnswered,
    LegJoined,
    LegPlaced,
    Logged,
    Noted,
    SessionChanged,
    StepEntered,
)
from softswitch.calls.outputs import Output
from softswitch.calls.quality import LegQuality
from softswitch.calls.record import Record, rebuild

MOST_NOTES = 500
"""Notes and changes of session that a call may leave; a telephone that never stops asking for
something must not fill the memory."""


class Progress(Struct, frozen=True):
    """A call that is on."""

    call: str
    caller: str
    dialled: str
    state: str
    """The step that it is at, such as `ring sales` or `menu main`; `talk 102` or `ending`."""

    since: float
    """Unix time of its beginning."""

    legs: tuple[LegQuality, ...] = ()
    """Of those that have a stream here."""


class Journal(Struct, eq=False):
    """Numbers the entries, says each one at once, and keeps them for the record.

    epoch  Unix time at `now` 0
    """

    _call: str
    _epoch: float
    _entries: list[Logged] = []
    _said: int = 0
    _notes: int = 0

    def log(self, fact: Fact, now: float, out: list[Output]) -> None:
        if type(fact) in (Noted, SessionChanged):
            self._notes += 1
            if self._notes > MOST_NOTES:
                return
        self._said += 1
        entry = Logged(self._call, self._said, self._epoch + now, fact)
        self._entries.append(entry)
        out.append(entry)

    @property
    def entries(self) -> Sequence[Logged]:
        """Everything so far, in order."""
        return self._entries

    def progress(self) -> Progress:
        """Return how far the call is."""
        first = self._entries[0]
        offered, state = first.fact, "beginning"
        if not isinstance(offered, CallOffered):
            raise ValueError(f"the log of call {self._call} begins with {first.kind}")
        for entry in reversed(self._entries):
            match entry.fact:
                case CallEnded():
                    state = "ending"
                case LegAnswered(leg) if leg != offered.leg:
                    state = f"talk {self._extension(leg)}"
                case LegJoined(extension=extension):
                    state = f"talk {extension}"
                case StepEntered(step, name):
                    state = f"{step} {name}".rstrip()
                case _:
                    continue
            break
        return Progress(self._call, offered.caller, offered.dialled, state, first.at)

    def _extension(self, leg: str) -> str:
        facts = (entry.fact for entry in self._entries)
        placed = (
            fact for fact in facts if isinstance(fact, LegPlaced | LegJoined) and fact.leg == leg
        )
        return next((fact.extension for fact in placed), "")

    def record(self) -> Record:
        return rebuild(self._entries)
