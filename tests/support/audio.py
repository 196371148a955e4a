"""Listening: tones, levels and gaps in samples."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 8000
FRAME = 80
"""Samples of 10 ms."""

WINDOW = 40
"""Samples of 5 ms, which slide over the sound to find gaps."""

LEVEL = -12.0
"""dB of full scale: how loud a tone is."""

GAP = 0.02
"""Seconds of a tone that may not be missing."""

Samples = NDArray[np.float64]
"""One channel, full scale at 1.0."""


def tone(hertz: float, seconds: float, *, level_db: float = LEVEL) -> Samples:
    """Return a sine whose root mean square is `level_db` below full scale."""
    t = np.arange(round(RATE * seconds)) / RATE
    return np.asarray(np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * t))


def write_wav(path: Path, samples: Samples) -> Path:
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path


def read_wav(path: Path) -> Samples:
    """Return the samples of a mono file at 8 kHz."""
    samples, rate = soundfile.read(path, dtype="float64")
    assert rate == RATE, f"{path} has {rate} Hz"
    assert samples.ndim == 1, f"{path} has {samples.shape[1]} channels"
    return np.asarray(samples)


def level_db(samples: Samples) -> float:
    """Return the root mean square, in dB of full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(samples**2)) + 1e-9))


def frequency(samples: Samples) -> float:
    """Return the frequency that carries most energy, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


def sounding(samples: Samples, *, floor_db: float = -40.0) -> Samples:
    """Return the part from the first to the last frame above `floor_db`."""
    loud = np.flatnonzero(_frame_levels(samples) > floor_db)
    if not loud.size:
        return samples[:0]
    return samples[loud[0] * FRAME : (loud[-1] + 1) * FRAME]


def longest_gap(samples: Samples, *, floor_db: float = -40.0) -> float:
    """Return the longest quiet stretch between the first and the last sound, in seconds."""
    if len(samples) < WINDOW:
        return 0.0
    energy = np.concatenate([[0.0], np.cumsum(samples**2)])
    windows = np.maximum(energy[WINDOW:] - energy[:-WINDOW], 0.0) / WINDOW
    loud = np.flatnonzero(windows > 10 ** (floor_db / 10))
    quiet = int(np.diff(loud).max(initial=1)) - 1  # windows in a row
    return (quiet + WINDOW - 1) / RATE if quiet else 0.0


def assert_is_tone(heard: Samples, hertz: float, seconds: float) -> None:
    """The tone is there for so long at least, at its level, with nothing missing."""
    assert len(heard) > RATE * seconds, f"{len(heard) / RATE} s are heard"
    assert abs(frequency(heard) - hertz) <= 2.0, f"{frequency(heard)} Hz are heard"
    assert abs(level_db(heard) - LEVEL) <= 1.0, f"{level_db(heard)} dB are heard"
    assert longest_gap(heard) < GAP, f"{longest_gap(heard)} s are missing"


def _frame_levels(samples: Samples) -> Samples:
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(20 * np.log10(np.sqrt(np.mean(frames**2, axis=1)) + 1e-9))
