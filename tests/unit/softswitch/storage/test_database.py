from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from softswitch.storage.database import OtherVersion, open_database, reason


def test_readers_do_not_wait_for_the_writer(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_a_database_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OperationalError):
        open_database(tmp_path / "missing" / "state.db")


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("hello " * 1000)
    with pytest.raises(DatabaseError):
        open_database(tmp_path / "state.db")


def test_tables_of_another_version_are_not_touched(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "state.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA user_version=99")
    engine.dispose()
    with pytest.raises(OtherVersion, match="version 99"):
        open_database(tmp_path / "state.db")


def test_a_reason_is_words_without_statements_numbers_or_links(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("this is no database, though it is long enough to be looked at as one")
    with pytest.raises(DBAPIError) as raised:
        open_database(path)
    assert reason(raised.value) == "file is not a database"
    with pytest.raises(OSError, match="No such file") as missing:
        (tmp_path / "none").read_text()
    assert reason(missing.value) == f"{tmp_path / 'none'}: No such file or directory"
    assert reason(ValueError("it is odd")) == "it is odd"
