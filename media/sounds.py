"""Sounds by name: audio files of any rate, and tones, as samples at 8 kHz."""

import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Final
from weakref import WeakValueDictionary

import numpy as np
import soundfile
from msgspec import Struct

from media.codecs.g711 import Samples
from media.codecs.resample import Sound, SoundResampler
from media.signals import RATE, tone

TONE: Final = "tone:"
LONGEST: Final = 1800.0
"""Seconds of a file at most."""

LONGEST_FOLDER: Final = 7200.0
"""Seconds of a folder that are played; what is beyond is left out."""

SUFFIXES: Final = frozenset((".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".au"))
"""Of the files in a folder that are played."""

_RATES: Final = (1000, 384_000)
_BLOCK: Final = 65_536


class SoundError(Exception):
    """A sound cannot be had; says which and why."""


class Stamp(Struct, frozen=True, gc=False):
    """What tells that a file has changed."""

    inode: int
    size: int
    modified: int
    """Nanoseconds."""


class Library:
    """Reads sounds, and keeps what was read last for all who want it again. Thread-safe.

    A file that has changed since is read anew. What somebody still plays is shared even when
    there is no room to keep it.

    country         whose tones are played
    capacity        octets of samples that are kept
    longest         seconds of a file at most
    longest_folder  seconds of a folder that are played
    """

    def __init__(
        self,
        country: str = "eu",
        capacity: int = 64 << 20,
        longest: float = LONGEST,
        longest_folder: float = LONGEST_FOLDER,
    ) -> None:
        self._country = country
        self._capacity = capacity
        self._longest = longest
        self._longest_folder = longest_folder
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[Stamp, Samples]] = OrderedDict()
        self._used: WeakValueDictionary[tuple[str, Stamp], Samples] = WeakValueDictionary()
        self._octets = 0

    def get(self, source: str) -> Samples:
        """Return int16 (samples,) at 8 kHz, read-only. Raises SoundError.

        source  path of an audio file, or `tone:NAME` as in `media.signals`
        """
        if source.startswith(TONE):
            try:
                return tone(source.removeprefix(TONE), self._country)
            except KeyError:
                raise SoundError(f"{source}: there is no such tone") from None
        stamp = _stamp(source)
        with self._lock:
            kept = self._kept.get(source)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(source)
                return kept[1]
            used = self._used.get((source, stamp))
            if used is not None:
                return used
        samples = read(source, self._longest)
        samples.setflags(write=False)
        self._keep(source, stamp, samples)
        return samples

    def get_all(self, source: str) -> tuple[Samples, ...]:
        """Return the sounds of a source: of a folder, those of its files in the order of their
        names. Raises SoundError; of a folder, when not one file in it can be played."""
        if source.startswith(TONE) or not os.path.isdir(source):
            return (self.get(source),)
        sounds: list[Samples] = []
        left = round(self._longest_folder * RATE)
        reason = f"{source}: there is no sound in this folder"
        for path in files_in(source):
            try:
                sound = self.get(path)[:left]
            except SoundError as error:
                reason = str(error)
            else:
                sounds.append(sound)
                left -= len(sound)
            if left <= 0:
                break
        if not sounds:
            raise SoundError(reason)
        return tuple(sounds)

    def _keep(self, source: str, stamp: Stamp, samples: Samples) -> None:
        with self._lock:
            old = self._kept.pop(source, None)
            self._octets -= old[1].nbytes if old else 0
            self._used[source, stamp] = samples
            if samples.nbytes <= self._capacity:
                self._kept[source] = (stamp, samples)
                self._octets += samples.nbytes
            while self._octets > self._capacity:
                _, (_, oldest) = self._kept.popitem(last=False)
                self._octets -= oldest.nbytes


def files_in(folder: str) -> list[str]:
    """Return the audio files in a folder, in the order of their names. Raises SoundError."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise SoundError(f"{folder}: {error.strerror or error}") from error
    suffixes = [(name, os.path.splitext(name)[1].lower()) for name in names]
    return [
        os.path.join(folder, name)
        for name, suffix in suffixes
        if suffix in SUFFIXES and not name.startswith(".")
    ]


def read(path: str, longest: float = LONGEST) -> Samples:
    """Return a file's sound as int16 (samples,) at 8 kHz, its channels mixed. Raises SoundError."""
    try:
        # By descriptor, not by path: libsndfile shall go by the contents and not by the name.
        with soundfile.SoundFile(os.open(path, os.O_RDONLY), closefd=True) as file:
            if not _RATES[0] <= file.samplerate <= _RATES[1]:
                raise SoundError(f"{path}: a rate of {file.samplerate} Hz cannot be played")
            seconds = file.frames / file.samplerate
            if seconds > longest:
                raise SoundError(f"{path}: {seconds:.0f} s long, {longest:.0f} s at most")
            parts = list(_parts(file))
    except soundfile.LibsndfileError as error:
        raise SoundError(f"{path}: {error.error_string}") from error
    except OSError as error:
        raise SoundError(f"{path}: {error.strerror or error}") from error
    whole = np.concatenate(parts)
    return np.rint(np.clip(whole * 32768, -32768, 32767)).astype(np.int16)


def _parts(file: soundfile.SoundFile) -> Iterator[Sound]:
    """Yield the sound at 8 kHz, float32 from -1 to 1, a block at a time."""
    resampler = None if file.samplerate == RATE else SoundResampler(file.samplerate, RATE)
    yield np.zeros(0, np.float32)
    for block in file.blocks(_BLOCK, dtype="float32", always_2d=True):
        # A file of floats may hold anything: a sound that is no number is silence.
        mono = np.nan_to_num(block.mean(axis=1, dtype=np.float32), posinf=1.0, neginf=-1.0)
        yield mono if resampler is None else resampler.push(mono)
    if resampler is not None:
        yield resampler.finish()


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SoundError(f"{path}: {reason}") from error
    if not stat.S_ISREG(found.st_mode):
        raise SoundError(f"{path}: not a file")  # a pipe would wait for ever
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)
