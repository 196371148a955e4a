"""Files that are whole or are not there."""

from pathlib import Path

import pytest

from media.files import partial, put_in_place


def test_a_file_grows_beside_its_place() -> None:
    assert partial(Path("/a/b.wav")) == Path("/a/b.wav.part")


def test_a_file_that_is_put_in_place_is_there_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "b.wav"
    partial(path).write_text("whole")
    put_in_place(partial(path), path)
    assert [found.name for found in tmp_path.iterdir()] == ["b.wav"]
    assert path.read_text() == "whole"


def test_what_is_not_there_cannot_be_put_in_place(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "b.wav.part", tmp_path / "b.wav")
