"""Voicemail boxes: folders of WAV files, each with a JSON file beside it that makes it a message.

    <directory>/<box>/<utc>-<caller>-<id>.wav
    <directory>/<box>/<utc>-<caller>-<id>.json

The JSON is renamed into place last: it is the commit, and it carries the message's state. A WAV
file without one is not listed, and is made a message at the next start.
"""

import os
import wave
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from softswitch.storage.writer import Outbox, Writer

UTC_FORMAT = "%Y%m%dT%H%M%SZ"
PARTIAL = ".part"
RATE = 8000
"""Samples per second of the empty message that is written here."""

Repair = Callable[[Path], object]
"""Puts recordings below a folder that were cut off in place as whole WAV files."""

Complete = Callable[[Path], object]
"""Puts what was written of one recording in its place; nothing if there is nothing. Raises
OSError, also while it is still being written."""


class Message(Struct, frozen=True):
    """What a message's JSON file holds."""

    box: str
    caller: str
    name: str
    """The caller's, as the telephone showed it; empty when unknown."""

    time: str
    """When it began, ISO 8601 in UTC."""

    duration: float
    """Seconds."""

    state: str = "new"
    """`new`, `heard`, `saved`, `called back`, `urgent` or `deleted`."""


class Arrived(Struct, frozen=True):
    """A recording is over and wants to be a message."""

    box: str
    path: str
    caller: str
    name: str
    seconds: float
    """0 for as long as the file turns out to be."""

    at: float
    """Unix time of the message's end; used when the file's name does not tell its beginning."""


class Mailboxes:
    """All boxes below one directory. Messages are committed by the writer's thread.

    complete  finds the recording of a message whose file is not in place
    """

    def __init__(self, directory: Path, writer: Writer, complete: Complete) -> None:
        self._directory = directory
        self._complete = complete
        self._outbox: Outbox[Arrived] = writer.outbox("messages", self._commit, is_independent=True)

    def prepare(self, boxes: Sequence[str]) -> None:
        """Make the folders of `boxes`. Raises OSError."""
        for box in boxes:
            (self._directory / box).mkdir(parents=True, exist_ok=True)

    def put(self, arrived: Arrived) -> None:
        self._outbox.put(arrived)

    def messages(self, box: str) -> list[tuple[Path, Message]]:
        """Return the messages of `box` with the paths of their WAV files, oldest first."""
        found = []
        for path in sorted((self._directory / box).glob("*.wav")):
            message = _read(path.with_suffix(".json"))
            if message is not None:
                found.append((path, message))
        return found

    def recover(self, repair: Repair) -> list[Path]:
        """Make messages of what a killed process left, and return their paths. Raises OSError.

        What cannot be written yet waits for the writer, which tries again.

        repair  mends recordings that were cut off
        """
        found: list[Path] = []
        if self._directory.is_dir():
            repair(self._directory)
            for folder in sorted(path for path in self._directory.iterdir() if path.is_dir()):
                for unfinished in folder.glob(f"*.json{PARTIAL}"):
                    unfinished.unlink()
                found += self._adopt(folder)
        return found

    def _adopt(self, folder: Path) -> Iterator[Path]:
        for path in sorted(folder.glob("*.wav")):
            seconds = _duration(path)
            if seconds is None or _read(path.with_suffix(".json")) is not None:
                continue
            began, caller = _named(path)
            try:
                _write(path, Message(folder.name, caller, "", began or _changed(path), seconds))
            except OSError:  # a disk that is full keeps no switch from starting
                at = path.stat().st_mtime
                self.put(Arrived(folder.name, str(path), caller, "", seconds, at))
            yield path

    def _commit(self, arrivals: Sequence[Arrived]) -> None:
        for arrived in arrivals:  # again after a failure, with the same outcome
            path = Path(arrived.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                self._complete(path)
            if not path.exists():
                _write_empty(path)
            began = _named(path)[0] or _iso(datetime.fromtimestamp(arrived.at, UTC))
            seconds = round(arrived.seconds, 3) or _duration(path) or 0.0
            _write(path, Message(arrived.box, arrived.caller, arrived.name, began, seconds))


def _named(path: Path) -> tuple[str, str]:
    """Return the beginning and the caller that the file is named after; empty when it is not."""
    utc, _, rest = path.stem.partition("-")
    caller, _, _ = rest.partition("-")
    try:
        began = datetime.strptime(utc, UTC_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return "", ""
    return _iso(began), caller


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _changed(path: Path) -> str:
    return _iso(datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _duration(path: Path) -> float | None:
    """Return the seconds of a WAV file, None when it is not one."""
    try:
        with wave.open(str(path), "rb") as file:
            return round(file.getnframes() / file.getframerate(), 3)
    except (wave.Error, EOFError):
        return None


def _read(path: Path) -> Message | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Message)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write(wav: Path, message: Message) -> None:
    _put_in_place(wav.with_suffix(".json"), msgspec.json.format(msgspec.json.encode(message)))


def _write_empty(path: Path) -> None:
    """Write a recording of no length: its caller hung up on the beep."""
    partial = path.with_name(path.name + PARTIAL)
    with partial.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
    _rename(partial, path)


def _put_in_place(path: Path, data: bytes) -> None:
    partial = path.with_name(path.name + PARTIAL)
    partial.write_bytes(data)
    _rename(partial, path)


def _rename(partial: Path, path: Path) -> None:
    """Sync `partial`, give it its name, and sync that too: a power cut leaves all or nothing."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
