"""Which recordings are kept: by age, by all their size, and by what is free on the disk."""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

SUFFIXES = frozenset((".wav", ".flac", ".ogg"))
"""Of recordings that are in their places. One that is being written has another name."""


class RetentionSettings(Struct, frozen=True):
    """What is too much. Whichever is exceeded first decides."""

    age: float | None = None
    """Seconds; None for ever."""

    total: int | None = None
    """Octets of all recordings; None for any number."""

    minimum_free: int = 1_000_000_000
    """Octets of the disk that recordings leave to others."""


class Kept(Struct, frozen=True, gc=False):
    path: str
    octets: int
    modified: float
    """Unix time."""


class Expired(Struct, frozen=True, gc=False):
    """A recording that is to go."""

    path: str
    octets: int
    reason: str
    """`age`, `total` or `disk`."""


def expired(
    recordings: Sequence[Kept], settings: RetentionSettings, now: float, free: int
) -> list[Expired]:
    """Return what is to be deleted, the oldest first.

    now   Unix time
    free  octets of the disk that are free before anything goes
    """
    total = sum(kept.octets for kept in recordings)
    gone: list[Expired] = []
    for kept in sorted(recordings, key=lambda kept: (kept.modified, kept.path)):
        if settings.age is not None and now - kept.modified > settings.age:
            reason = "age"
        elif settings.total is not None and total > settings.total:
            reason = "total"
        elif free < settings.minimum_free:
            reason = "disk"
        else:
            break  # those that follow are younger, and there is room
        gone.append(Expired(kept.path, kept.octets, reason))
        total -= kept.octets
        free += kept.octets
    return gone


def recordings_below(folder: Path) -> list[Kept]:
    """Return the recordings in a folder and those in it that are in their places."""
    found: list[Kept] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.suffix not in SUFFIXES:
                continue
            try:
                state = path.lstat()
            except OSError:
                continue  # has gone meanwhile
            found.append(Kept(str(path), state.st_size, state.st_mtime))
    return found


def free_octets(folder: Path) -> int:
    """Return what is free on the disk of a folder. Raises OSError."""
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize


def delete(path: Path, below: Path) -> None:
    """Delete a recording, and the folders of its days that are empty then. Raises OSError."""
    path.unlink()
    for folder in path.parents:
        if folder == below or not folder.is_relative_to(below) or any(folder.iterdir()):
            return
        folder.rmdir()
