"""Until when the switch is known to have run: what a call that was cut off lasted at least."""

import os
from collections.abc import Sequence
from pathlib import Path

from softswitch.storage.writer import Outbox, Writer

GAP = 1.0
"""Seconds between two signs of life."""


class Alive:
    """A file whose time of change is the last moment at which the switch is known to have run.

    Written behind, as everything is: a disk that keeps us waiting keeps no call waiting.
    """

    def __init__(self, path: Path, writer: Writer) -> None:
        """Raises OSError when the file cannot be made."""
        self._path = path
        self._due = 0.0  # Unix time
        self.last = path.stat().st_mtime if path.exists() else 0.0
        """Unix time of the last sign of the run before; 0 if there was none."""

        path.touch(exist_ok=True)
        os.utime(path, (self.last, self.last))
        self._outbox: Outbox[float] = writer.outbox("alive", self._write)

    def show(self, now: float) -> None:
        """Take a sign of life, in Unix time; as often as one likes."""
        if now >= self._due and not len(self._outbox):
            self._due = now + GAP
            self._outbox.put(now)

    def _write(self, signs: Sequence[float]) -> None:
        os.utime(self._path, (signs[-1], signs[-1]))
