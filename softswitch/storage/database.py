"""The one database of a switch: SQLite in the state directory."""

from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

METADATA = MetaData()
"""Each module of this package adds its tables."""

VERSION = 3
"""Of the tables; raised when one is changed."""

_UPGRADES: dict[int, tuple[str, ...]] = {
    2: (
        "ALTER TABLE bindings RENAME TO bindings_2",
        "CREATE TABLE bindings (extension VARCHAR NOT NULL, contact VARCHAR NOT NULL, "
        "outbound VARCHAR NOT NULL, transport VARCHAR NOT NULL, local_host VARCHAR NOT NULL, "
        "local_port INTEGER NOT NULL, remote_host VARCHAR NOT NULL, remote_port INTEGER NOT NULL, "
        "connection INTEGER NOT NULL, expires_at FLOAT NOT NULL, q FLOAT NOT NULL, "
        "call_id VARCHAR NOT NULL, cseq INTEGER NOT NULL, user_agent VARCHAR NOT NULL, "
        "path VARCHAR NOT NULL, PRIMARY KEY (extension, contact, outbound))",
        "INSERT INTO bindings SELECT extension, contact, '', transport, local_host, local_port, "
        "remote_host, remote_port, connection, expires_at, q, call_id, cseq, user_agent, '' "
        "FROM bindings_2",
        "DROP TABLE bindings_2",
    ),
}
"""What makes of the tables of a version those of the next one. Written down, and not taken from
what the tables are today."""


class OtherVersion(Exception):
    """The database was made by a switch with other tables."""

    def __init__(self, path: Path, found: int) -> None:
        super().__init__(f"the tables of {path} have version {found}, this switch needs {VERSION}")


def open_database(path: Path, *, busy_timeout: float = 1.0) -> Engine:
    """Return an engine on the database at `path`, with its tables in place.

    busy_timeout  seconds that a statement waits for another process's lock

    Raises sqlalchemy.exc.DBAPIError when the file cannot be opened or is no database, and
    OtherVersion.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": busy_timeout})
    event.listen(engine, "connect", _prepare)
    try:
        with engine.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found:
                _upgrade(connection, path, found)
            METADATA.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
    except (DBAPIError, OtherVersion):
        engine.dispose()
        raise
    return engine


def _upgrade(connection: Connection, path: Path, found: int) -> None:
    """Bring tables up to date, all of them or none. Raises OtherVersion."""
    if found != VERSION and found not in _UPGRADES:
        raise OtherVersion(path, found)
    if found < VERSION:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # tables change outside of it otherwise
    for version in range(found, VERSION):
        for statement in _UPGRADES[version]:
            connection.exec_driver_sql(statement)


def reason(error: Exception) -> str:
    """Return why a database or a disk does not do what it should, without statements, numbers and
    links."""
    if isinstance(error, DBAPIError):
        return str(error.orig)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # a reader never waits for the writer
    cursor.execute("PRAGMA synchronous=NORMAL")  # a commit survives kill -9 without an fsync each
    cursor.close()
