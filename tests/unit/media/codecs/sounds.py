"""Tones and what is left of them, for the tests of codecs."""

import numpy as np

from media.codecs.g711 import Samples

SILENT = -120.0


def tone(hertz: float, rate: int, seconds: float = 1.0, level: float = -10.0) -> Samples:
    """Return a sine, `level` in dB of full scale."""
    time = np.arange(round(rate * seconds)) / rate
    sine = 32767 * 10 ** (level / 20) * np.sin(2 * np.pi * hertz * time)
    return np.rint(sine).astype(np.int16)


def voice(rate: int, seconds: float = 1.0, hertz: float = 130.0) -> Samples:
    """Return a vowel: harmonics of a pitch, the higher the quieter."""
    time = np.arange(round(rate * seconds)) / rate
    waves = [np.sin(2 * np.pi * hertz * k * time + k * k) / k for k in range(1, 20)]
    vowel: Samples = np.rint(5000 * np.sum(waves, axis=0)).astype(np.int16)
    return vowel


def level_of(samples: Samples) -> float:
    """Return the level of a sound in dB, where a sine at full scale has 0."""
    power = float(np.mean((samples / 32767.0) ** 2)) * 2
    return 10 * float(np.log10(power)) if power else SILENT


def tone_and_noise(samples: Samples, hertz: float, rate: int) -> tuple[float, float]:
    """Return the levels of a tone and of all else, in dB of full scale."""
    time = np.arange(len(samples)) / rate
    waves = np.stack(
        (np.cos(2 * np.pi * hertz * time), np.sin(2 * np.pi * hertz * time), np.ones(len(time)))
    )
    weights, *_ = np.linalg.lstsq(waves.T, samples.astype(np.float64), rcond=None)
    rest = samples - weights @ waves
    pure = 20 * float(np.log10(max(np.hypot(weights[0], weights[1]) / 32767, 1e-6)))
    noise = 10 * float(np.log10(max(2 * np.mean((rest / 32767) ** 2), 1e-12)))
    return pure, noise
