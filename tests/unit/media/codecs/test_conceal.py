"""Concealment: a voice goes on without a click, fades, and comes back without a click."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.conceal import Concealment
from media.codecs.g711 import Samples
from tests.unit.media.codecs.sounds import SILENT, level_of, voice

RATES = (8000, 16000)


def steepest(samples: Samples) -> int:
    return int(np.abs(np.diff(samples.astype(np.int32))).max())


def with_gap(rate: int, frames: int) -> tuple[Samples, Samples]:
    """Return a voice, and how it is heard when its 20th packet and those after are lost."""
    frame = rate // 50
    sound, concealment = voice(rate), Concealment(rate)
    heard = [
        concealment.make(frame)
        if 20 <= k < 20 + frames
        else concealment.heard(sound[k * frame : (k + 1) * frame])
        for k in range(50)
    ]
    return sound, np.concatenate(heard)


@pytest.mark.parametrize("rate", RATES)
def test_a_lost_packet_of_a_vowel_is_hardly_noticed(rate: int) -> None:
    sound, heard = with_gap(rate, 1)
    gap = slice(rate // 50 * 20, rate // 50 * 21)
    error = level_of((heard[gap] - sound[gap].astype(np.int32)).astype(np.int16))
    assert error < level_of(sound[gap]) - 8
    assert level_of(heard[gap]) == pytest.approx(level_of(sound[gap]), abs=2.0)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_no_click_where_a_gap_begins_or_ends(rate: int, frames: int) -> None:
    sound, heard = with_gap(rate, frames)
    assert steepest(heard) <= 1.25 * steepest(sound)


@pytest.mark.parametrize("rate", RATES)
def test_a_long_gap_fades_to_silence(rate: int) -> None:
    _, heard = with_gap(rate, 5)
    frames = heard.reshape(50, -1)
    levels = [level_of(frame) for frame in frames[20:25]]
    assert levels == sorted(levels, reverse=True)
    assert levels[3] == levels[4] == SILENT


@pytest.mark.parametrize("rate", RATES)
def test_after_a_gap_it_is_what_came(rate: int) -> None:
    sound, heard = with_gap(rate, 2)
    after = rate // 50 * 22 + rate // 250
    assert np.array_equal(heard[after:], sound[after:])


def test_a_gap_does_not_buzz() -> None:
    """Noise has no period: what stands for it must not repeat itself all the time."""
    concealment = Concealment(8000)
    concealment.heard((3000 * np.random.default_rng(5).standard_normal(8000)).astype(np.int16))
    gap = concealment.make(400).astype(np.float64)
    later = gap[80:]
    likeness = [
        np.dot(later[:-lag], later[lag:]) / np.dot(later[:-lag], later[:-lag])
        for lag in range(40, 121)
    ]
    assert max(likeness) < 0.8


def test_before_anything_came_there_is_silence() -> None:
    assert not Concealment(8000).make(160).any()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 700)), max_size=12), st.integers(0, 9))
def test_any_turn_of_sounds_and_gaps_has_its_length(
    turns: list[tuple[bool, int]], seed: int
) -> None:
    random = np.random.default_rng(seed)
    concealment = Concealment(8000)
    for is_gap, count in turns:
        sound = random.integers(-32768, 32768, count).astype(np.int16)
        made = concealment.make(count) if is_gap else concealment.heard(sound)
        assert made.shape == (count,)
        assert made.dtype == np.int16
