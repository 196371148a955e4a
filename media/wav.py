"""WAV files that grow: 8 kHz, 16 bit, one channel.

While it grows, a file has its place's name with `.part` added, and every block is with the
operating system as soon as it is written: of a process that was killed, all is there but the sizes
in the header. `recover` sets those right.
"""

import os
import struct
from pathlib import Path
from typing import Final

from msgspec import Struct

from media.codecs.g711 import Samples
from media.files import PARTIAL, partial, put_in_place

RATE: Final = 8000
_OCTETS: Final = 2
"""In a sample."""

_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
LARGEST: Final = 2**31
"""Octets of sound; readers that take sizes as signed stop there."""


def header(octets: int) -> bytes:
    """Return the header of a file with `octets` of sound behind it."""
    form = (16, 1, 1, RATE, RATE * _OCTETS, _OCTETS, 8 * _OCTETS)  # 1: PCM, 1: one channel
    return _HEADER.pack(
        b"RIFF", _HEADER.size - 8 + octets, b"WAVE", b"fmt ", *form, b"data", octets
    )


class WavFile:
    """One file that grows. Its methods raise OSError, and then the file is of no more use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._octets = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = partial(path).open("xb", buffering=0)
        try:
            self._put(header(0))
        except OSError:
            self.abandon()
            raise

    @property
    def seconds(self) -> float:
        return self._octets / (RATE * _OCTETS)

    def append(self, samples: Samples) -> None:
        """Add int16 (samples,). What would make the file too long for a WAV is left out."""
        data = samples.astype("<i2", copy=False).tobytes()[: LARGEST - self._octets]
        self._put(data)
        self._octets += len(data)

    def complete(self) -> None:
        """Make the header right, sync, and put the file in its place."""
        self._file.seek(0)
        self._put(header(self._octets))
        self._file.close()
        put_in_place(partial(self.path), self.path)

    def abandon(self) -> None:
        """Give up: what was said so far stays for `recover`, an empty file goes. Never raises."""
        try:
            self._file.close()
            if not self._octets:
                partial(self.path).unlink(missing_ok=True)
        except OSError:
            return  # the disk is at fault already, and the caller knows

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) or 0 :]


class Recovered(Struct, frozen=True, gc=False):
    path: str
    """Where the recording is now."""

    seconds: float
    error: str = ""
    """Why it could not be recovered; the file is as it was."""


def recover(directory: Path) -> list[Recovered]:
    """Put the recordings below `directory` that a killed process left in their places.

    Only for a start: files that still grow must not be touched.
    """
    found = []
    for unfinished in sorted(directory.rglob(f"*.wav{PARTIAL}")):
        path = unfinished.with_suffix("")
        if path.exists():
            path = path.with_stem(f"{path.stem}-recovered")
        try:
            seconds = _mend(unfinished)
            put_in_place(unfinished, path)
        except OSError as error:
            found.append(Recovered(str(unfinished), 0.0, error.strerror or str(error)))
        else:
            found.append(Recovered(str(path), seconds))
    return found


def _mend(path: Path) -> float:
    """Write a header that tells the file's real length; return the seconds of sound."""
    size = max(os.path.getsize(path) - _HEADER.size, 0)
    octets = size - size % _OCTETS
    with path.open("r+b") as file:
        file.write(header(octets))
        file.truncate(_HEADER.size + octets)
    return octets / (RATE * _OCTETS)
