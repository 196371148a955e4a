import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.restore import TELEPHONES, copy


def test_each_binding_is_copied_for_further_telephones(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE bindings (extension, contact, expires_at)")
        database.execute("INSERT INTO bindings VALUES ('101', 'sip:101@here', 5.0)")
    copy(path)
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT extension, contact, expires_at FROM bindings")
        found = rows.fetchall()
    assert len(set(found)) == TELEPHONES
    assert {(extension, expires) for extension, _, expires in found} == {("101", 5.0)}
