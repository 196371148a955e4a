"""The media workers: started, watched, started anew when lost, stopped."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

from media.client import WorkerClient
from media.control import Command, Event, Leased, Started, WorkerLost
from media.worker import WorkerSettings
from softswitch.daemon.status import Worker, resident

FIRST_PAUSE = 0.5
"""Seconds until a lost worker is started anew; doubled for each time that it dies at once."""

LONGEST_PAUSE = 30.0
GROWN_UP = 10.0
"""Seconds after which a worker that dies has not died at once."""

Hear = Callable[[int, Event], None]


class Seat:
    """One worker's place, whichever process sits in it. A `media.control.MediaEngine`."""

    def __init__(self, settings: WorkerSettings, hear: Callable[[Event], None]) -> None:
        self._settings = settings
        self._hear = hear
        self._client = WorkerClient(settings, self._event)
        self._restart: asyncio.TimerHandle | None = None
        self._pause = FIRST_PAUSE
        self._started = 0.0
        self._seated: Callable[[], None] | None = None
        self.started: Started | None = None
        """What the process that sits here has said of itself."""

        self.is_ready = asyncio.Event()
        """The worker has leased its first ports."""

    @property
    def process_id(self) -> int | None:
        return self._client.process_id

    def shown(self, counts: Mapping[str, int]) -> Worker:
        """Return what is to be said of the worker.

        counts  its streams, and the ports that are free
        """
        started = self.started or Started("", "starting")
        return Worker(
            process=self.process_id or 0,
            backend=started.backend,
            streams=counts["streams"],
            free_ports=counts["free"],
            memory=resident(self.process_id or 0),
            scheduling=started.scheduling,
            remarks=started.remarks,
        )

    def on_restart(self, seated: Callable[[], None]) -> None:
        """Have `seated` called when a new process has taken the place of a lost one."""
        self._seated = seated

    def start(self) -> None:
        """Start the process. Raises OSError."""
        self._started = asyncio.get_running_loop().time()
        self._client.start()

    def submit(self, command: Command) -> None:
        self._client.submit(command)

    async def stop(self) -> None:
        if self._restart is not None:
            self._restart.cancel()
        await self._client.stop()

    def _event(self, event: Event) -> None:
        if isinstance(event, Leased):
            self.is_ready.set()
        elif isinstance(event, Started):
            self.started = event
        elif isinstance(event, WorkerLost):
            self.started = None
            loop = asyncio.get_running_loop()
            if loop.time() - self._started > GROWN_UP:
                self._pause = FIRST_PAUSE
            self._restart = loop.call_later(self._pause, self._begin_again)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._hear(event)

    def _begin_again(self) -> None:
        self._client = WorkerClient(self._settings, self._event)
        try:
            self.start()
        except OSError as error:
            self._event(WorkerLost(str(error)))
            return
        if self._seated is not None:
            self._seated()


def seats(
    count: int, bind: str, rtp: tuple[int, int], country: str, backend: str, hear: Hear
) -> Sequence[Seat]:
    """Return `count` places that share the range of ports evenly.

    country  whose tones they play
    backend  one of `media.net.CHOICES`
    hear     is called with the number of the worker and each of its events
    """
    available = sorted(os.sched_getaffinity(0))
    settings = settings_of(count, bind, rtp, country, backend, available)
    return [Seat(each, partial(hear, worker)) for worker, each in enumerate(settings)]


def settings_of(
    count: int,
    bind: str,
    rtp: tuple[int, int],
    country: str,
    backend: str = "auto",
    available: Sequence[int] = (),
) -> list[WorkerSettings]:
    """Return what each of `count` workers is started with.

    available  the cores of this machine that we may use
    """
    return [
        WorkerSettings(country, bind, *share, backend=backend, core=core)
        for share, core in zip(shares(rtp, count), cores(count, available), strict=True)
    ]


def cores(count: int, available: Sequence[int]) -> list[int]:
    """Return a core for each worker, the first being left to signalling; -1 for any, where there
    are not as many."""
    own = list(available[1 : count + 1])
    return own if len(own) == count else [-1] * count


def shares(rtp: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """Cut a range of ports into `count` ranges of whole pairs (an even port and the next)."""
    first = rtp[0] + rtp[0] % 2
    pairs = (rtp[1] + 1 - first) // 2
    cuts = [first + 2 * (pairs * index // count) for index in range(count + 1)]
    return [(low, high - 1) for low, high in pairwise(cuts)]
