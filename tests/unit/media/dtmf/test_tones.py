"""The sound of keys: two tones each, and no click."""

import numpy as np
import pytest

from media.dtmf.tones import PAD, digit
from tests.unit.media.test_signals import level_at


@pytest.mark.parametrize(
    ("key", "low", "high"), [("1", 697, 1209), ("5", 770, 1336), ("#", 941, 1477), ("D", 941, 1633)]
)
def test_a_key_is_a_low_and_a_high_tone(key: str, low: int, high: int) -> None:
    sound = digit(key, 100)
    assert len(sound) == 800
    assert level_at(sound, low) == pytest.approx(-9, abs=0.7)
    assert level_at(sound, high) == pytest.approx(-7, abs=0.7)
    assert level_at(sound, 1050) < -30


@pytest.mark.parametrize("key", PAD)
def test_no_key_clicks_or_clips(key: str) -> None:
    sound = digit(key, 60).astype(int)
    assert (abs(sound[0]), abs(sound[-1])) == (0, 0)
    assert abs(sound).max() < 24000


@pytest.mark.parametrize("key", ["", "E", "12A", "a"])
def test_what_is_no_key_has_no_sound(key: str) -> None:
    with pytest.raises(KeyError):
        digit(key, 100)


def test_a_sound_is_made_once_and_cannot_be_changed() -> None:
    assert digit("1", 100) is digit("1", 100)
    assert not digit("1", 100).flags.writeable
    assert np.array_equal(digit("1", 1), digit("1", 1))
