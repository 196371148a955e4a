"""What is played to a stream, cut into frames."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from media.codecs.g711 import Samples

RATE: Final = 8000
FRAME: Final = 160
"""Samples in 20 ms at 8 kHz."""


_FAR: Final = 1e9
"""Seconds; beyond all ends."""

SILENCE: Final[Samples] = np.zeros(FRAME, np.int16)
SILENCE.setflags(write=False)


class Playlist:
    """Sounds, one after another without a gap, a frame at a time.

    sounds  int16 (samples,) at 8 kHz each; they are shared by all listeners and never changed
    repeat  begin again at the end, for ever
    """

    __slots__ = ("_index", "_length", "_position", "_repeat", "_sounds", "is_paused")

    def __init__(self, sounds: Sequence[Samples], *, repeat: bool = False) -> None:
        self._sounds = [sound for sound in sounds if len(sound)]
        self._repeat = repeat
        self._length = sum(map(len, self._sounds))
        self._index = 0
        self._position = 0  # in the sound
        self.is_paused = False
        """Frames are silent, and the position stays."""

    def seek(self, seconds: float, *, from_here: bool = False) -> None:
        """Go on elsewhere: `seconds` from the beginning, or from here (back, where less than 0).

        Over the end is the end or, where it repeats, once more around.
        """
        before = sum(map(len, self._sounds[: self._index])) + self._position
        if not abs(seconds) < _FAR:  # which no clock says
            seconds = _FAR if seconds > 0 else -_FAR
        position = round(seconds * RATE) + (before if from_here else 0)
        if self._repeat and self._length:
            position %= self._length
        position = max(position, 0)
        self._index = 0
        while self._index < len(self._sounds) and position >= len(self._sounds[self._index]):
            position -= len(self._sounds[self._index])
            self._index += 1
        self._position = position if self._index < len(self._sounds) else 0

    def next_frame(self) -> Samples | None:
        """Return the next 160 samples, None at the end. Silence fills up the last frame.

        It may be a view of a shared sound: not to be written to.
        """
        if self.is_paused:
            return SILENCE
        if self._index == len(self._sounds):
            return None
        sound, start = self._sounds[self._index], self._position
        end = start + FRAME
        if end < len(sound):
            self._position = end
            return sound[start:end]
        return self._across(FRAME)

    def _across(self, wanted: int) -> Samples:
        """Return a frame that reaches the end of a sound, and perhaps into the next ones."""
        frame: Samples = np.zeros(wanted, np.int16)
        filled = 0
        while filled < wanted and self._index < len(self._sounds):
            sound, start = self._sounds[self._index], self._position
            piece = sound[start : start + wanted - filled]
            frame[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._position += len(piece)
            if self._position == len(sound):
                self._index, self._position = self._index + 1, 0
                if self._repeat and self._index == len(self._sounds):
                    self._index = 0
        return frame
