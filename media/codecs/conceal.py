"""What is heard in place of packets that never came: the voice goes on for a moment, and fades.

The way of ITU-T G.711, appendix I, without its delay: the last pitch period is said again and
again, two and then three periods in turn where the gap grows, because a single one buzzes; from
10 ms on it gets quieter, and after 60 ms there is silence.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import Samples

Sound = NDArray[np.float32]

_LONGEST_PERIOD: Final = 0.015
_SHORTEST_PERIOD: Final = 0.005
"""Seconds: voices between 66 and 200 Hz; a higher one is found at a multiple of its period."""

_COMPARED: Final = 0.02
"""Seconds of sound that a period is found in."""

_STEADY: Final = 0.01
_SILENT: Final = 0.06
"""Seconds of a gap after which it gets quieter, and after which it is silent."""

_SEAM: Final = 0.004
"""Seconds of a cross-fade from what was made up to what came."""

_MOST_PERIODS: Final = 3


class Concealment:
    """Fills the gaps of one stream, which has `rate` samples a second."""

    __slots__ = ("_gap", "_heard", "_rate", "_repeated")

    def __init__(self, rate: int) -> None:
        self._rate = rate
        length = int(rate * (_COMPARED + _MOST_PERIODS * _LONGEST_PERIOD))
        self._heard: Sound = np.zeros(length, np.float32)
        """The newest sound that came."""

        self._gap = 0  # samples made up since
        self._repeated: list[Sound] = []  # what is said again: one, two and three periods

    def heard(self, samples: Samples) -> Samples:
        """Take sound that came, int16 (samples,), and return it, joined smoothly to a gap."""
        if self._gap:
            samples = self._join(samples)
            self._gap = 0
            self._repeated = []
        kept = len(self._heard)
        newest = samples[-kept:].astype(np.float32)
        self._heard = np.concatenate((self._heard[len(newest) :], newest))
        return samples

    def make(self, count: int) -> Samples:
        """Return `count` samples for sound that did not come."""
        made = np.rint(self._extend(count)).astype(np.int16)
        self._gap += count
        return made

    def _join(self, samples: Samples) -> Samples:
        length = min(int(self._rate * _SEAM), len(samples))
        rise = (np.arange(length, dtype=np.float32) + 0.5) / length
        joined = samples.copy()
        joined[:length] = np.rint(samples[:length] * rise + self._extend(length) * (1 - rise))
        return joined

    def _extend(self, count: int) -> Sound:
        """Return the next `count` samples of the gap."""
        if not self._repeated:
            self._repeated = self._periods()
        begin, steady = self._gap, int(self._rate * _STEADY)
        place = np.arange(begin, begin + count)
        turns = np.minimum(place // steady, _MOST_PERIODS - 1)
        made: Sound = np.empty(count, np.float32)
        for turn, sound in enumerate(self._repeated):
            which = turns == turn
            made[which] = sound[place[which] % len(sound)]
        if not begin:
            # The step between what came and the first made-up sample is spread over a while.
            step = self._heard[-1] - self._repeated[0][-1]
            length = min(int(self._rate * _SEAM), count)
            made[:length] += step * (1 - np.arange(1, length + 1, dtype=np.float32) / length)
        silent = int(self._rate * _SILENT)
        loudness = np.clip((silent - place) / (silent - steady), 0, 1).astype(np.float32)
        faded: Sound = np.clip(made * loudness, -32768, 32767)
        return faded

    def _periods(self) -> list[Sound]:
        """Return the last one, two and three periods of what came, each made to close in itself."""
        heard, period = self._heard, self._period()
        quarter = period // 4
        rise = (np.arange(quarter, dtype=np.float32) + 0.5) / quarter
        rounds = []
        for count in range(1, _MOST_PERIODS + 1):
            length = count * period
            sound = heard[-length:].copy()
            before = heard[-length - quarter : -length]
            sound[-quarter:] = sound[-quarter:] * (1 - rise) + before * rise
            rounds.append(sound)
        return rounds

    def _period(self) -> int:
        """Return the distance in samples at which the newest sound is most like itself."""
        shortest, longest = (int(self._rate * s) for s in (_SHORTEST_PERIOD, _LONGEST_PERIOD))
        length = int(self._rate * _COMPARED)
        newest = self._heard[-length:]
        earlier = self._heard[-length - longest : -shortest]
        likeness = np.correlate(earlier, newest, "valid")
        energy = np.cumsum(np.concatenate((np.zeros(1), earlier.astype(np.float64) ** 2)))
        power = energy[length:] - energy[:-length]
        best = int(np.argmax(likeness / np.sqrt(np.maximum(power, 1.0))))
        return longest - best
