"""Reads sounds beside the engine, so that no tick waits for a disk."""

from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread

from msgspec import Struct

from media.codecs.g711 import Samples
from media.sounds import TONE, Library, SoundError


class Loaded(Struct, frozen=True):
    """All sounds of a request, in its order; of a folder, those of its files."""

    request: int
    sounds: tuple[Samples, ...]


class NotLoaded(Struct, frozen=True, gc=False):
    request: int
    reason: str


class _Request:
    __slots__ = ("missing", "number", "sounds", "sources")

    def __init__(self, number: int, sources: tuple[str, ...]) -> None:
        self.number = number
        self.sources = sources
        self.missing = set(sources)
        self.sounds: dict[str, tuple[Samples, ...]] = {}


class Loader:
    """Asks a library on threads of its own; the results wait to be polled.

    A file that many want at once is read once; a long one holds up nobody but who wants it, as
    long as there are threads.

    wake      called on one of the threads when there is something to poll
    threads   files that are read at the same time
    capacity  requests that may wait; further ones fail at once
    """

    def __init__(
        self,
        library: Library,
        wake: Callable[[], None] = lambda: None,
        threads: int = 3,
        capacity: int = 10_000,
    ) -> None:
        self._library = library
        self._wake = wake
        self._capacity = capacity
        self._lock = Lock()
        self._jobs: SimpleQueue[str | None] = SimpleQueue()
        self._waiting: dict[str, list[_Request]] = {}
        self._open = 0
        self._results: deque[Loaded | NotLoaded] = deque()
        self._threads = [
            Thread(target=self._run, name=f"loader-{count}", daemon=True)
            for count in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def request(self, number: int, sources: tuple[str, ...]) -> None:
        """Begin to load `sources`. Loaded or NotLoaded with this number will be polled; for tones
        alone, at once."""
        request = _Request(number, sources)
        with self._lock:
            self._open += 1
            if self._open > self._capacity:
                self._fail(request, "too many sounds are being loaded")
                return
        for source in dict.fromkeys(sources):
            if source.startswith(TONE):
                self._load(source, [request])
        with self._lock:
            for source in list(request.missing):
                waiting = self._waiting.setdefault(source, [])
                waiting.append(request)
                if len(waiting) == 1:
                    self._jobs.put(source)
            if not sources:
                self._complete(request)

    def poll(self) -> list[Loaded | NotLoaded]:
        with self._lock:
            results = list(self._results)
            self._results.clear()
        return results

    def close(self, timeout: float = 1.0) -> None:
        """End the threads. One that still reads after `timeout` seconds is left to the process's
        end."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(timeout / len(self._threads))

    def _run(self) -> None:
        while (source := self._jobs.get()) is not None:
            self._load(source, None)
            self._wake()

    def _load(self, source: str, requests: list[_Request] | None) -> None:
        """Load one source for `requests`, or for all that wait for it by the time it is there."""
        found, reason = None, ""
        try:
            found = self._library.get_all(source)
        except SoundError as error:
            reason = str(error)
        except MemoryError:
            reason = f"{source}: not enough memory"
        with self._lock:
            for request in self._waiting.pop(source, []) if requests is None else requests:
                if source not in request.missing:
                    continue  # has failed by another source
                if found is None:
                    self._fail(request, reason)
                    continue
                request.sounds[source] = found
                request.missing.remove(source)
                if not request.missing:
                    self._complete(request)

    def _complete(self, request: _Request) -> None:
        self._open -= 1
        sounds = tuple(sound for source in request.sources for sound in request.sounds[source])
        self._results.append(Loaded(request.number, sounds))

    def _fail(self, request: _Request, reason: str) -> None:
        self._open -= 1
        request.missing.clear()
        self._results.append(NotLoaded(request.number, reason))
