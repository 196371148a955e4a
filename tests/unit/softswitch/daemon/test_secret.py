from pathlib import Path

import pytest

from softswitch.daemon.secret import LENGTH, lasting_secret


def test_the_next_run_knows_the_secret(tmp_path: Path) -> None:
    assert len(lasting_secret(tmp_path)) == LENGTH
    assert lasting_secret(tmp_path) == lasting_secret(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_it_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    lasting_secret(tmp_path)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("written", [b"", b"short", b"x" * (LENGTH + 1)])
def test_what_is_no_secret_is_replaced(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "secret").write_bytes(written)
    made = lasting_secret(tmp_path)
    assert len(made) == LENGTH
    assert lasting_secret(tmp_path) == made


def test_a_disk_that_cannot_keep_it_is_no_reason_not_to_start(tmp_path: Path) -> None:
    assert len(lasting_secret(tmp_path / "missing")) == LENGTH
