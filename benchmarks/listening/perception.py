"""How what was heard differs from what was said: level, delay, gaps, and two distances.

The distances look at short frames, as ears do, and only at those in which somebody speaks:

- segmental signal-to-noise ratio: the mean over frames of 20 ms, each between -10 and 35 dB, so
  that neither a pause nor one perfect frame decides (Quackenbush, Barnwell and Clements, "Objective
  Measures of Speech Quality", 1988);
- log-spectral distance: the root mean square difference of two short-time spectra in dB, which
  forgives a shift in phase, as of a concealed packet, and not another timbre.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]
"""One channel, full scale at 1.0."""

FRAME: Final = 0.02
"""Seconds."""

SPOKEN_DB: Final = -30.0
"""Below the loudest frame: what is quieter is a pause between words."""

MISSING_DB: Final = 20.0
"""A frame that is heard by so much quieter than it was spoken is a gap."""

LONGEST_DELAY: Final = 1.0
"""Seconds that are searched."""

_SNR_RANGE: Final = (-10.0, 35.0)
_FLOOR_DB: Final = -40.0
"""Below the loudest bin of a spectrum: what is quieter is not compared."""

_WINDOW: Final = 0.032
_BAND: Final = (200.0, 3400.0)
"""Hertz that a telephone carries."""

_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of speech on its way."""

    level_db: float
    """How much louder it is heard than it was said, over the frames with speech in them."""

    delay_ms: float
    gaps_ms: float
    """Speech that is missing, in all."""

    snr_db: float
    """Segmental signal-to-noise ratio."""

    distance_db: float
    """Log-spectral distance."""


def compare(said: Sound, heard: Sound, rate: int) -> Heard:
    """Return how `heard` differs from `said`; both begin at the same moment.

    Raises ValueError when nothing is said.
    """
    if not len(said) or not np.abs(said).max():
        raise ValueError("nothing is said")
    delay = _delay(said, heard, rate)
    heard = _shifted(heard, delay, len(said))
    size = round(FRAME * rate)
    before, after = _frames(said, size), _frames(heard, size)
    powers = np.mean(before**2, axis=1)
    spoken = powers > powers.max() * 10 ** (SPOKEN_DB / 10)
    before, after, powers = before[spoken], after[spoken], powers[spoken]
    arrived = np.mean(after**2, axis=1)
    level = 10 * np.log10((arrived.mean() + _LEAST) / powers.mean())
    missing = arrived < powers * 10 ** ((level - MISSING_DB) / 10)
    louder = 10 ** (-level / 20)
    return Heard(
        level_db=float(level),
        delay_ms=1000 * delay / rate,
        gaps_ms=float(1000 * FRAME * missing.sum()),
        snr_db=_segmental_snr(before, after * louder),
        distance_db=_spectral_distance(said, heard * louder, rate),
    )


def _delay(said: Sound, heard: Sound, rate: int) -> int:
    """Return by how many samples `heard` is later: where the two are most alike."""
    size = 1 << (len(said) + len(heard)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    alike = np.fft.irfft(product, size)[: round(LONGEST_DELAY * rate)]
    return int(np.argmax(alike))


def _shifted(heard: Sound, delay: int, length: int) -> Sound:
    """Return `length` samples from `delay` on, with silence where nothing was heard."""
    there = heard[delay : delay + length]
    return np.concatenate((there, np.zeros(length - len(there))))


def _frames(sound: Sound, size: int) -> Sound:
    return sound[: len(sound) // size * size].reshape(-1, size)


def _segmental_snr(before: Sound, after: Sound) -> float:
    noise = np.sum((before - after) ** 2, axis=1) + _LEAST
    ratios = 10 * np.log10(np.sum(before**2, axis=1) / noise)
    return float(np.clip(ratios, *_SNR_RANGE).mean())


def _spectral_distance(said: Sound, heard: Sound, rate: int) -> float:
    before, after = spectrogram(said, rate), spectrogram(heard, rate)
    bins = np.fft.rfftfreq(round(_WINDOW * rate), 1 / rate)
    inside = (bins >= _BAND[0]) & (bins <= _BAND[1])
    before, after = before[:, inside], after[:, inside]
    spoken = before.max(axis=1) > before.max() + SPOKEN_DB
    before, after = before[spoken], after[spoken]
    floor = before.max(axis=1, keepdims=True) + _FLOOR_DB
    difference = np.maximum(before, floor) - np.maximum(after, floor)
    return float(np.sqrt(np.mean(difference**2, axis=1)).mean())


def spectrogram(sound: Sound, rate: int) -> Sound:
    """Return the power in dB of windows of 32 ms that overlap by half: (windows, bins)."""
    size = round(_WINDOW * rate)
    windows = np.lib.stride_tricks.sliding_window_view(sound, size)[:: size // 2]
    spectra = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)) ** 2
    return np.asarray(10 * np.log10(spectra + _LEAST))
