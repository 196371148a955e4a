"""WAV files that grow: 16 bit, of any rate, one channel or two.

While it grows, a file has its place's name with `.part` added, and every block is with the
operating system as soon as it is written, the sizes in the header after it: whoever opens the file
meanwhile reads a whole WAV, and so does who finds that of a process that was killed. `recover` puts
such a file in its place, with the part of a block that may be behind. Who writes a file holds its
lock until it is in its place; the kernel lets go of it however the process ends.
"""

import fcntl
import os
import struct
import time
from io import BufferedRandom
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import Struct

from media.archive import FORMS, compress
from media.codecs.g711 import Samples
from media.files import PARTIAL, partial, put_in_place

RATE: Final = 8000
_OCTETS: Final = 2
"""In a sample of one channel."""

_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
PATIENCE: Final = 10.0
"""Seconds in which a worker that has lost its switch completes what it records."""

LOOK: Final = 0.02
"""Seconds between two attempts to take a lock."""

STILL_WRITTEN: Final = "it is still being written"
"""The error of a recording that is none: it will be in its place by itself."""

LARGEST: Final = 2**31
"""Octets of sound; readers that take sizes as signed stop there."""


class Form(NamedTuple):
    """How a file holds sound. What two channels say in one moment is one frame."""

    channels: int = 1
    rate: int = RATE
    """Frames in a second."""

    @property
    def octets(self) -> int:
        """In a frame."""
        return self.channels * _OCTETS

    def seconds(self, octets: int) -> float:
        """Return how long `octets` of sound last."""
        return octets / (self.rate * self.octets)


MONO: Final = Form()


def header(octets: int, form: Form = MONO) -> bytes:
    """Return the header of a file with `octets` of sound behind it."""
    channels, rate = form
    kind = (16, 1, channels, rate, rate * form.octets, form.octets, 8 * _OCTETS)  # 1: PCM
    return _HEADER.pack(
        b"RIFF", _HEADER.size - 8 + octets, b"WAVE", b"fmt ", *kind, b"data", octets
    )


class WavFile:
    """One file that grows. Its methods raise OSError, and then the file is of no more use."""

    def __init__(self, path: Path, form: Form = MONO) -> None:
        self.path = path
        self._form = form
        self._octets = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = partial(path).open("xb", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._put(header(0, form))
        except OSError:
            self.abandon()
            raise

    @property
    def seconds(self) -> float:
        return self._form.seconds(self._octets)

    def append(self, samples: Samples) -> None:
        """Add int16 (samples,), of two channels (frames, 2). What would make the file too long for
        a WAV is left out."""
        data = samples.astype("<i2", copy=False).tobytes()[: LARGEST - self._octets]
        self._put(data)
        self._octets += len(data)
        os.pwrite(self._file.fileno(), header(self._octets, self._form), 0)

    def complete(self) -> None:
        """Sync, and put the file in its place."""
        put_in_place(partial(self.path), self.path)
        self._file.close()

    def complete_as(self, path: Path) -> Path:
        """Put the sound in its place in the form that `path` ends with (`media.archive`); return
        where it is: as a WAV where the disk has no room for both."""
        unfinished = partial(self.path)
        try:
            compress(unfinished, partial(path), path.suffix)
            put_in_place(partial(path), path)
        except OSError:
            partial(path).unlink(missing_ok=True)
            self.complete()
            return self.path
        unfinished.unlink()
        self._file.close()
        return path

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

    What was being compressed is put there as the WAV that it grew as. A file that is still being
    written, by a worker that has outlived its switch, is waited for; it
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
        return Recovered(str(unfinished), 0.0, STILL_WRITTEN)
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
            for suffix in FORMS:  # what was being compressed
                partial(unfinished.with_suffix("").with_suffix(suffix)).unlink(missing_ok=True)
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
    form = _form(file.read(_HEADER.size))
    size = max(os.fstat(file.fileno()).st_size - _HEADER.size, 0)
    octets = size - size % form.octets
    file.seek(0)
    file.write(header(octets, form))
    file.truncate(_HEADER.size + octets)
    return form.seconds(octets)


def _form(begun: bytes) -> Form:
    """Return what a header says of the sound; a header that was cut off was a message's."""
    if len(begun) < _HEADER.size:
        return MONO
    _, _, _, _, _, _, channels, rate, *_ = _HEADER.unpack(begun)
    form = Form(channels, rate)
    return form if channels and rate and header(0, form)[8:40] == begun[8:40] else MONO
