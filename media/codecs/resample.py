"""Sound at one sampling rate made into sound at another.

`SoundResampler` takes a sound of any rate, and is as good as can be heard. `Resampler` takes the
frames of many streams at once, and is as good as telephones need, in less time.
"""

from math import gcd
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from media.codecs.g711 import Samples

Sound = NDArray[np.float32]

_CROSSINGS: Final = 32
"""Zero crossings of the low-pass's sinc on either side: its transition is about 8 % of the band."""

_CUTOFF: Final = 0.925
"""Where the low-pass has half its amplitude, as a share of the lower rate's band: what lies above
the band is down by 80 dB and what lies below 85 % of it is untouched."""

_KAISER_BETA: Final = 7.86
"""For 80 dB."""

_STREAM_CROSSINGS: Final = 24
_STREAM_CUTOFF: Final = 0.93
_STREAM_BETA: Final = 6.76
"""The same for streams, whose speech is delayed by half of the low-pass: 70 dB, 84 % of the band,
3.2 ms where one side has 8 kHz."""

_BLOCKS_A_SECOND: Final = 400
"""Frames are converted by blocks of 2.5 ms: a block and the low-pass around it are one matrix,
where longer ones hold more noughts and shorter ones cost more calls."""


class Resampler:
    """Changes the rate of many streams, frame by frame.

    rows             how many streams there can be
    source, target   rates: multiples of 400 Hz

    What a stream said last is kept by row, so that frames join without a seam. What a block
    becomes is the product of its samples, and those before it, with one matrix for all streams:
    column j holds the low-pass as it lies around the j-th sample of the result.
    """

    def __init__(self, rows: int, source: int, target: int) -> None:
        if source % _BLOCKS_A_SECOND or target % _BLOCKS_A_SECOND:
            raise ValueError(f"rates are multiples of 400 Hz, and not {source} and {target}")
        self._is_needed = source != target
        self._block, self._made = source // _BLOCKS_A_SECOND, target // _BLOCKS_A_SECOND
        band = min(1.0, target / source) * _STREAM_CUTOFF
        half = int(np.ceil(_STREAM_CROSSINGS / band))
        self.delay = half / source if self._is_needed else 0.0
        """Seconds by which the result is late."""

        place = np.arange(2 * half + self._block)[:, None]
        centre = half + np.arange(self._made)[None, :] * source / target
        taps = _windowed_sinc(place - centre, half, band, _STREAM_BETA)
        self._matrix: Sound = (taps / taps.sum(axis=0)).astype(np.float32)
        self._before: Sound = np.zeros((rows if self._is_needed else 0, 2 * half), np.float32)

    def convert(self, frames: Samples, rows: NDArray[np.int64]) -> Samples:
        """Return the next frame of each of `rows` at the target's rate.

        frames  int16 (streams, samples): one of whole blocks for each row, no row twice
        """
        if not self._is_needed:
            return frames
        count, length = frames.shape
        blocks, rest = divmod(length, self._block)
        if rest:
            raise ValueError(f"{length} samples are no multiple of 2.5 ms")
        kept = self._before.shape[1]
        sound: Sound = np.empty((count, kept + length), np.float32)
        sound[:, :kept] = self._before[rows]
        sound[:, kept:] = frames
        self._before[rows] = sound[:, length:]
        made: Sound = np.empty((count, blocks * self._made), np.float32)
        for block in range(blocks):
            begin, at = block * self._block, block * self._made
            window = sound[:, begin : begin + kept + self._block]
            np.matmul(window, self._matrix, out=made[:, at : at + self._made])
        np.clip(made, -32768, 32767, out=made)
        return np.rint(made, out=made).astype(np.int16)

    def clear(self, rows: NDArray[np.int64] | int) -> None:
        """Forget what was said: other streams begin on these rows."""
        if self._is_needed:
            self._before[rows] = 0


class SoundResampler:
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
    table = _windowed_sinc(offset, half, band, _KAISER_BETA)
    table /= table.sum(axis=1, keepdims=True)
    return table.astype(np.float32)


def _windowed_sinc(
    offset: NDArray[np.float64], half: int, band: float, beta: float
) -> NDArray[np.float64]:
    """Return the low-pass at each distance from its middle; nothing beyond `half`."""
    inside = 1 - (offset / half) ** 2
    window = np.where(inside >= 0, np.i0(beta * np.sqrt(np.maximum(inside, 0))), 0.0)
    taps: NDArray[np.float64] = np.sinc(offset * band) * window
    return taps
