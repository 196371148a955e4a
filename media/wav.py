"""WAV files that grow: 8 kHz, 16 bit, one channel.

While it grows, a file has its place's name with `.part` added, and every block is with the
operating system as soon as it is written: of a process that was killed, all is there but the sizes
in the header. `recover` sets those right. Who writes a file holds its lock until it is in its
place; the kernel lets go of it however the process ends.
"""

import fcntl
import os
import struct
import time
from io import BufferedRandom
from pathlib import Path
from typing import Final

from msgspec import Struct

from media.codecs.g711 import Samples
from media.files import PARTIAL, partial, put_in_place

RATE: Final = 8000
_OCTETS: Final = 2
"""In a sample."""

_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
PATIENCE: Final = 10.0
"""Seconds in which a worker that has lost its switch completes what it records."""

LOOK: Final = 0.02
"""Seconds between two attempts to take a lock."""

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
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
        put_in_place(partial(self.path), self.path)
        self._file.close()

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


def recover(directory: Path, patience: float = PATIENCE) -> list[Recovered]:
    """Put the recordings below `directory` that a killed process left in their places.

    A file that is still being written, by a worker that has outlived its switch, is waited for; it
    is not one of those that are returned. `patience` is for all of them together, in seconds.
    """
    end = time.monotonic() + patience
    found = [_recover(unfinished, end) for unfinished in sorted(directory.rglob(f"*.wav{PARTIAL}"))]
    return [one for one in found if one is not None]


def recover_one(path: Path) -> Recovered | None:
    """Put what was written of the recording for `path` in its place; None when there is nothing.

    Raises OSError, BlockingIOError while it is still being written.
    """
    return _put_back(partial(path), time.monotonic())


def _recover(unfinished: Path, end: float) -> Recovered | None:
    try:
        return _put_back(unfinished, end)
    except BlockingIOError:
        return Recovered(str(unfinished), 0.0, "it is still being written")
    except OSError as error:
        return Recovered(str(unfinished), 0.0, error.strerror or str(error))


def _put_back(unfinished: Path, end: float) -> Recovered | None:
    """Mend an unfinished recording and put it in its place. Raises OSError."""
    path = unfinished.with_suffix("")
    try:
        with unfinished.open("r+b") as file:
            _lock(file.fileno(), end)
            if not _is_at(file.fileno(), unfinished):
                return None  # its writer has completed it
            if path.exists():
                path = path.with_stem(f"{path.stem}-recovered")
            seconds = _mend(file)
            put_in_place(unfinished, path)
    except FileNotFoundError:
        return None  # likewise
    return Recovered(str(path), seconds)


def _lock(descriptor: int, end: float) -> None:
    """Take the lock of a file. Raises BlockingIOError when it is not to be had until `end`."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(LOOK)
        else:
            return


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file still has the name `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _mend(file: BufferedRandom) -> float:
    """Write a header that tells the file's real length; return the seconds of sound."""
    size = max(os.fstat(file.fileno()).st_size - _HEADER.size, 0)
    octets = size - size % _OCTETS
    file.write(header(octets))
    file.truncate(_HEADER.size + octets)
    return octets / (RATE * _OCTETS)
