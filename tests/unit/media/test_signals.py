"""Tones: what is heard, how loud, and without a click."""

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.signals import COUNTRIES, RATE, tone


def level_at(samples: Samples, hertz: float) -> float:
    """Return the level in dBm0 of one frequency in `samples` (Goertzel's sum)."""
    turns = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / RATE)
    amplitude = 2 * abs(complex(samples @ turns)) / len(samples)
    return float(20 * np.log10(amplitude / 32767) + 3.14)


def sounding(samples: Samples) -> float:
    """Return the seconds from the first to the last sample that is not silent."""
    heard = np.flatnonzero(samples)
    return float(heard[-1] - heard[0] + 1) / RATE


@pytest.mark.parametrize(
    ("name", "on", "whole"), [("ringback", 1.0, 5.0), ("busy", 0.5, 1.0), ("congestion", 0.25, 0.5)]
)
def test_european_tones_are_425_hz_in_their_cadence(name: str, on: float, whole: float) -> None:
    samples = tone(name)
    assert len(samples) == whole * RATE
    assert sounding(samples) == pytest.approx(on, abs=0.005)
    assert level_at(samples[: int(on * RATE)], 425) == pytest.approx(-10, abs=0.5)


@pytest.mark.parametrize(
    ("name", "low", "high", "whole"),
    [("ringback", 440, 480, 6.0), ("busy", 480, 620, 1.0), ("congestion", 480, 620, 0.5)],
)
def test_american_tones_are_two_frequencies(
    name: str, low: float, high: float, whole: float
) -> None:
    samples = tone(name, "us")
    assert len(samples) == whole * RATE
    sound = samples[: round(sounding(samples) * RATE)]
    assert level_at(sound, low) == pytest.approx(-13, abs=0.7)
    assert level_at(sound, high) == pytest.approx(-13, abs=0.7)


def test_the_beep_is_short_and_high() -> None:
    beep = tone("beep")
    assert len(beep) == 0.4 * RATE
    assert level_at(beep, 1000) == pytest.approx(-10, abs=0.5)


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("name", ["ringback", "busy", "congestion", "beep"])
def test_no_tone_clicks_or_clips(country: str, name: str) -> None:
    samples = tone(name, country).astype(np.int32)
    assert abs(samples[0]) < 100
    assert abs(samples[-1]) < 400
    assert np.abs(samples).max() < 16000
    assert np.abs(np.diff(samples)).max() < 7000


def test_silence_lasts_as_long_as_it_says() -> None:
    assert len(tone("silence:250")) == 2000
    assert not tone("silence:250").any()
    assert len(tone("silence:999999")) == 600 * RATE


@pytest.mark.parametrize("name", ["", "nonsense", "silence:", "silence:-1", "silence:99999999"])
def test_an_unknown_tone_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        tone(name)


def test_a_tone_is_made_once_and_cannot_be_changed() -> None:
    assert tone("busy") is tone("busy")
    assert not tone("busy").flags.writeable
