"""Tones that a telephone network makes, as samples (ITU-T E.180).

Each is one period of its cadence: repeated, it is what a caller hears. All parts begin and end at
zero, by short ramps, so that no click is heard where they are cut. A tone that never ends is a
second of it, which goes on into the next without a seam.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from media.codecs.g711 import Samples
from media.countries import COUNTRIES, NAMES

RATE: Final = 8000
LONGEST_SILENCE: Final = 600_000
"""Milliseconds."""

LEVEL: Final = -10.0
"""dBm0 of a whole tone, which is what E.180 recommends."""

_FULL_SCALE: Final = 3.14
"""Level of a sine that fills int16, in dBm0 (G.711)."""

_DEPTH: Final = 0.85
"""By how much a modulated tone gets weaker and stronger."""

_RAMP: Final = 40
"""Samples of fading in and out: 5 ms."""

_ENDLESS: Final = 1.0
"""Seconds of a tone that never ends. All frequencies are whole, so they begin anew there."""

_BEEP: Final = "1000/0.4"


class Part(Struct, frozen=True, gc=False):
    """A stretch of a tone in which its sound does not change."""

    frequencies: tuple[float, ...]
    """Hz, sounded together; none for a pause."""

    modulation: float
    """Hz by which their strength changes; 0 for steady ones."""

    seconds: float
    """0 for one that never ends."""

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Read a part as `media.countries` writes it. Raises ValueError."""
        sound, _, seconds = text.partition("/")
        carriers, _, modulation = sound.partition("x")
        frequencies = tuple(float(hertz) for hertz in carriers.split("+"))
        if 0.0 in frequencies:
            frequencies = ()
        return cls(frequencies, float(modulation or 0), float(seconds or 0))

    def samples(self) -> NDArray[np.float64]:
        """Return (samples,) at 8 kHz, in the units of int16."""
        count = round((self.seconds or _ENDLESS) * RATE)
        if not self.frequencies:
            return np.zeros(count)
        turns = 2 * np.pi * np.arange(count) / RATE
        sound: NDArray[np.float64] = np.sin(np.outer(self.frequencies, turns)).sum(axis=0)
        power = float(len(self.frequencies))  # in sines
        if self.modulation:
            sound *= 1 - _DEPTH * np.cos(self.modulation * turns)
            power *= 1 + _DEPTH**2 / 2
        sound *= 32767 * 10 ** ((LEVEL - _FULL_SCALE) / 20) / np.sqrt(power)
        if self.seconds:
            ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(_RAMP) / _RAMP)
            sound[:_RAMP] *= ramp
            sound[count - _RAMP :] *= ramp[::-1]
        return sound


def tone(name: str, country: str = "eu") -> Samples:
    """Return one period of a tone. Shared, so read-only. Raises KeyError for what is unknown.

    name     `ringback`, `busy`, `congestion`, `dial`, `waiting`, `information` or `beep`, of some
             country with its code, as in `ringback/de`; or `silence:MILLISECONDS`
    country  whose tones they are when the name does not say
    """
    return _made(name, country)


@lru_cache(maxsize=256)
def _made(name: str, country: str) -> Samples:
    samples = _silence(name.removeprefix("silence:")) if ":" in name else _sound(name, country)
    samples.setflags(write=False)
    return samples


def _silence(length: str) -> Samples:
    if not (length.isascii() and length.isdigit() and len(length) <= 6):
        raise KeyError(length)
    return np.zeros(min(int(length), LONGEST_SILENCE) * RATE // 1000, np.int16)


def _sound(name: str, country: str) -> Samples:
    name, states, stated = name.partition("/")
    tones = COUNTRIES[stated if states else country]
    if name not in NAMES and name != "beep":
        raise KeyError(name)
    written: str = _BEEP if name == "beep" else getattr(tones, name)
    parts = [Part.parse(part).samples() for part in written.split()]
    return np.rint(np.concatenate(parts)).astype(np.int16)
