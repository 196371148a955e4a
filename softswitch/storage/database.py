"""The one database of a switch: SQLite in the state directory."""

from pathlib import Path

from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

METADATA = MetaData()
"""Each module of this package adds its tables."""

VERSION = 2
"""Of the tables; raised when one is changed."""


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
            if found not in (0, VERSION):
                raise OtherVersion(path, found)
            METADATA.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
    except (DBAPIError, OtherVersion):
        engine.dispose()
        raise
    return engine


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
