"""What is said in rooms, on record: the sum of all members, 20 ms at a tick."""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from msgspec import Struct

from media.codecs.g711 import Samples
from media.codecs.resample import Resampler
from media.conferencing import RecordRoom, RoomRecorded
from media.ledger import Ledger
from media.outputs import FinishFile, Output, StartFile, Write

RATES: Final = (8000, 16000, 48000)
"""Samples a second that a file may have."""

TICKS: Final = 50
"""In a second; and the frames that are handed on at once."""

LONGEST: Final = 86_400.0
"""Seconds that no recording exceeds, whatever is asked."""

_ONLY: Final = np.zeros(1, np.int64)


class _Recording:
    """One file that grows, by whole ticks."""

    __slots__ = ("frames", "left", "number", "order", "resamplers")

    def __init__(self, number: int, order: RecordRoom) -> None:
        self.number = number
        self.order = order
        self.left = max(round(min(order.maximum, LONGEST) * TICKS), 1)  # ticks
        self.frames: list[Samples] = []
        self.resamplers: dict[int, Resampler] = {}  # from the rates that the room has had

    def add(self, rate: int, frame: Samples) -> list[Output]:
        if rate not in self.resamplers:
            self.resamplers[rate] = Resampler(1, rate, self.order.rate)
        self.frames.append(self.resamplers[rate].convert(frame[None, :], _ONLY)[0])
        self.left -= 1
        return self.flush() if len(self.frames) >= TICKS else []

    def flush(self) -> list[Output]:
        """Hand on what has gathered."""
        if not self.frames:
            return []
        block = np.concatenate(self.frames)
        self.frames = []
        return [Write(self.number, block)]


class _Ending(Struct, frozen=True, gc=False):
    """A recording that takes no more, and whose file is being completed."""

    order: RecordRoom
    reason: str


class Minutes:
    """At most one recording for each room."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._growing: dict[int, _Recording] = {}
        self._ending: dict[int, _Ending] = {}  # by number

    @property
    def rooms(self) -> Collection[int]:
        """Those that are recorded."""
        return self._growing.keys()

    def start(self, order: RecordRoom) -> list[Output]:
        """Begin a file; a recording of the same room that has not ended is stopped."""
        outputs = self.stop(order.room, "stopped")
        number = self._ledger.number()
        self._growing[order.room] = _Recording(number, order)
        return [*outputs, StartFile(number, order.path, 1, order.rate)]

    def hear(self, sums: Mapping[int, tuple[int, Samples]]) -> list[Output]:
        """Take what was said at a tick: the sample rate and the samples, by room."""
        outputs: list[Output] = []
        for room, (rate, frame) in sums.items():
            recording = self._growing[room]
            outputs += recording.add(rate, frame)
            if not recording.left:
                outputs += self.stop(room, "maximum")
        return outputs

    def stop(self, room: int, reason: str) -> list[Output]:
        """End the recording of a room, if there is one."""
        recording = self._growing.pop(room, None)
        if recording is None:
            return []
        self._ending[recording.number] = _Ending(recording.order, reason)
        return [*recording.flush(), FinishFile(recording.number)]

    def stop_all(self, reason: str) -> list[Output]:
        return [output for room in list(self._growing) for output in self.stop(room, reason)]

    def broken(self, number: int) -> list[Output]:
        """End a recording whose file takes no more. The room goes on."""
        for room, recording in self._growing.items():
            if recording.number == number:
                return self.stop(room, "failed")
        return []

    def finished(self, number: int, path: str, seconds: float, error: str) -> RoomRecorded | None:
        """Return what is said of a recording whose file is in place, or failed; None when it was
        not of a room.

        path  where it is; empty for where the order wanted it
        """
        ending = self._ending.pop(number, None)
        if ending is None:
            return None
        order, reason = ending.order, "failed" if error else ending.reason
        return RoomRecorded(order.room, order.token, path or order.path, seconds, reason, error)
