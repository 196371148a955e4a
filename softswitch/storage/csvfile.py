"""A CSV file that only grows, shared with whoever reads or rotates it."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

TAIL = 1 << 20
"""Bytes at the end of the file in which `mentions` looks: far more than one batch."""


class CsvFile:
    """Rows under a header. The file is opened anew each time, so it may be moved away."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path = path
        self._columns = columns

    def append(self, rows: Iterable[Sequence[str]]) -> None:
        """Append all of `rows`, or none. Raises OSError."""
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\n")
        with self._path.open("ab", buffering=0) as file:
            end = file.tell()
            if end == 0:
                lines.writerow(self._columns)
            lines.writerows(rows)
            data = text.getvalue().encode("utf-8", "replace")
            try:
                if file.write(data) != len(data):
                    raise OSError(f"{self._path}: written in part, is the disk full?")
            except OSError:
                os.ftruncate(file.fileno(), end)
                raise

    def mentions(self, text: str) -> bool:
        """Tell whether `text` stands near the end of the file. Raises OSError."""
        if not self._path.exists():
            return False
        with self._path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
            return text.encode() in file.read()
