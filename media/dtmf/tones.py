"""Digits as two tones each (ITU-T Q.23): the frequencies, and how we make them."""

from functools import lru_cache
from typing import Final

import numpy as np

from media.codecs.g711 import Samples

RATE: Final = 8000
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
