"""Resampling: what belongs to the band stays as it is, the rest goes."""

import numpy as np
import pytest

from media.codecs.resample import Resampler, Sound

RATES = (6000, 11025, 16000, 22050, 44100, 48000)


def sine(rate: int, hertz: float, seconds: float = 1.0) -> Sound:
    time = np.arange(round(rate * seconds)) / rate
    return np.sin(2 * np.pi * hertz * time).astype(np.float32)


def resampled(sound: Sound, rate: int, block: int = 10_007) -> Sound:
    resampler = Resampler(rate, 8000)
    parts = [resampler.push(sound[at : at + block]) for at in range(0, len(sound), block)]
    return np.concatenate([*parts, resampler.finish()])


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_keeps_frequency_phase_and_level(rate: int) -> None:
    for hertz in (300.0, 1000.0, 0.42 * min(rate, 8000)):
        made, wanted = resampled(sine(rate, hertz), rate), sine(8000, hertz)
        assert len(made) == len(wanted)
        assert np.abs(made - wanted)[400:-400].max() < 2e-4


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > 10_500])
def test_what_lies_above_the_band_is_gone(rate: int) -> None:
    for hertz in (4100.0, 5000.0):
        assert np.abs(resampled(sine(rate, hertz), rate))[400:-400].max() < 2e-4


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_blocks_make_no_seams(block: int) -> None:
    sound = sine(11025, 700, 0.1)
    assert np.allclose(resampled(sound, 11025, block), resampled(sound, 11025), atol=1e-6)


def test_no_sound_stays_none() -> None:
    assert len(resampled(np.zeros(0, np.float32), 44100)) == 0


def test_a_single_sample_is_a_single_sample() -> None:
    assert len(resampled(np.ones(1, np.float32), 48000)) == 1
