"""Files that are whole or are not there."""

import os
from pathlib import Path
from typing import Final

PARTIAL: Final = ".part"
"""Ends the name of a file that is still being written."""


def partial(path: Path) -> Path:
    """Return where a file is written until it is whole: beside its place."""
    return path.with_name(path.name + PARTIAL)


def put_in_place(unfinished: Path, path: Path) -> None:
    """Sync a file, give it its name, and sync that too: a power cut leaves all or nothing.

    Raises OSError.
    """
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
