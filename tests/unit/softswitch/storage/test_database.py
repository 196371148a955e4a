import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from softswitch.sip.binding import Binding
from softswitch.sip.flow import Flow
from softswitch.storage.bindings import StoredBindings
from softswitch.storage.database import OtherVersion, open_database, reason
from softswitch.storage.writer import Writer


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


BINDINGS_OF_VERSION_2 = """
CREATE TABLE bindings (
    extension VARCHAR NOT NULL, contact VARCHAR NOT NULL, transport VARCHAR NOT NULL,
    local_host VARCHAR NOT NULL, local_port INTEGER NOT NULL, remote_host VARCHAR NOT NULL,
    remote_port INTEGER NOT NULL, connection INTEGER NOT NULL, expires_at FLOAT NOT NULL,
    q FLOAT NOT NULL, call_id VARCHAR NOT NULL, cseq INTEGER NOT NULL,
    user_agent VARCHAR NOT NULL, PRIMARY KEY (extension, contact)
);
INSERT INTO bindings VALUES ('101', 'sip:101@192.0.2.7', 'udp', '192.0.2.1', 5060, '192.0.2.7',
    5070, 0, 5000.0, 0.5, 'c', 7, 'phone');
PRAGMA user_version=2;
"""


def version_2(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BINDINGS_OF_VERSION_2)


def test_registrations_survive_a_switch_that_is_newer(tmp_path: Path, writer: Writer) -> None:
    version_2(tmp_path / "state.db")
    for _ in range(2):
        engine = open_database(tmp_path / "state.db")
        [binding] = StoredBindings(engine, writer, 1000.0).restore(now=0.0)
        engine.dispose()
        way = Flow("udp", ("192.0.2.1", 5060), ("192.0.2.7", 5070))
        assert binding == Binding("101", "sip:101@192.0.2.7", way, 4000.0, 0.5, "c", 7, "phone")


def test_tables_that_were_upgraded_are_those_of_a_fresh_database(tmp_path: Path) -> None:
    version_2(tmp_path / "old.db")
    columns = []
    for name in ("old.db", "new.db"):
        engine = open_database(tmp_path / name)
        inspector = inspect(engine)
        columns.append(
            {
                table: (
                    [(one["name"], str(one["type"]), one["nullable"]) for one in found],
                    inspector.get_pk_constraint(table)["constrained_columns"],
                )
                for table in inspector.get_table_names()
                if (found := inspector.get_columns(table))
            }
        )
        engine.dispose()
    assert columns[0] == columns[1]


def test_an_upgrade_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    version_2(tmp_path / "state.db")
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute("DROP TABLE bindings")
        connection.execute("CREATE TABLE bindings (extension VARCHAR)")
    with pytest.raises(OperationalError):
        open_database(tmp_path / "state.db")
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert tables == [("bindings",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)


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
