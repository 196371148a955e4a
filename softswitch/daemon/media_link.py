"""Ports of media engines, leased ahead, and which engine carries which call."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b

from media.control import (
    Closed,
    Command,
    Event,
    Lease,
    Leased,
    LeaseFailed,
    MediaEngine,
    WorkerLost,
)
from media.handing import HandedOff
from media.measuring import Measure
from media.sdp import Secret
from media.worker import GUESTS
from softswitch.calls.ports import LeasedPort
from softswitch.daemon.removals import Removals
from softswitch.sip.flow import Flow

FIRST = 256
"""Ports in the first Lease of an engine."""

BLOCK = 64
"""Ports in each later one: few enough to be bound while others speak."""

LOW_WATER = 32
RISE = 16
"""Free ports of an engine below which the next block is asked for, and by how many more each time:
who needs many ports needs them fast, and each rests for a while after its call."""

ROOM = 16
"""Free ports of an engine with which it can take any new call, and those that have just begun."""

MEASURED = 1.0
"""Seconds between two looks at the quality of what is heard."""

MOST_REMEMBERED = 10_000
"""Telephones whose address of ours is kept."""


class _Engine:
    """What is known of one engine. Its streams are what it carries."""

    __slots__ = ("asked", "engine", "exhausted", "free", "low_water", "streams")

    def __init__(self, engine: MediaEngine) -> None:
        self.engine = engine
        self.free: deque[int] = deque()
        self.low_water = LOW_WATER
        self.streams = 0
        self.asked = False
        self.exhausted = False


class MediaLink:
    """The switch's side of all media engines; implements `calls.ports.MediaPorts`.

    told    returns our address as it is told to a telephone whose signalling comes by a flow
    secret  that nobody can guess: those of the streams are drawn from it; without one nothing can
            be encrypted
    """

    def __init__(
        self, engines: Sequence[MediaEngine], told: Callable[[Flow], str], secret: bytes = b""
    ) -> None:
        self._secret = secret
        self._engines = [_Engine(engine) for engine in engines]
        self._told = lru_cache(MOST_REMEMBERED)(told)
        self._serial = 0
        self._removals = Removals(self._carry)

    def readdress(self, told: Callable[[Flow], str]) -> None:
        """Tell other addresses from now on."""
        self._told = lru_cache(MOST_REMEMBERED)(told)

    def prepare(self) -> None:
        """Have quality measured, and lease the first ports of every engine."""
        for engine in self._engines:
            engine.engine.submit(Measure(MEASURED))
            self._lease(engine, FIRST)

    def take(self, label: str, flow: Flow) -> LeasedPort | None:
        engines = self._engines
        chosen = max(range(len(engines)), key=self._suitability) if len(engines) > 1 else 0
        if not self._engines[chosen].free:
            for engine in self._engines:
                engine.exhausted = False
                self._lease(engine, BLOCK)
            return None
        return self._take(chosen, flow)

    def take_beside(self, worker: int, label: str, flow: Flow) -> LeasedPort | None:
        if not self._engines[worker].free:
            self._lease(self._engines[worker], BLOCK)
            return None
        return self._take(worker, flow)

    def move(self, port: LeasedPort, worker: int) -> LeasedPort | None:
        if self._removals.guests(worker) >= GUESTS:
            return None
        if not self._removals.begin(port.stream, port.worker, worker, port.port):
            return None
        self._engines[port.worker].streams -= 1
        self._engines[worker].streams += 1
        return LeasedPort(worker, port.stream, port.address, port.port)

    def submit(self, worker: int, command: Command) -> None:
        if not self._removals.delays(worker, command):
            self._carry(worker, command)

    def _carry(self, worker: int, command: Command) -> None:
        self._engines[worker].engine.submit(command)

    def hear(self, worker: int, event: Event) -> None:
        """Take note of an event, before the exchange hears it."""
        engine = self._engines[worker]
        match event:
            case Leased(ports):
                engine.free.extend(ports)
                engine.asked = False
                self._keep_ahead(engine)
            case LeaseFailed():
                engine.asked = False
                engine.exhausted = True
            case Closed(stream=stream):
                engine.streams = max(0, engine.streams - 1)
                engine.exhausted = False
                self._removals.closed(stream)
            case HandedOff():
                self._removals.handed_off(event)
            case WorkerLost():
                self._removals.lost(worker)
                engine.free.clear()
                engine.streams = 0
                engine.low_water = LOW_WATER
                engine.asked = engine.exhausted = False
            case _:
                pass

    def restarted(self, worker: int) -> None:
        """A new process stands where one was lost: lease its first ports."""
        self._engines[worker].asked = False  # what was asked of the old one is not answered
        self._engines[worker].engine.submit(Measure(MEASURED))
        self._lease(self._engines[worker], FIRST)

    def counts(self) -> list[dict[str, int]]:
        """Return streams and free ports of each engine, for status."""
        return [{"streams": e.streams, "free": len(e.free)} for e in self._engines]

    def _suitability(self, worker: int) -> tuple[int, int]:
        """Return how well a worker suits a new call, whose other telephones need ports beside the
        first: with ROOM the one with the fewest streams, and else the one with the most ports."""
        engine = self._engines[worker]
        free = len(engine.free)
        return min(free, ROOM), -engine.streams

    def _take(self, worker: int, flow: Flow) -> LeasedPort:
        engine = self._engines[worker]
        port = engine.free.popleft()  # the oldest: it has rested longest since its last call
        engine.streams += 1
        self._serial += 1
        if len(engine.free) < engine.low_water:
            self._keep_ahead(engine)
        return LeasedPort(worker, self._serial, self._told(flow), port, self._draw(self._serial))

    def _draw(self, stream: int) -> Secret:
        """Return the secret of a stream, whose number is never used twice."""
        if not self._secret:
            return Secret()
        return Secret(blake2b(stream.to_bytes(8, "big"), key=self._secret, digest_size=32).digest())

    def _keep_ahead(self, engine: _Engine) -> None:
        if len(engine.free) < engine.low_water and self._lease(engine, BLOCK):
            engine.low_water += RISE

    def _lease(self, engine: _Engine, count: int) -> bool:
        """Ask for more ports, unless that is done already or in vain."""
        if engine.asked or engine.exhausted:
            return False
        engine.asked = True
        engine.engine.submit(Lease(count))
        return True
