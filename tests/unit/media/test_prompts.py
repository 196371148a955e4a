"""Texts are spoken once, by another program, and its failures are words."""

import shutil
import stat
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from media.prompts import Flite, Piper, Speech, duration, find_engine
from media.sounds import read

MakeProgram = Callable[[str], Flite]


@pytest.fixture
def make_program(tmp_path: Path) -> MakeProgram:
    """Return what makes a program that is called as flite is, out of a Python body.

    In the body, `text` and `path` are what it is to speak and where to.
    """

    def make(body: str) -> Flite:
        program = tmp_path / "program"
        lines = [
            f"#!{sys.executable}",
            "import sys, time, wave",
            "from pathlib import Path",
            "text, path = sys.argv[4], Path(sys.argv[6])",
            f"with open({str(tmp_path / 'calls')!r}, 'a') as calls: calls.write(text + chr(10))",
            body,
        ]
        program.write_text("\n".join(lines))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return Flite(str(program))

    return make


SPEAKS = """
with wave.open(str(path), "wb") as file:
    file.setparams((1, 2, 16000, 0, "NONE", ""))
    file.writeframes(bytes(32000))
"""


def test_a_text_is_spoken_once(tmp_path: Path, make_program: MakeProgram) -> None:
    speech = Speech(tmp_path / "cache", make_program(SPEAKS))
    first, second = speech.say("Good morning"), speech.say("Good\n  morning ")
    assert first == second
    assert (first.path, first.seconds) == (speech.path("Good morning"), 1.0)
    assert (tmp_path / "calls").read_text() == "Good morning\n"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [
        speech.path("Good morning").name
    ]


def test_another_text_or_voice_is_another_file(tmp_path: Path) -> None:
    slt, kal = Speech(tmp_path, Flite("flite")), Speech(tmp_path, Flite("flite", "kal"))
    assert len({slt.path("a"), slt.path("b"), kal.path("a")}) == 3


def test_a_broken_file_in_the_cache_is_made_anew(tmp_path: Path, make_program: MakeProgram) -> None:
    speech = Speech(tmp_path / "cache", make_program(SPEAKS))
    speech.path("Hello").parent.mkdir()
    speech.path("Hello").write_bytes(b"")
    assert speech.say("Hello").seconds == 1.0


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.exit('no such voice')", "no such voice"),
        ("sys.exit(3)", "exit status 3"),
        ("pass", "no WAV file with sound"),
        ("path.write_text('rubbish')", "no WAV file with sound"),
        ("time.sleep(60)", "not done after 0.3 s"),
    ],
)
def test_a_program_that_fails_leaves_a_reason_and_no_file(
    tmp_path: Path, make_program: MakeProgram, body: str, why: str
) -> None:
    speech = Speech(tmp_path / "cache", make_program(body), timeout=0.3 if "sleep" in body else 30)
    spoken = speech.say("Hello")
    assert spoken.path is None
    assert why in spoken.reason
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_program_no_text_and_no_folder_are_reasons(tmp_path: Path) -> None:
    assert "installed" in Speech(tmp_path, None).say("Hello").reason
    assert "characters" in Speech(tmp_path, None).say(" \n ").reason
    assert "characters" in Speech(tmp_path, None).say("x" * 5001).reason
    assert "No such file" in Speech(tmp_path, Flite("/nowhere/flite")).say("Hello").reason
    (tmp_path / "file").touch()
    assert Speech(tmp_path / "file", Flite("flite")).say("Hello").reason


def test_a_text_is_never_taken_for_an_option(tmp_path: Path) -> None:
    assert Flite("flite").command("--help", Path("a.wav"))[3:5] == ["-t", "--help"]
    assert Piper("m.onnx").command("--help", Path("a.wav"))[-2:] == ["--", "--help"]


def test_piper_sends_no_telemetry() -> None:
    assert Piper("m.onnx").environment == {"ORT_DISABLE_TELEMETRY": "1"}


def test_what_has_no_sound_has_no_duration(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    assert duration(tmp_path / "a.wav") is None
    assert duration(tmp_path / "missing.wav") is None


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_flite_speaks(tmp_path: Path) -> None:
    assert find_engine() is not None
    spoken = Speech(tmp_path, Flite(str(shutil.which("flite")))).say("Welcome to the office.")
    assert spoken.path is not None
    assert 0.8 < spoken.seconds < 4.0
    samples = read(str(spoken.path))
    assert len(samples) == pytest.approx(spoken.seconds * 8000, abs=2)
    assert np.abs(samples).max() > 3000
