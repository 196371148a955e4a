"""Whether 20 ms of sound are two tones of a key, and of which (ITU-T Q.23, Q.24).

In two steps. A windowed DFT at the eight frequencies is one matrix product for all streams, and
tells nearly all speech from tones. What could be a pair is then fitted: the frequencies that the
phase shows are taken, and what two steady tones leave unexplained is measured. That rest is what
speech has plenty of, whether as harmonics or between the tones.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.dtmf.tones import COLUMNS, RATE, ROWS, amplitude

Floats = NDArray[np.float64]
Keys = NDArray[np.int8]
Indices = NDArray[np.int64]

WINDOW: Final = 160
"""Samples that are looked at: 20 ms."""

WEAKEST: Final = -36.0
"""dBm0 of the weaker tone. Q.24: -25 are to be heard, -55 are not."""

NORMAL_TWIST: Final = 9.0
REVERSE_TWIST: Final = 5.0
"""dB by which the low tone, or the high one, may be the stronger: 8 and 4 in Q.24, and what noise
adds."""

DEVIATION: Final = 0.025
"""Of a frequency, relative. Q.24: 1.5 % are to be heard, 3.5 % are not."""

PURITY: Final = 0.87
"""The part of all energy that two tones have to explain. Noise 15 dB below them leaves 0.97; 23 ms
of tones leave 0.83 at best in each of two windows."""

STEADY: Final = 1.6
"""By how much a tone may grow or shrink from one half of the window to the other."""

NONE: Final = -1

_HALF: Final = WINDOW // 2
_FREQUENCIES: Final = np.array((*ROWS, *COLUMNS))
_HANN: Final = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)
_TURNS: Final = 2 * np.pi * np.outer(np.arange(WINDOW), _FREQUENCIES) / RATE
_DFT: Final = (
    np.hstack((np.cos(_TURNS), np.sin(_TURNS))) * _HANN[:, None] * (np.sqrt(2) / _HANN.sum())
).astype(np.float32)
"""(samples, 16): squares of a column and its partner add up to the mean square of its tone."""

_WEAKEST_SQUARE: Final = amplitude(WEAKEST) ** 2 / 2
_ROUGH_PURITY: Final = 0.3
_ROUGH_TWIST: Final = 10 ** ((NORMAL_TWIST + 4) / 10)


def _fits() -> Floats:
    """Return (16 keys, 2 halves, 4, samples of a half): what maps samples to the strengths of the
    cosine and sine of the low tone and of the high one."""
    made = []
    for row in range(4):
        for column in range(4):
            turns = _TURNS[:, [row, 4 + column]]
            waves = np.stack((np.cos(turns), np.sin(turns)), axis=2).reshape(WINDOW, 4)
            made.append([np.linalg.pinv(half) for half in np.split(waves, 2)])
    return np.array(made)


_FITS: Final = _fits()


def recognise(windows: NDArray[np.float32]) -> Keys:
    """Return (windows,): the place of the key in `media.dtmf.tones.PAD`, NONE for what is none.

    windows  float32 (windows, 160) at 8 kHz, in the units of int16; without a constant part
    """
    found = np.full(len(windows), NONE, np.int8)
    square = np.einsum("ij,ij->i", windows, windows) / WINDOW
    loud = (square >= 2 * _WEAKEST_SQUARE).nonzero()[0]
    if len(loud):
        windows, square = windows[loud], square[loud]
        spectrum = windows @ _DFT
        power = spectrum[:, :8] ** 2 + spectrum[:, 8:] ** 2
        row, column = power[:, :4].argmax(axis=1), power[:, 4:].argmax(axis=1)
        every = np.arange(len(loud))
        low, high = power[every, row], power[every, 4 + column]
        could_be = (low + high >= _ROUGH_PURITY * square) & (low <= high * _ROUGH_TWIST)
        which = (could_be & (high <= low * _ROUGH_TWIST)).nonzero()[0]
        if len(which):
            keys = (4 * row + column)[which]
            is_pair = _is_pair(windows[which].astype(np.float64), square[which], keys)
            found[loud[which[is_pair]]] = keys[is_pair]
    return found


def _is_pair(windows: Floats, square: NDArray[np.float32], keys: Indices) -> NDArray[np.bool_]:
    """Return which windows are two steady tones near those of `keys`, and nothing else."""
    halves = windows.reshape(-1, 2, _HALF)
    strengths = np.einsum("khws,khs->khw", _FITS[keys], halves)
    phasors = strengths[:, :, 0::2] - 1j * strengths[:, :, 1::2]  # (keys, halves, low and high)
    first, second = phasors[:, 0], phasors[:, 1]
    nominal = _FREQUENCIES[np.stack((keys // 4, 4 + keys % 4), axis=1)]
    off = np.angle(second * first.conj()) * RATE / (2 * np.pi * _HALF)
    change = np.abs(second) / np.maximum(np.abs(first), 1e-9)
    is_steady = ((change < STEADY) & (change > 1 / STEADY)).all(axis=1)
    is_near = (np.abs(off) <= DEVIATION * nominal).all(axis=1)

    turns = 2 * np.pi * np.arange(WINDOW)[:, None] * (nominal + off)[:, None, :] / RATE
    waves = np.concatenate((np.cos(turns), np.sin(turns)), axis=2)
    images = np.einsum("ksw,ks->kw", waves, windows)
    fit = np.linalg.solve(np.einsum("ksv,ksw->kvw", waves, waves), images[:, :, None])[:, :, 0]
    explained = (fit * images).sum(axis=1) / WINDOW
    low, high = ((fit[:, :2] ** 2 + fit[:, 2:] ** 2) / 2).T
    is_balanced = (low <= high * 10 ** (NORMAL_TWIST / 10)) & (
        high <= low * 10 ** (REVERSE_TWIST / 10)
    )
    is_loud = np.minimum(low, high) >= _WEAKEST_SQUARE
    is_pure = explained >= PURITY * square
    return np.asarray(is_steady & is_near & is_balanced & is_loud & is_pure)
