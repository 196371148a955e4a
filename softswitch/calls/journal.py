"""The event log of one call while it is on."""

from softswitch.calls.facts import Fact, Logged, Noted, SessionChanged
from softswitch.calls.outputs import Output
from softswitch.calls.record import Record, rebuild

MOST_NOTES = 500
"""Notes and changes of session that a call may leave; a telephone that never stops asking for
something must not fill the memory."""


class Journal:
    """Numbers the entries, says each one at once, and keeps them for the record.

    epoch  Unix time at `now` 0
    """

    __slots__ = ("_call", "_entries", "_epoch", "_notes")

    def __init__(self, call: str, epoch: float) -> None:
        self._call = call
        self._epoch = epoch
        self._entries: list[Logged] = []
        self._notes = 0

    def log(self, fact: Fact, now: float, out: list[Output]) -> None:
        if type(fact) in (Noted, SessionChanged):
            self._notes += 1
            if self._notes > MOST_NOTES:
                return
        entry = Logged(self._call, len(self._entries) + 1, self._epoch + now, fact)
        self._entries.append(entry)
        out.append(entry)

    def record(self) -> Record:
        return rebuild(self._entries)
