"""Opens what a run keeps in its state directory, and says in words when it cannot."""

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from softswitch.storage.alive import Alive
from softswitch.storage.database import OtherVersion, open_database, reason
from softswitch.storage.writer import Writer


class CannotStart(Exception):
    """Something that the switch needs is not to be had; says what."""


def open_engine(state: Path) -> Engine:
    """Raises CannotStart."""
    try:
        return open_database(state / "state.db")
    except DBAPIError as error:
        database = state / "state.db"
        raise CannotStart(f"state: {database} cannot be opened: {reason(error)}") from error
    except OtherVersion as error:
        raise CannotStart(str(error)) from error


def open_alive(state: Path, writer: Writer) -> Alive:
    """Raises CannotStart."""
    try:
        return Alive(state / "alive", writer)
    except OSError as error:
        raise CannotStart(f"state: {state} cannot be used: {reason(error)}") from error
