from pathlib import Path

from softswitch.storage.alive import Alive
from softswitch.storage.writer import Writer
from tests.unit.softswitch.storage.conftest import Finish


def last_sign(path: Path) -> float:
    return Alive(path, Writer(lambda slug, detail: None)).last


def test_a_run_that_nobody_knows_of_has_left_no_sign(tmp_path: Path) -> None:
    assert last_sign(tmp_path / "alive") == 0.0
    assert last_sign(tmp_path / "alive") == 0.0


def test_the_last_sign_is_known_to_the_next_run_and_to_the_one_after(
    tmp_path: Path, writer: Writer, finish: Finish
) -> None:
    alive = Alive(tmp_path / "alive", writer)
    alive.show(1000.0)
    assert finish() == 0
    assert [last_sign(tmp_path / "alive") for _ in range(2)] == [1000.0, 1000.0]


def test_one_sign_a_second_is_enough(tmp_path: Path, writer: Writer, finish: Finish) -> None:
    alive = Alive(tmp_path / "alive", writer)
    alive.show(1000.0)
    assert finish() == 0
    waiting = []
    for now in (1000.5, 1000.9, 1001.0):
        alive.show(now)
        waiting.append(writer.waiting)
    assert waiting == [0, 0, 1]


def test_signs_do_not_gather_where_the_disk_keeps_them_waiting(
    tmp_path: Path, writer: Writer
) -> None:
    alive = Alive(tmp_path / "alive", writer)
    for second in range(100):
        alive.show(1000.0 + second)
    assert writer.waiting == 1
