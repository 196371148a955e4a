"""What a running switch says about itself."""

import os
from pathlib import Path
from typing import Self

from msgspec import Struct

from softswitch.calls.journal import Progress
from softswitch.calls.quality import LegQuality
from softswitch.daemon.listening import ListenerState
from softswitch.storage.trouble import Trouble


class Registration(Struct, frozen=True):
    extension: str
    contact: str
    source: str
    """Transport, address and port that requests are sent to."""

    agent: str
    expires_in: float
    """Seconds."""

    reachable: bool = True
    """Whether it is called: phones that do not answer any more are not."""

    round_trip: float | None = None
    """Milliseconds that its last answer took, when it was asked whether it is there."""

    preference: float = 1.0
    """Its q, 0 to 1: the highest rings first."""

    flow: str = ""
    """Number and instance, of a phone with several flows; the instance of one that says its own."""

    path: tuple[str, ...] = ()
    """The proxies on the way to it."""


class CallInProgress(Struct, frozen=True):
    call: str
    """Its id."""

    caller: str
    dialled: str
    state: str
    """Where it is, such as `ring sales`, `talk 102`, `menu main`, or `ending`."""

    age: float
    """Seconds."""

    legs: tuple[LegQuality, ...] = ()
    """How well those are heard, and hear, who speak through the switch."""

    @classmethod
    def of(cls, one: Progress, at: float) -> Self:
        """Return what is told of a call; `at` is the present, as Unix time."""
        age = round(at - one.since, 1)
        return cls(one.call, one.caller, one.dialled, one.state, age, one.legs)


class Worker(Struct, frozen=True):
    """One media worker."""

    process: int
    backend: str
    """How it reads and writes packets."""

    streams: int
    free_ports: int
    memory: int
    """Bytes that are resident; 0 when unknown."""

    scheduling: str = ""
    """How it gets its share of the machine, such as `real time, core 1`."""

    remarks: tuple[str, ...] = ()
    """What it would have liked and was refused, in words."""


class StorageState(Struct, frozen=True):
    """What became of one kind of items that once could not be written."""

    kind: str
    """`records`, `bindings`, `messages`, `bans` or `alive`."""

    reason: str
    failing_for: float
    """Seconds that it lasted, or lasts."""

    well_for: float | None
    """Seconds since they are written again; None while they are not."""

    lost: int
    """Items that were lost in it."""

    waiting: int
    """Items that are not written yet."""


def storage_state(trouble: Trouble, now: float) -> StorageState:
    until = trouble.until
    return StorageState(
        trouble.kind,
        trouble.reason,
        round((now if until is None else until) - trouble.since, 1),
        None if until is None else round(now - until, 1),
        trouble.lost,
        trouble.waiting,
    )


class Status(Struct, frozen=True):
    version: str
    process: int
    uptime: float
    """Seconds."""

    listeners: tuple[ListenerState, ...]
    media_address: str
    memory: int
    """Bytes of the switch's own process that are resident."""

    registrations: tuple[Registration, ...]
    calls: tuple[CallInProgress, ...]
    workers: tuple[Worker, ...]
    drops: dict[str, int]
    """What was discarded, by slug."""

    faults: dict[str, int]
    """Errors in the switch itself, by place."""

    waiting_writes: int
    """Items on their way to the disk."""

    bans: int = 0
    """Addresses that are not answered because they guessed passwords."""

    denied: dict[str, int] = {}
    """Requests that were turned away, by status and reason: wrong passwords, phones too many."""

    lag: float = 0.0
    """Seconds by which the process was late, when it was last looked at."""

    overloaded_for: float | None = None
    """Seconds for which new calls have been refused; None when they are taken."""

    storage: tuple[StorageState, ...] = ()
    """Whatever could not be written at some time of this run, its last time each."""


def resident(process: int) -> int:
    """Return the bytes of memory that a process has; 0 when that cannot be found out."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
