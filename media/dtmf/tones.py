"""Digits as two tones each (ITU-T Q.23): the frequencies, and how we make them."""

from collections import deque
from functools import lru_cache
from typing import Final

import numpy as np

from media.codecs.g711 import Samples

RATE: Final = 8000
FRAME: Final = 160
"""Samples in 20 ms."""

FULL_SCALE: Final = 3.14
"""Level of a sine that fills int16, in dBm0 (G.711)."""

ROWS: Final = (697.0, 770.0, 852.0, 941.0)
COLUMNS: Final = (1209.0, 1336.0, 1477.0, 1633.0)
PAD: Final = "123A456B789C*0#D"
"""Row by row; the place of a key is four times its row and its column."""

_PLACES: Final = {key: place for place, key in enumerate(PAD)}

LOW_LEVEL: Final = -9.0
HIGH_LEVEL: Final = -7.0
"""dBm0 of a digit that we make: lines weaken high frequencies, so those begin 2 dB stronger."""

_RAMP: Final = 16
"""Samples of fading in and out: 2 ms."""

_NOTHING: Final[Samples] = np.zeros(0, np.int16)


def amplitude(level: float) -> float:
    """Return the peak of a sine of so many dBm0, in the units of int16."""
    return float(32767 * 10 ** ((level - FULL_SCALE) / 20))


@lru_cache(maxsize=256)
def digit(key: str, milliseconds: int, low: float = LOW_LEVEL, high: float = HIGH_LEVEL) -> Samples:
    """Return the sound of a key, int16 (samples,) at 8 kHz. Shared, so read-only.

    Raises KeyError for what is no key.

    low, high  dBm0 of its two tones
    """
    row, column = divmod(_PLACES[key], 4)
    turns = 2 * np.pi * np.arange(milliseconds * RATE // 1000) / RATE
    sound = amplitude(low) * np.sin(ROWS[row] * turns)
    sound += amplitude(high) * np.sin(COLUMNS[column] * turns)
    ramp = np.sin(np.pi / 2 * np.arange(_RAMP) / _RAMP) ** 2
    sound[:_RAMP] *= ramp[: len(sound)]
    sound[-_RAMP:] *= ramp[::-1][-len(sound) :]
    samples: Samples = np.rint(sound).astype(np.int16)
    samples.setflags(write=False)
    return samples


class ToneSender:
    """Makes the sound of digits to be sent, 20 ms at a time.

    capacity  digits that may wait at most
    """

    __slots__ = ("_capacity", "_rest", "_waiting")

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
        self._waiting: deque[Samples] = deque()
        self._rest: Samples = _NOTHING  # of the digit being sent, and of the pause after it

    @property
    def active(self) -> bool:
        return bool(self._waiting) or len(self._rest) > 0

    def press(
        self, digits: str, milliseconds: int = 100, gap: int = 60, volume: int | None = None
    ) -> bool:
        """Add digits to those that wait.

        A digit lasts 40 ms at least and 8 s at most, and the pause after it 60 ms at least. Returns
        False, and adds none of them, if one is not a key or if they are too many.

        volume  of the stronger tone, in -dBm0; None for what is usual
        """
        keys = digits.upper()
        if not all(key in _PLACES for key in keys) or len(keys) > self._capacity - len(
            self._waiting
        ):
            return False
        length = min(max(milliseconds // 20, 2), 400) * 20
        high = HIGH_LEVEL if volume is None else float(-volume)
        pause = np.zeros(max(gap // 20, 3) * FRAME, np.int16)
        for key in keys:
            sound = digit(key, length, high + LOW_LEVEL - HIGH_LEVEL, high)
            self._waiting.append(np.concatenate((sound, pause)))
        return True

    def next_frame(self) -> Samples | None:
        """Return the next 160 samples at 8 kHz, None at the end."""
        if not len(self._rest):
            if not self._waiting:
                return None
            self._rest = self._waiting.popleft()
        frame, self._rest = self._rest[:FRAME], self._rest[FRAME:]
        return frame
