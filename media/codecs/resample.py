"""Sound at one sampling rate made into sound at another."""

from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Sound = NDArray[np.float32]

_CROSSINGS: Final = 32
"""Zero crossings of the low-pass's sinc on either side: its transition is about 8 % of the band."""

_CUTOFF: Final = 0.925
"""Where the low-pass has half its amplitude, as a share of the lower rate's band: what lies above
the band is down by 80 dB and what lies below 85 % of it is untouched."""

_KAISER_BETA: Final = 7.86
"""For 80 dB."""


class Resampler:
    """Changes the rate of a sound that comes in blocks.

    A low-pass (sinc, Kaiser window) is laid around each sample of the result; there are as many
    versions of it as there are positions between two samples of the source, each a row of a table.
    """

    def __init__(self, source: int, target: int) -> None:
        divisor = gcd(source, target)
        self._up, self._down = target // divisor, source // divisor
        band = min(1.0, target / source) * _CUTOFF
        self._half = int(np.ceil(_CROSSINGS / band))
        self._table = _low_pass(self._up, self._half, band)
        self._tail: Sound = np.zeros(self._half, np.float32)
        self._start = -self._half  # index in the source of the tail's first sample
        self._next = 0  # index of the next sample of the result
        self._total = 0  # samples of the source so far

    def push(self, block: Sound) -> Sound:
        """Take a block, float32 (samples,), and return what can be made of it by now."""
        self._total += len(block)
        self._tail = np.concatenate((self._tail, block))
        return self._make((self._total - self._half) * self._up // self._down)

    def finish(self) -> Sound:
        """Return the rest, as long as the source in seconds, rounded up to a sample."""
        self._tail = np.concatenate((self._tail, np.zeros(2 * self._half + 2, np.float32)))
        return self._make(-(-self._total * self._up // self._down))

    def _make(self, until: int) -> Sound:
        """Return the samples of the result from the next one up to `until`."""
        count = max(until - self._next, 0)
        made: Sound = np.empty(count, np.float32)
        taps = 2 * self._half
        for first in range(min(self._up, count)):
            position, phase = divmod((self._next + first) * self._down, self._up)
            begin = position - self._half + 1 - self._start
            rows = -(-(count - first) // self._up)
            step = self._tail.strides[0]
            windows = as_strided(
                self._tail[begin:], (rows, taps), (self._down * step, step), writeable=False
            )
            made[first :: self._up] = windows @ self._table[phase]
        self._next += count
        needed = self._next * self._down // self._up - self._half + 1
        self._tail = self._tail[max(needed - self._start, 0) :]
        self._start = max(needed, self._start)
        return made


def _low_pass(phases: int, half: int, band: float) -> Sound:
    """Return float32 (phases, 2 * half): the low-pass, laid `phase / phases` after a sample."""
    offset = np.arange(1 - half, half + 1)[None, :] - np.arange(phases)[:, None] / phases
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(1 - (offset / half) ** 2, 0)))
    table = np.sinc(offset * band) * window
    table /= table.sum(axis=1, keepdims=True)
    return table.astype(np.float32)
