"""The recording of one call: who is recorded, where the file is, and that it follows transfers."""

from datetime import UTC, datetime

from media.control import Recorded
from media.filing import HandRecording, RecordCall
from softswitch.calls.facts import RecordingBegun, RecordingEnded
from softswitch.calls.holdings import Holdings
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.side import Side
from softswitch.calls.switchboard import Switchboard

TOKEN = -1
"""Of the recording of a call; those of what applications record begin at 1."""

LONGEST_NAME = 32
"""Characters of a number in the name of a file."""


class Taping:
    """Has both sides of a call recorded while somebody talks in it whose calls are.

    Left is always the caller, who may become another; right is with whom he talks. Where the
    caller's stream goes to another media worker, the recording goes on in a second file.
    """

    __slots__ = ("_board", "_call", "_count", "_dialled", "_holdings", "_side")

    def __init__(self, call: str, dialled: str, holdings: Holdings, board: Switchboard) -> None:
        self._call = call
        self._dialled = dialled
        self._holdings = holdings
        self._board = board
        self._side: Side | None = None  # whose stream is recorded
        self._count = 0

    def talk(self, caller: Side, callee: Side, now: float, out: list[Output]) -> None:
        """Begin, if one of the two who now talk is recorded, and nothing is yet."""
        settings, port = self._board.settings, caller.port
        if self._side is not None or port is None or not settings.recordings:
            return
        people = self._board.configuration.employees
        sides = (people.get(caller.extension), people.get(callee.extension))
        if not any(person is not None and person.is_recorded for person in sides):
            return
        self._side = caller
        self._count += 1
        path = f"{settings.recordings}/{self._name(caller, now)}{settings.recording_form}"
        self._holdings.log(RecordingBegun(path), now, out)
        order = RecordCall(caller.stream, path, TOKEN, settings.maximum_duration)
        out.append(ToMedia(port.worker, order))

    def serve(self, side: Side, out: list[Output]) -> None:
        """Follow the caller, who is another from now on."""
        before, now = self._side, side.port
        if before is None or before is side or now is None or before.port is None:
            return
        if before.port.worker == now.worker:
            self._side = side
            out.append(ToMedia(now.worker, HandRecording(before.stream, side.stream)))

    def ended(self, event: Recorded, now: float, out: list[Output]) -> bool:
        """Hear that a recording is over; return whether the call could have another."""
        ended = RecordingEnded(event.path, event.seconds, event.reason, event.error)
        self._holdings.log(ended, now, out)
        self._side = None
        return event.reason == "closed"

    def _name(self, caller: Side, now: float) -> str:
        """Return the path of a file below the folder, without its suffix."""
        at = datetime.fromtimestamp(self._board.epoch + now, UTC)
        direction = "internal" if caller.extension else "in"
        number = caller.extension or (caller.shown.number if caller.shown is not None else "")
        parts = [direction, _safe(self._dialled), _safe(number), f"{at:%H%M%S}", _safe(self._call)]
        if self._count > 1:
            parts.append(str(self._count))
        return f"{at:%Y/%m/%d}/" + "-".join(parts)


def _safe(text: str) -> str:
    """Return a number so that it can be in the name of a file: what callers say is theirs."""
    kept = "".join(
        letter if letter == "+" or (letter.isascii() and letter.isalnum()) else "_"
        for letter in text
    )
    return kept[:LONGEST_NAME] or "unknown"
