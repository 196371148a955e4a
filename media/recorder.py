"""Writes recordings to files, on a thread of its own: no tick waits for a disk."""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import Final

import numpy as np
from msgspec import Struct

from media.codecs.g711 import Samples
from media.wav import RATE, Recovered, WavFile, recover

__all__ = ["Broken", "Files", "Finished", "Recorder", "Recovered", "recover"]

CAPACITY: Final = 16_000_000
"""Samples that may wait to be written: half an hour of one call, 20 s of a hundred."""


class Finished(Struct, frozen=True, gc=False):
    """The file of a recording is in place, unless `error` says why not."""

    recording: int
    path: str
    seconds: float
    error: str = ""
    lost: float = 0.0
    """Seconds that are silence because the disk was too slow."""


class Broken(Struct, frozen=True, gc=False):
    """The file of a recording takes no more; when it is finished, `Finished` says why."""

    recording: int


class Files:
    """All files that grow, written at once: for the recorder's thread, and for tests.

    A recording whose file fails is Broken once, and its error is kept until it is finished; what
    could be written of it stays beside its place for the next start.
    """

    def __init__(self) -> None:
        self._growing: dict[int, WavFile] = {}
        self._failed: dict[int, Finished] = {}
        self._lost: dict[int, int] = {}

    def start(self, recording: int, path: str) -> Broken | None:
        """Begin the file of a recording; numbers are never used twice."""
        try:
            self._growing[recording] = WavFile(Path(path))
        except (OSError, ValueError) as error:
            self._failed[recording] = Finished(recording, path, 0.0, _words(error))
            return Broken(recording)
        return None

    def write(self, recording: int, samples: Samples) -> Broken | None:
        """Append int16 (samples,) at 8 kHz."""
        file = self._growing.get(recording)
        if file is None:
            return None  # is known to be broken
        try:
            file.append(samples)
        except OSError as error:
            self._give_up(recording, file, error)
            return Broken(recording)
        return None

    def lose(self, recording: int, count: int) -> Broken | None:
        """Append silence where samples could not be kept."""
        self._lost[recording] = self._lost.get(recording, 0) + count
        return self.write(recording, np.zeros(count, np.int16))

    def finish(self, recording: int) -> Finished:
        """Put the file in its place."""
        file = self._growing.get(recording)
        if file is not None:
            try:
                file.complete()
            except OSError as error:
                self._give_up(recording, file, error)
        lost = self._lost.pop(recording, 0) / RATE
        if (failed := self._failed.pop(recording, None)) is not None:
            return failed
        if file is None:
            return Finished(recording, "", 0.0, "there is no such recording")
        del self._growing[recording]
        return Finished(recording, str(file.path), file.seconds, lost=lost)

    def finish_all(self) -> list[Finished]:
        return [self.finish(recording) for recording in [*self._growing, *self._failed]]

    def _give_up(self, recording: int, file: WavFile, error: OSError) -> None:
        del self._growing[recording]
        file.abandon()
        self._failed[recording] = Finished(recording, str(file.path), file.seconds, _words(error))


def _words(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


class _Task(Struct, frozen=True):
    """Something to do for a recording: `start`, `write`, or `finish`."""

    recording: int
    path: str = ""
    samples: Samples | None = None
    lost: int = 0
    """Samples that were dropped before these."""


class Recorder:
    """Files, written by a thread that takes its time.

    wake      called on that thread when there is something to poll
    capacity  samples that may wait; further ones become silence, and are counted
    """

    def __init__(self, wake: Callable[[], None] = lambda: None, capacity: int = CAPACITY) -> None:
        self._wake = wake
        self._capacity = capacity
        self._files = Files()
        self._changed = Condition()
        self._tasks: deque[_Task | None] = deque()
        self._waiting = 0  # samples
        self._lost: dict[int, int] = {}
        self._results: deque[Finished | Broken] = deque()
        self._thread = Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def start(self, recording: int, path: str) -> None:
        """Begin the file of a recording; numbers are never used twice."""
        self._add(_Task(recording, path=path))

    def write(self, recording: int, samples: Samples) -> None:
        """Append int16 (samples,) at 8 kHz; the array must not change afterwards."""
        with self._changed:
            if self._waiting + len(samples) > self._capacity:
                self._lost[recording] = self._lost.get(recording, 0) + len(samples)
                return
            self._waiting += len(samples)
        lost = self._lost.pop(recording, 0)
        self._add(_Task(recording, samples=samples, lost=lost))

    def finish(self, recording: int) -> None:
        """Put the file in its place. Finished will be polled."""
        self._add(_Task(recording, lost=self._lost.pop(recording, 0)))

    def poll(self) -> list[Finished | Broken]:
        with self._changed:
            results = list(self._results)
            self._results.clear()
        return results

    def close(self, timeout: float = 5.0) -> bool:
        """Complete all files and end the thread; False if that takes longer than `timeout`
        seconds."""
        with self._changed:
            self._tasks.append(None)
            self._changed.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _add(self, task: _Task) -> None:
        with self._changed:
            self._tasks.append(task)
            self._changed.notify()

    def _run(self) -> None:
        while (task := self._take()) is not None:
            result = self._carry_out(task)
            if result is not None:
                self._report([result])
        self._report(self._files.finish_all())

    def _take(self) -> _Task | None:
        with self._changed:
            while not self._tasks:
                self._changed.wait()
            return self._tasks.popleft()

    def _carry_out(self, task: _Task) -> Finished | Broken | None:
        if task.path:
            return self._files.start(task.recording, task.path)
        broken = self._files.lose(task.recording, task.lost) if task.lost else None
        if task.samples is None:
            return self._files.finish(task.recording)
        broken = self._files.write(task.recording, task.samples) or broken
        with self._changed:
            self._waiting -= len(task.samples)
        return broken

    def _report(self, results: Sequence[Finished | Broken]) -> None:
        if results:
            with self._changed:
                self._results.extend(results)
            self._wake()
