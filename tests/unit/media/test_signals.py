"""Tones: what is heard, how loud, in which cadence, and without a click."""

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.countries import COUNTRIES, NAMES
from media.signals import RATE, tone

EVERY = [(country, name) for country in COUNTRIES for name in NAMES]
BLOCK = 40
"""Samples of 5 ms."""


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


def written(country: str, name: str) -> list[tuple[str, float]]:
    """Return sound and seconds of each part of a tone, as the table has it."""
    parts = [part.partition("/") for part in getattr(COUNTRIES[country], name).split()]
    return [(sound, float(seconds or 1.0)) for sound, _, seconds in parts]


def strongest(samples: Samples, count: int) -> set[float]:
    """Return the `count` frequencies of a windowed spectrum that stand out most, within 1 Hz."""
    windowed = samples * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(windowed, 8 * RATE))
    found = set()
    for _ in range(count):
        peak = int(spectrum.argmax())
        found.add(peak / 8)
        width = round(8 * 2.2 * RATE / len(samples))
        spectrum[max(peak - width, 0) : peak + width] = 0
    return found


def near(found: set[float], expected: list[float], tolerance: float) -> bool:
    pairs = zip(sorted(found), sorted(expected), strict=True)
    return all(abs(one - other) <= tolerance for one, other in pairs)


@pytest.mark.parametrize(("country", "name"), EVERY)
def test_a_tone_has_its_cadence(country: str, name: str) -> None:
    samples, parts = tone(name, country), written(country, name)
    assert len(samples) == pytest.approx(sum(seconds for _, seconds in parts) * RATE, abs=8)
    start = 0
    for sound, seconds in parts:
        part = samples[start : start + round(seconds * RATE)].astype(float)
        if sound == "0":
            assert not part.any()
        else:
            inner = part[BLOCK : len(part) - BLOCK]
            blocks = inner[: len(inner) // (4 * BLOCK) * 4 * BLOCK].reshape(-1, 4 * BLOCK)
            assert np.sqrt((blocks**2).mean(axis=1)).min() > 500  # 20 ms without sound are none
        start += len(part)


@pytest.mark.parametrize(("country", "name"), EVERY)
def test_a_tone_has_its_frequencies_and_its_level(country: str, name: str) -> None:
    samples, start = tone(name, country), 0
    for sound, seconds in written(country, name):
        part = samples[start : start + round(seconds * RATE)]
        start += len(part)
        if sound == "0" or seconds < 0.1:
            continue
        carriers, _, modulation = sound.partition("x")
        expected = [float(hertz) for hertz in carriers.split("+")]
        if modulation and seconds > 0.3:
            around = float(modulation)
            expected += [expected[0] - around, expected[0] + around]
        assert near(strongest(part, len(expected)), expected, 12 / seconds**0.5 / 4), sound
        whole = np.sqrt((part[BLOCK:-BLOCK].astype(float) ** 2).mean())
        level = 20 * np.log10(whole * np.sqrt(2) / 32767) + 3.14
        assert level == pytest.approx(-10, abs=0.8), sound


@pytest.mark.parametrize(("country", "name"), EVERY)
def test_no_tone_clicks_or_clips(country: str, name: str) -> None:
    """Also not where it begins again: no step is greater than what its frequencies make."""
    samples = np.concatenate((tone(name, country), tone(name, country))).astype(np.int32)
    assert samples[0] == 0
    assert np.abs(samples).max() < 20000
    parts = [sound for sound, _ in written(country, name) if sound != "0"]
    highest = max(float(hertz) for part in parts for hertz in part.split("x")[0].split("+"))
    steepest = np.abs(samples).max() * 2 * np.pi * highest / RATE
    assert np.abs(np.diff(samples)).max() <= steepest * 1.05
    bent = np.abs(np.diff(samples, 2)).max()
    assert bent <= np.abs(samples).max() * (2 * np.pi * highest / RATE) ** 2 * 1.2 + 80


@pytest.mark.parametrize(
    ("name", "hertz", "levels"),
    [
        ("ringback/gb", (400, 450), (-13, -13)),
        ("ringback/jp", (400, 384, 416), (-11.3, -18.7, -18.7)),  # modulated: two bands beside it
        ("dial/us", (350, 440), (-13, -13)),
        ("dial/fr", (440,), (-10,)),
    ],
)
def test_some_tones_as_one_knows_them(
    name: str, hertz: tuple[float, ...], levels: tuple[float, ...]
) -> None:
    part = tone(name)[: RATE * 2 // 5]
    for one, level in zip(hertz, levels, strict=True):
        assert level_at(part, one) == pytest.approx(level, abs=0.7), one


def test_special_information_is_three_rising_tones_and_a_pause() -> None:
    samples = tone("information")
    assert len(samples) == round(1.99 * RATE)
    for place, hertz in enumerate((950, 1400, 1800)):
        third = samples[place * 2640 : (place + 1) * 2640]
        assert level_at(third, hertz) == pytest.approx(-10, abs=0.5)
    assert not samples[3 * 2640 :].any()


def test_more_than_twenty_countries_are_known_by_their_code() -> None:
    assert len(COUNTRIES) > 20
    assert all(len(code) == 2 and code.islower() for code in COUNTRIES)


def test_a_name_may_say_its_country() -> None:
    assert np.array_equal(tone("busy/us", "de"), tone("busy", "us"))
    assert not np.array_equal(tone("busy", "de"), tone("busy", "us"))


def test_silence_lasts_as_long_as_it_says() -> None:
    assert len(tone("silence:250")) == 2000
    assert not tone("silence:250").any()
    assert len(tone("silence:999999")) == 600 * RATE


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nonsense",
        "name",
        "busy/",
        "busy/xx",
        "/de",
        "busy:1",
        "silence:",
        "silence:-1",
        "silence:99999999",
        "silence:5/de",
    ],
)
def test_an_unknown_tone_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        tone(name)


def test_a_tone_is_made_once_and_cannot_be_changed() -> None:
    assert tone("busy") is tone("busy")
    assert not tone("busy").flags.writeable
