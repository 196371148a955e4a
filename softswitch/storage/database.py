"""The one database of a switch: SQLite in the state directory."""

from pathlib import Path

from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

METADATA = MetaData()
"""Each module of this package adds its tables."""


def open_database(path: Path, *, busy_timeout: float = 1.0) -> Engine:
    """Return an engine on the database at `path`, with its tables in place.

    busy_timeout  seconds that a statement waits for another process's lock

    Raises sqlalchemy.exc.OperationalError when the file cannot be opened or is no database.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": busy_timeout})
    event.listen(engine, "connect", _prepare)
    METADATA.create_all(engine)
    return engine


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # a reader never waits for the writer
    cursor.execute("PRAGMA synchronous=NORMAL")  # a commit survives kill -9 without an fsync each
    cursor.close()
