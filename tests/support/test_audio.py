"""The ears of the other tests: a gap is found wherever it begins, and is as long as it is."""

import numpy as np
import pytest

from tests.support.audio import RATE, longest_gap, tone

SAMPLE = 1 / RATE
PERIOD = 1 / 440


def with_gap(milliseconds: int, at: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    samples = tone(440.0, 1.0).copy()
    samples[at : at + milliseconds * 8] = 0.0
    return samples


@pytest.mark.parametrize("at", [3001, 3037, 3040, 3079, 3083])
@pytest.mark.parametrize("milliseconds", [8, 15, 20, 25, 29, 60])
def test_a_gap_is_measured_to_the_sample_wherever_it_begins(milliseconds: int, at: int) -> None:
    # The tone's own passage through zero may lengthen it, by less than a quarter of a period.
    gap = longest_gap(with_gap(milliseconds, at))
    assert milliseconds / 1000 - SAMPLE <= gap <= milliseconds / 1000 + PERIOD / 4


def test_a_tone_without_a_gap_has_none() -> None:
    assert longest_gap(tone(440.0, 1.0)) == 0.0
    assert longest_gap(tone(100.0, 1.0)) == 0.0


def test_quiet_before_and_after_the_sound_is_no_gap() -> None:
    quiet = np.zeros(4000)
    assert longest_gap(np.concatenate([quiet, tone(440.0, 1.0), quiet])) == 0.0


def test_nothing_at_all_has_no_gap() -> None:
    assert longest_gap(np.zeros(4000)) == 0.0
    assert longest_gap(np.zeros(10)) == 0.0
