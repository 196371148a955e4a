"""Writes recordings to files, on a thread of its own: no tick waits for a disk."""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Final

import numpy as np
from msgspec import Struct

from media.archive import growing
from media.codecs.g711 import Samples
from media.wav import MONO, Form, Recovered, WavFile, recover

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


class Completion:
    """What is left to do for a recording that takes no more."""

    __slots__ = ("_file", "_finished", "_lost", "_path")

    def __init__(self, finished: Finished, file: WavFile | None, path: str, lost: float) -> None:
        self._finished = finished
        self._file = file
        self._path = Path(path)
        self._lost = lost

    @property
    def is_long(self) -> bool:
        """It takes more than a moment: the file is to be compressed."""
        return self._file is not None and self._file.path != self._path

    def carry_out(self) -> Finished:
        """Put the file in its place, if there is one. Never raises OSError."""
        number, file = self._finished.recording, self._file
        if file is None:
            return self._finished
        try:
            if self.is_long:
                path = file.complete_as(self._path)
            else:
                file.complete()
                path = file.path
        except OSError as error:
            file.abandon()
            return Finished(number, str(file.path), file.seconds, _words(error))
        return Finished(number, str(path), file.seconds, lost=self._lost)


class Files:
    """All files that grow, written at once: for the recorder's thread, and for tests.

    A recording whose file fails is Broken once, and its error is kept until it is finished; what
    could be written of it stays beside its place for the next start.
    """

    def __init__(self) -> None:
        self._growing: dict[int, WavFile] = {}
        self._paths: dict[int, str] = {}
        self._forms: dict[int, Form] = {}
        self._failed: dict[int, Finished] = {}
        self._lost: dict[int, int] = {}

    def start(self, recording: int, path: str, form: Form = MONO) -> Broken | None:
        """Begin the file of a recording; numbers are never used twice."""
        try:
            self._growing[recording] = WavFile(growing(Path(path)), form)
            self._paths[recording], self._forms[recording] = path, form
        except (OSError, ValueError) as error:
            self._failed[recording] = Finished(recording, path, 0.0, _words(error))
            return Broken(recording)
        return None

    def write(self, recording: int, samples: Samples) -> Broken | None:
        """Append int16 (samples,), of two channels (samples, 2)."""
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
        form = self._forms.get(recording, MONO)
        self._lost[recording] = self._lost.get(recording, 0) + count
        return self.write(recording, np.zeros(count * form.channels, np.int16))

    def finish(self, recording: int) -> Completion:
        """Take no more, and return what puts the file in its place."""
        file = self._growing.pop(recording, None)
        path, form = self._paths.pop(recording, ""), self._forms.pop(recording, MONO)
        lost = self._lost.pop(recording, 0) / form.rate
        missing = Finished(recording, "", 0.0, "there is no such recording")
        return Completion(self._failed.pop(recording, missing), file, path, lost)

    def finish_all(self) -> list[Completion]:
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
    """Samples of each channel that were dropped before these."""

    form: Form = MONO


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
        self._long: SimpleQueue[Completion | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="recorder", daemon=True)
        self._compressor = Thread(target=self._compress, name="compressor", daemon=True)
        self._thread.start()
        self._compressor.start()

    def start(self, recording: int, path: str, form: Form = MONO) -> None:
        """Begin the file of a recording; numbers are never used twice."""
        self._add(_Task(recording, path=path, form=form))

    def write(self, recording: int, samples: Samples) -> None:
        """Append int16 (samples,), of two channels (samples, 2); the array must not change
        afterwards."""
        with self._changed:
            if self._waiting + samples.size > self._capacity:
                self._lost[recording] = self._lost.get(recording, 0) + len(samples)
                return
            self._waiting += samples.size
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
        """Complete all files and end the threads; False if that takes longer than `timeout`
        seconds. A file that is being compressed then is a WAV that waits to be recovered."""
        with self._changed:
            self._tasks.append(None)
            self._changed.notify()
        self._compressor.join(timeout)  # is the last to end
        return not self._compressor.is_alive()

    def _add(self, task: _Task) -> None:
        with self._changed:
            self._tasks.append(task)
            self._changed.notify()

    def _run(self) -> None:
        while (task := self._take()) is not None:
            result = self._carry_out(task)
            if result is not None:
                self._report([result])
        for completion in self._files.finish_all():
            self._complete(completion)
        self._long.put(None)

    def _compress(self) -> None:
        while (completion := self._long.get()) is not None:
            self._report([completion.carry_out()])

    def _complete(self, completion: Completion) -> None:
        """Put a file in its place, or have that done where it holds nobody up."""
        if completion.is_long:
            self._long.put(completion)
        else:
            self._report([completion.carry_out()])

    def _take(self) -> _Task | None:
        with self._changed:
            while not self._tasks:
                self._changed.wait()
            return self._tasks.popleft()

    def _carry_out(self, task: _Task) -> Broken | None:
        if task.path:
            return self._files.start(task.recording, task.path, task.form)
        broken = self._files.lose(task.recording, task.lost) if task.lost else None
        if task.samples is None:
            self._complete(self._files.finish(task.recording))
            return broken
        broken = self._files.write(task.recording, task.samples) or broken
        with self._changed:
            self._waiting -= task.samples.size
        return broken

    def _report(self, results: Sequence[Finished | Broken]) -> None:
        if results:
            with self._changed:
                self._results.extend(results)
            self._wake()
