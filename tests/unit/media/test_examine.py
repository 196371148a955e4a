"""Files are looked at by a program that says what is wrong with each."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.examine import main


def test_what_can_be_played_is_not_mentioned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.flac", tmp_path / "bad.wav"
    soundfile.write(good, np.zeros(800), 16000)
    assert main([str(good)]) == 0
    assert json.loads(capsys.readouterr().out) == {}
    bad.write_text("no sound")
    missing = str(tmp_path / "missing.ogg")
    assert main([str(good), str(bad), missing]) == 1
    reasons = json.loads(capsys.readouterr().out)
    assert reasons.keys() == {str(bad), missing}
    assert "ormat" in reasons[str(bad)]
    assert reasons[missing] == "No such file or directory"
