"""What may be heard from an engine."""

from typing import Protocol

from msgspec import Struct

from media.control.commands import Command


class Leased(Struct, frozen=True, gc=False, tag=True):
    """Ports that are bound and may be used in Open, once each."""

    ports: tuple[int, ...]


class LeaseFailed(Struct, frozen=True, gc=False, tag=True):
    """No port could be bound: the range is used up, or the process may open no more files."""

    reason: str


class Played(Struct, frozen=True, gc=False, tag=True):
    """A Play is over."""

    stream: int
    token: int
    reason: str
    """`end`, `stopped`, `replaced`, or `failed: ...` with what could not be read."""


class Recorded(Struct, frozen=True, gc=False, tag=True):
    """A recording is over, and its file is in place unless `error` says why not."""

    stream: int
    token: int
    path: str
    seconds: float
    reason: str
    """`stopped`, `maximum`, `silence`, `closed` or `failed`."""

    error: str = ""


class Digit(Struct, frozen=True, gc=False, tag=True):
    """The peer has pressed a key. Said once a press, at its end."""

    stream: int
    key: str
    """One of 0-9, A-D, * or #, or `!` for a hook flash."""

    milliseconds: int
    inband: bool = False
    """It came as tones in the audio, and not as an event."""

    volume: int = 10
    """Of an event, in -dBm0."""


class Silence(Struct, frozen=True, gc=False, tag=True):
    """Neither RTP nor RTCP has arrived for a while. Said at `never` 3 s after Direct, and at 10 s,
    30 s, 60 s and each minute after since the last packet."""

    stream: int
    seconds: float
    never: bool
    """Nothing has arrived since the answer."""

    resting: bool = False
    """The peer's last packet was comfort noise: it says that it sends nothing while nobody speaks
    (RFC 3389)."""


class Audible(Struct, frozen=True, gc=False, tag=True):
    """RTP or RTCP arrives again, after a Silence was said."""

    stream: int


class Quality(Struct, frozen=True, gc=False, tag=True):
    """How well peers are heard, and hear us. Said of all streams where something has come since
    the event before, by column: each is as long as `streams`. None is what is not measured."""

    streams: tuple[int, ...]
    received: tuple[int, ...]
    """Packets, since the stream was opened."""

    lost: tuple[int, ...]
    late: tuple[int, ...]
    """Packets that came after one that was sent later."""

    duplicated: tuple[int, ...]
    loss: tuple[float | None, ...]
    """Packets of 100 that were lost in the last five intervals."""

    jitter_ms: tuple[float | None, ...]
    level: tuple[float | None, ...]
    """Of speech, in dBov."""

    mos: tuple[float | None, ...]
    """1 to 4.5, of the last five intervals (ITU-T G.107)."""

    round_trip_ms: tuple[float | None, ...]
    told_loss: tuple[float | None, ...]
    """The same of what we send, by the peer's last report."""

    told_jitter_ms: tuple[float | None, ...]
    told_mos: tuple[float | None, ...]


class Statistics(Struct, frozen=True, gc=False):
    """Counts of one stream, as of its end. None is what was not measured."""

    received: int = 0
    """Packets taken."""

    received_bytes: int = 0
    sent: int = 0
    lost: int = 0
    """Packets that the sequence numbers promise and that never came."""

    dropped: int = 0
    """Packets of strangers, malformed ones, and those before Direct."""

    jitter_ms: float | None = None
    """Interarrival jitter (RFC 3550, section 6.4.1); None when nothing came."""

    round_trip_ms: float | None = None
    """From RTCP; None when no report came."""

    late: int = 0
    """Packets that came after one that was sent later."""

    duplicated: int = 0
    r_factor: float | None = None
    """Of what came (ITU-T G.107); None for a codec without planning values too."""

    mos: float | None = None
    """1 to 4.5, from the R factor."""

    level: float | None = None
    """Mean of speech in dBov; measured while Measure asks for Quality."""

    talk_spurts: int | None = None
    """How often the peer began to speak; measured likewise."""

    told_lost: int | None = None
    """Packets that the peer says never came to it."""

    told_jitter_ms: float | None = None
    told_mos: float | None = None
    """Of what we sent: the peer's own score, or what its losses are worth."""

    unauthentic: int = 0
    """Of `dropped`: forged, changed or repeated packets of an encrypted stream."""


class Talking(Struct, frozen=True, gc=False, tag=True):
    """A member of a room has begun to talk, or stopped half a second ago."""

    stream: int
    is_talking: bool


class Closed(Struct, frozen=True, gc=False, tag=True):
    stream: int
    statistics: Statistics


class HandedOff(Struct, frozen=True, gc=False, tag=True):
    """What TakeOver wants to know of a stream. A state without descriptors says that there is no
    such stream."""

    stream: int
    port: int
    state: bytes
    descriptors: tuple[int, ...]
    """Of its two sockets, which are the receiver's from now on."""


class WorkerLost(Struct, frozen=True, gc=False, tag=True):
    """The engine's process has died; its streams are gone. Its ports are void."""

    reason: str


Event = (
    Leased
    | LeaseFailed
    | Played
    | Recorded
    | Digit
    | Silence
    | Audible
    | Talking
    | Quality
    | Closed
    | HandedOff
    | WorkerLost
)


class MediaEngine(Protocol):
    """An engine, in this process or behind a socket."""

    def submit(self, command: Command) -> None:
        """Take `command` now; what comes of it arrives later as an event."""
