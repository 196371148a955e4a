"""What is told of a call's sound."""

from pathlib import Path

import numpy as np
import pytest

from softswitch.phone.heard import NOTHING, measure
from tests.support.audio import tone, write_wav


def test_silence_between_sounds_does_not_count(tmp_path: Path) -> None:
    sound = np.concatenate([tone(400.0, 1.0), np.zeros(4000), tone(400.0, 1.0)])
    heard = measure(write_wav(tmp_path / "a.wav", sound))
    assert heard.seconds == pytest.approx(2.0)
    assert heard.level == pytest.approx(-12.0, abs=0.1)
    assert str(heard) == "heard 2.0 s at -12 dBFS"


@pytest.mark.parametrize("samples", [np.zeros(8000), np.zeros(0), tone(400.0, 1.0, level_db=-60.0)])
def test_silence_is_nothing(
    tmp_path: Path, samples: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    assert measure(write_wav(tmp_path / "a.wav", samples)) == NOTHING
    assert str(NOTHING) == "heard nothing"


def test_a_file_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path / "none.wav") == NOTHING
