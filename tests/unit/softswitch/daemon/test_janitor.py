"""The janitor deletes what is to go, says so, and touches nothing else."""

import os
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from media.wav import WavFile
from softswitch.configuration.settings import Recordings
from softswitch.daemon.janitor import Janitor

DAY = 86_400.0
NOW = 1_800_000_000.0


class Said:
    """Stands where the log does."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.something = Event()

    def __getattr__(self, level: str) -> Any:
        def say(slug: str, **facts: object) -> None:
            self.lines.append((level, slug, facts))
            self.something.set()

        return say

    @property
    def slugs(self) -> list[str]:
        return [slug for _, slug, _ in self.lines]


@pytest.fixture
def said() -> Said:
    return Said()


def recording(path: Path, days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(1000))
    os.utime(path, (NOW - days * DAY, NOW - days * DAY))
    return path


def janitor(folder: Path, said: Said, settings: Recordings, free: int = 10**12) -> Janitor:
    return Janitor(folder, settings, said, lambda: NOW, lambda _: free)


def test_old_recordings_go_and_the_log_says_so(tmp_path: Path, said: Said) -> None:
    old, young = recording(tmp_path / "a" / "old.wav", 91), recording(tmp_path / "young.wav", 89)
    janitor(tmp_path, said, Recordings(age=90 * DAY)).look()
    assert not old.parent.exists()
    assert young.exists()
    facts = {"path": str(old), "octets": 1000, "reason": "age"}
    assert said.lines == [("info", "recording-deleted", facts)]


def test_a_disk_that_stays_full_is_said(tmp_path: Path, said: Said) -> None:
    only = recording(tmp_path / "only.wav", 1)
    janitor(tmp_path, said, Recordings(minimum_free=5000), free=100).look()
    assert not only.exists()
    assert said.slugs == ["recording-deleted", "disk-nearly-full"]


def test_what_is_being_written_stays_whatever_the_disk(tmp_path: Path, said: Said) -> None:
    file = WavFile(tmp_path / "a.wav")
    file.append(np.ones(800, np.int16))
    keeper = janitor(tmp_path, said, Recordings(age=1.0, minimum_free=10**15), free=0)
    keeper.complete()
    keeper.look()
    assert said.slugs == ["disk-nearly-full"]
    file.append(np.ones(800, np.int16))
    file.complete()
    assert file.path.stat().st_size == 44 + 3200


def test_what_a_killed_worker_has_left_is_put_in_place(tmp_path: Path, said: Said) -> None:
    file = WavFile(tmp_path / "a.wav")
    file.append(np.ones(800, np.int16))
    file.abandon()
    janitor(tmp_path, said, Recordings()).complete()
    assert file.path.exists()
    assert said.lines == [("info", "recording-recovered", {"path": str(file.path), "seconds": 0.1})]


def test_what_cannot_be_deleted_is_said_and_holds_nothing_up(tmp_path: Path, said: Said) -> None:
    (tmp_path / "a.wav").mkdir()
    (tmp_path / "a.wav" / "b.wav").mkdir()
    keeper = janitor(tmp_path, said, Recordings(age=DAY))
    keeper.look()
    assert said.lines == []
    old = recording(tmp_path / "c.wav", 3)
    keeper.look()
    assert not old.exists()


def test_nothing_recorded_is_nothing_to_do(tmp_path: Path, said: Said) -> None:
    janitor(tmp_path / "missing", said, Recordings()).look()
    assert said.lines == []


def test_a_disk_that_cannot_be_asked_is_said(tmp_path: Path, said: Said) -> None:
    def free(_: Path) -> int:
        raise OSError(5, "Input/output error")

    keeper = Janitor(tmp_path, Recordings(), said, lambda: NOW, free)
    keeper.look()
    assert said.slugs == ["disk-not-known"]


def test_its_thread_looks_at_once_and_ends_when_told(tmp_path: Path, said: Said) -> None:
    old = recording(tmp_path / "old.wav", 91)
    keeper = janitor(tmp_path, said, Recordings(age=90 * DAY))
    keeper.start()
    assert said.something.wait(10.0)
    keeper.stop()
    assert not old.exists()
    keeper.stop()
