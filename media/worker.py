"""One media process: an engine on real sockets, steered over one stream socket."""

import os
import time
from typing import Final, Protocol

from msgspec import Struct

from media.control import Command, Event, Started
from media.descriptors import affordable_pairs, raise_limit
from media.engine import LocalEngine
from media.loader import Loader
from media.net.address import AddressBook
from media.net.backend import SocketBackend
from media.net.choose import AUTOMATIC, choose
from media.ports import Ports
from media.priority import prefer
from media.recorder import Recorder
from media.sounds import Library

SHORT_PAUSE: Final = 0.005
LONG_PAUSE: Final = 0.010
"""Seconds between two batches: packets and commands that come meanwhile share the work. Long when
there are MANY packets, where sharing is worth more, or none, where nobody listens yet."""

LONGEST_PAUSE: Final = 0.020
"""The same where all meet in rooms: what they hear is made every 20 ms, of all that has come."""

MANY: Final = 32

GUESTS: Final = 256
"""Streams of other workers' ports that may be taken over."""

UNSENT_PAUSE: Final = 0.01
"""Seconds between two attempts to tell a switch that is slow to listen."""


class WorkerSettings(Struct, frozen=True):
    """What a worker is started with.

    country     whose tones are played
    address     the local address of all ports; `::` serves IPv4 too
    first_port, last_port  the range, both included
    quarantine  seconds that a port rests between two streams
    backend     one of `media.net.CHOICES`
    core        of the machine, for this worker alone; -1 for any
    jitter      milliseconds that packets wait in the jitter buffer, at least and at most
    """

    country: str = "eu"
    address: str = "0.0.0.0"
    first_port: int = 10000
    last_port: int = 20000
    quarantine: float = 2.0
    backend: str = AUTOMATIC
    core: int = -1
    jitter: tuple[int, int] = (20, 200)


class Control(Protocol):
    """The end of the line to the switch."""

    is_open: bool

    def fileno(self) -> int: ...

    @property
    def has_unsent(self) -> bool: ...

    def receive(self) -> list[Command]: ...

    def send(self, events: list[Event]) -> None: ...


def serve(engine: LocalEngine, backend: SocketBackend, control: Control) -> None:
    """Run an engine until the switch hangs up. Costs nothing while nothing happens."""
    backend.watch(control.fileno())
    while control.is_open:
        batch = backend.wait(_patience(engine, control))
        began = time.monotonic()
        commands = control.receive() if backend.ready() else []
        for command in commands:
            engine.submit(command)
        events = engine.poll(began, batch)
        if events or control.has_unsent:
            control.send(events)
        if commands or len(batch):
            _rest(engine, began + _pause(engine, len(batch)))


def _patience(engine: LocalEngine, control: Control) -> float | None:
    """Return how long the engine may wait for packets."""
    deadline = engine.deadline
    patience = None if deadline is None else max(0.0, deadline - time.monotonic())
    if control.has_unsent:
        return UNSENT_PAUSE if patience is None else min(patience, UNSENT_PAUSE)
    return patience


def _pause(engine: LocalEngine, packets: int) -> float:
    """Return how long packets may gather after a batch."""
    if engine.is_unhurried:
        return LONGEST_PAUSE
    return SHORT_PAUSE if 0 < packets < MANY else LONG_PAUSE


def _rest(engine: LocalEngine, until: float) -> None:
    """Let packets gather, but miss no deadline."""
    deadline = engine.deadline
    pause = (until if deadline is None else min(until, deadline)) - time.monotonic()
    if pause > 0:
        time.sleep(pause)


def build(settings: WorkerSettings) -> tuple[LocalEngine, SocketBackend, str]:
    """Return an engine on real sockets, with threads for its files, its backend, and why that is
    not the fastest one."""
    book = AddressBook(os.urandom(16))
    backend, reason = choose(settings.backend, settings.address, book)
    engine = LocalEngine(
        backend,
        book,
        Ports(
            settings.first_port,
            settings.last_port,
            settings.quarantine,
            affordable_pairs(),
            GUESTS,
        ),
        Loader(Library(settings.country), backend.wake),
        Recorder(backend.wake),
        random=lambda: int.from_bytes(os.urandom(4), "big"),
        epoch=time.time() - time.monotonic(),
        delay=(settings.jitter[0] / 1000, settings.jitter[1] / 1000),
    )
    return engine, backend, reason


def run(settings: WorkerSettings, control: Control) -> None:
    """Run a worker until its switch hangs up, then complete what it records."""
    raise_limit()
    engine, backend, reason = build(settings)
    scheduling, remarks = prefer(settings.core)
    told = (f"no io_uring: {reason}",) if reason else ()
    control.send([Started(backend.name, scheduling, told + remarks)])
    try:
        serve(engine, backend, control)
    finally:
        engine.close()
