from pathlib import Path

import pytest

from softswitch.storage.csvfile import CsvFile
from tests.support.disk import full_disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cdr.csv"


@pytest.fixture
def file(path: Path) -> CsvFile:
    return CsvFile(path, ("name", "count"))


def test_the_header_is_written_once(file: CsvFile, path: Path) -> None:
    file.append([("apple", "1")])
    file.append([('pear, "ripe"', "2")])
    assert path.read_text() == 'name,count\napple,1\n"pear, ""ripe""",2\n'


def test_a_file_that_was_moved_away_is_begun_anew(file: CsvFile, path: Path) -> None:
    file.append([("apple", "1")])
    path.rename(path.with_suffix(".1"))
    file.append([("pear", "2")])
    assert path.read_text() == "name,count\npear,2\n"


def test_what_was_written_lately_is_found(file: CsvFile) -> None:
    assert not file.mentions("apple")
    file.append([("apple", "1")])
    assert file.mentions("apple")
    assert not file.mentions("pear")


def test_a_disk_without_room_leaves_the_file_as_it_was(file: CsvFile, path: Path) -> None:
    file.append([("apple", "1")])
    before = path.read_bytes()
    with full_disk(len(before) + 3), pytest.raises(OSError, match="written in part"):
        file.append([("pear", "2")])
    assert path.read_bytes() == before
