"""Media workers that play nothing, and tell of what a script says."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from media.control import Audible, Close, Command, Digit, Event, Open, Played, Silence, WorkerLost
from media.handing import HandOff, TakeOver
from softswitch.timerqueue import earlier
from tests.fuzz.script import Step
from tests.support.quiet import QuietEngine

WORKERS = 2
KEYS = "1234*#05"

MEDIA: tuple[Callable[[int, int], Event], ...] = (
    lambda stream, which: Digit(stream, KEYS[which % len(KEYS)], 100),
    lambda stream, which: Silence(stream, 400.0, never=bool(which & 1)),
    lambda stream, which: Silence(stream, 2000.0, never=False),
    lambda stream, which: Audible(stream),
    lambda stream, which: Played(stream, which % 4, "end"),
    lambda stream, which: Played(stream, which % 4, "failed: no such file"),
)
"""What may be heard of a stream; one number more stands for a worker that is lost."""


class Seat:
    """A worker's place, whichever engine sits in it."""

    def __init__(self, workers: "Workers", number: int) -> None:
        self._workers = workers
        self._number = number

    def submit(self, command: Command) -> None:
        self._workers.submit(self._number, command)


class Workers:
    def __init__(self) -> None:
        self.seats = [Seat(self, number) for number in range(WORKERS)]
        self.streams: list[tuple[int, int]] = []
        """Open ones, each with its worker."""

        self._engines = [QuietEngine() for _ in range(WORKERS)]

    @property
    def deadline(self) -> float | None:
        due: float | None = None
        for engine in self._engines:
            due = earlier(due, engine.deadline)
        return due

    def submit(self, worker: int, command: Command) -> None:
        """Take what a worker is to do."""
        match command:
            case Open(stream=stream):
                self.streams.append((stream, worker))
            case TakeOver(stream=stream, state=state) if state:
                self.streams.append((stream, worker))
            case Close(stream=stream) | HandOff(stream=stream):
                with suppress(ValueError):  # of an engine that is lost
                    self.streams.remove((stream, worker))
            case _:
                pass
        self._engines[worker].submit(command)

    def poll(self, now: float) -> Iterator[tuple[int, Event]]:
        """Yield what is due, until nothing is left that it leads to."""
        for worker, engine in enumerate(self._engines):
            while (due := engine.deadline) is not None and due <= now:
                for event in engine.poll(now):
                    yield worker, event

    def hear(self, step: Step) -> tuple[int, Event] | None:
        """Return what a script lets a worker say, if there is a stream for it."""
        number = step.what % (len(MEDIA) + 1)
        if number == len(MEDIA):
            return self._lose(step.which % WORKERS)
        if not self.streams:
            return None
        stream, worker = self.streams[-1 - step.who % len(self.streams)]
        return worker, MEDIA[number](stream, step.which)

    def _lose(self, worker: int) -> tuple[int, Event]:
        self._engines[worker] = QuietEngine()
        self.streams = [one for one in self.streams if one[1] != worker]
        return worker, WorkerLost("killed")
