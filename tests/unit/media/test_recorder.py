"""Recording beside the engine: files are whole, errors are words, slowness is counted."""

import wave
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.recorder import Broken, Files, Finished, Recorder, recover
from tests.support.disk import full_disk

PATIENCE = 10.0


def spoken(count: int) -> Samples:
    return np.full(count, 1000, np.int16)


def contents(path: Path) -> Samples:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


class Woken:
    """Called by the recorder's thread; lets a test wait for that."""

    def __init__(self, go: Event | None = None) -> None:
        self._go = go
        self._event = Event()

    def __call__(self) -> None:
        self._event.set()
        if self._go is not None:
            assert self._go.wait(PATIENCE)

    def poll(self, recorder: Recorder) -> list[Finished | Broken]:
        assert self._event.wait(PATIENCE)
        self._event.clear()
        return recorder.poll()


def test_a_recording_is_written_and_put_in_place(tmp_path: Path) -> None:
    woken = Woken()
    recorder = Recorder(woken)
    path = tmp_path / "a.wav"
    recorder.start(1, str(path))
    recorder.write(1, spoken(1600))
    recorder.write(1, spoken(80))
    recorder.finish(1)
    assert woken.poll(recorder) == [Finished(1, str(path), 0.21)]
    assert len(contents(path)) == 1680
    assert recorder.close(PATIENCE)


def test_recordings_do_not_mix(tmp_path: Path) -> None:
    recorder = Recorder()
    for number in range(20):
        recorder.start(number, str(tmp_path / f"{number}.wav"))
    for _ in range(5):
        for number in range(20):
            recorder.write(number, np.full(160, number, np.int16))
    assert recorder.close(PATIENCE)
    assert {result.recording for result in recorder.poll()} == set(range(20))
    for number in range(20):
        assert contents(tmp_path / f"{number}.wav").tolist() == [number] * 800


def test_closing_completes_what_still_grows(tmp_path: Path) -> None:
    recorder = Recorder()
    recorder.start(1, str(tmp_path / "a.wav"))
    recorder.write(1, spoken(1600))
    assert recorder.close(PATIENCE)
    assert recorder.poll() == [Finished(1, str(tmp_path / "a.wav"), 0.2)]


def test_a_disk_that_is_too_slow_makes_silence_and_is_said(tmp_path: Path) -> None:
    go = Event()
    woken = Woken(go)
    recorder = Recorder(woken, capacity=3000)
    recorder.finish(99)  # whose answer keeps the thread busy until we say go
    [refused] = woken.poll(recorder)
    assert isinstance(refused, Finished)
    assert refused.error
    recorder.start(1, str(tmp_path / "a.wav"))
    for _ in range(3):
        recorder.write(1, spoken(1600))
    go.set()
    recorder.finish(1)
    assert woken.poll(recorder) == [Finished(1, str(tmp_path / "a.wav"), 0.6, lost=0.4)]
    assert contents(tmp_path / "a.wav").tolist() == [1000] * 1600 + [0] * 3200
    assert recorder.close(PATIENCE)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file/a.wav", "Not a directory|File exists"),
        ("x" * 300 + ".wav", "File name too long"),
        ("nul\0.wav", "null"),
    ],
)
def test_a_file_that_cannot_be_begun_says_why_at_its_end(
    tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "file").touch()
    files = Files()
    assert files.start(1, str(tmp_path / name)) == Broken(1)
    assert files.write(1, spoken(160)) is None
    finished = files.finish(1).carry_out()
    assert finished.seconds == 0
    assert any(word in finished.error for word in words.split("|"))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_was_said_before_the_disk_was_full_is_recovered(tmp_path: Path) -> None:
    files = Files()
    files.start(1, str(tmp_path / "a.wav"))
    files.write(1, spoken(1600))
    with full_disk(44 + 3200 + 100):
        assert files.write(1, spoken(1600)) == Broken(1)
        assert files.write(1, spoken(1600)) is None
        finished = files.finish(1).carry_out()
    assert finished.error == "File too large"
    assert list(tmp_path.glob("*.wav")) == []
    assert [found.error for found in recover(tmp_path)] == [""]
    assert len(contents(tmp_path / "a.wav")) == 1650


def test_a_broken_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    woken = Woken()
    recorder = Recorder(woken)
    recorder.start(1, str(tmp_path / "file" / "a.wav"))
    assert woken.poll(recorder) == [Broken(1)]
    recorder.finish(1)
    [finished] = woken.poll(recorder)
    assert isinstance(finished, Finished)
    assert finished.error
    assert recorder.close(PATIENCE)


def test_a_recording_that_nobody_began_is_an_error_in_words() -> None:
    assert Files().finish(5).carry_out() == Finished(5, "", 0.0, "there is no such recording")
