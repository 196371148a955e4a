"""Resampling: what belongs to the band stays as it is, the rest goes."""

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.codecs.resample import Resampler, Sound, SoundResampler
from tests.unit.media.codecs.sounds import level_of, tone, tone_and_noise

RATES = (6000, 11025, 16000, 22050, 44100, 48000)


def sine(rate: int, hertz: float, seconds: float = 1.0) -> Sound:
    time = np.arange(round(rate * seconds)) / rate
    return np.sin(2 * np.pi * hertz * time).astype(np.float32)


def resampled(sound: Sound, rate: int, block: int = 10_007) -> Sound:
    resampler = SoundResampler(rate, 8000)
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


# Many streams at once

PAIRS = [(8000, 16000), (16000, 8000), (8000, 48000), (48000, 8000), (16000, 48000), (48000, 16000)]


def carried(samples: Samples, source: int, target: int, milliseconds: int = 20) -> Samples:
    """Return what becomes of a sound that is converted frame by frame, on row 1 of 3."""
    resampler, frame = Resampler(3, source, target), source * milliseconds // 1000
    rows = np.array([1])
    frames = [samples[at : at + frame] for at in range(0, len(samples), frame)]
    return np.concatenate([resampler.convert(frame[None, :], rows)[0] for frame in frames])


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_a_tone_in_the_band_of_both_keeps_level_and_purity(source: int, target: int) -> None:
    for share in (0.03, 0.2, 0.4):
        hertz = share * min(source, target)
        made = carried(tone(hertz, source, 0.5, -6.0), source, target)
        assert len(made) == target // 2
        pure, noise = tone_and_noise(made[target // 10 :], hertz, target)
        assert pure == pytest.approx(-6.0, abs=0.05)
        assert noise < -70.0


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_what_would_be_folded_into_the_band_is_gone(source: int, target: int) -> None:
    hertz = 0.51 * target
    while hertz < source / 2:
        made = carried(tone(hertz, source, 0.2, -3.0), source, target)
        assert level_of(made[target // 20 :]) < -65.0
        hertz += 0.031 * target


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] < pair[1]])
def test_nothing_is_added_above_the_band(source: int, target: int) -> None:
    made = carried(tone(0.42 * source, source, 0.5, -3.0), source, target)[target // 10 :]
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made)))) / len(made) / 32767 * 4
    frequency = np.fft.rfftfreq(len(made), 1 / target)
    assert 20 * np.log10(spectrum[frequency > 0.51 * source].max()) < -70.0


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_the_result_is_late_by_what_is_said(source: int, target: int) -> None:
    click = np.zeros(source // 10, np.int16)
    click[source // 50] = 30000
    made = carried(click, source, target).astype(np.float64)
    centre = np.sum(np.arange(len(made)) * made) / made.sum() / target
    assert centre - 0.02 == pytest.approx(Resampler(1, source, target).delay, abs=1e-4)
    assert Resampler(1, source, target).delay < 0.004


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_frames_of_another_length_make_the_same_sound(source: int, target: int) -> None:
    noise = (5000 * np.random.default_rng(2).standard_normal(source // 5)).astype(np.int16)
    whole = carried(noise, source, target, 200)
    assert np.abs(carried(noise, source, target, 20) - whole.astype(np.int32)).max() <= 1
    assert np.abs(carried(noise, source, target, 10) - whole.astype(np.int32)).max() <= 1


def test_streams_do_not_hear_each_other_whatever_their_order() -> None:
    sounds = np.stack([tone(300 * (k + 1), 16000, 0.2) for k in range(4)])
    alone = [carried(sound, 16000, 8000) for sound in sounds]
    resampler, orders = Resampler(4, 16000, 8000), np.random.default_rng(7)
    made = np.zeros((4, 1600), np.int16)
    for number in range(10):
        rows = orders.permutation(4)
        frames = sounds[rows, number * 320 : (number + 1) * 320]
        made[rows, number * 160 : (number + 1) * 160] = resampler.convert(frames, rows)
    assert np.abs(made - np.stack(alone).astype(np.int32)).max() <= 1


def test_a_row_that_is_cleared_has_no_memory() -> None:
    resampler, rows = Resampler(1, 8000, 48000), np.array([0])
    resampler.convert(tone(400, 8000, 0.02)[None, :], rows)
    resampler.clear(rows)
    assert not resampler.convert(np.zeros((1, 160), np.int16), rows).any()


def test_full_scale_is_clipped_and_not_wrapped() -> None:
    square = np.sign(tone(200, 8000, 0.2)).astype(np.int16) * np.int16(32767)
    made = carried(square, 8000, 16000).astype(np.int32)[400:]
    assert np.abs(np.diff(made)).max() < 50000
    assert made.max() == 32767


def test_the_same_rate_is_left_alone() -> None:
    frames = np.arange(320, dtype=np.int16).reshape(2, 160)
    assert Resampler(2, 8000, 8000).convert(frames, np.array([1, 0])) is frames
    assert Resampler(2, 8000, 8000).delay == 0.0


def test_what_has_no_whole_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 400 Hz"):
        Resampler(1, 11025, 8000)
    with pytest.raises(ValueError, match="no multiple of"):
        Resampler(1, 8000, 16000).convert(np.zeros((1, 161), np.int16), np.array([0]))
