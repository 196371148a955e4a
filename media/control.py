"""Everything a switch may ask of a media engine, and everything it may hear from it.

Commands and events hold only strings, numbers and each other, so the same values drive an
engine in this process or, as msgpack, one behind a socket. Commands are carried out in order
and are never answered directly: what comes of them arrives as an event.

A **stream** is one side of a call in the engine: a leased port, where its peer is, and what is
done with its packets. The switch numbers its streams; a number is never used twice.
"""

from typing import Protocol

from msgspec import Struct

from media.conferencing import (
    Adjust,
    Announce,
    Announced,
    Join,
    Leave,
    RecordRoom,
    RoomRecorded,
    StopAnnouncing,
    StopRecordingRoom,
    Talking,
)
from media.filing import (
    HandRecording,
    Pause,
    RecordCall,
    Resume,
    Seek,
    StopRecordingCall,
)
from media.handing import HandedOff, HandOff, Regain, TakeOver
from media.measuring import Keys, Measure, Quality, Statistics

# What may be asked


class Lease(Struct, frozen=True, gc=False, tag=True):
    """Bind `count` more ports ahead of need. Leased follows."""

    count: int


class Open(Struct, frozen=True, gc=False, tag=True):
    """Put a stream on a leased port. Nothing is sent, and what arrives is dropped, until Direct."""

    stream: int
    port: int
    """The even RTP port; RTCP is on the next one."""

    label: str = ""
    """The call's id, for the engine's log lines."""


class Direct(Struct, frozen=True, gc=False, tag=True):
    """Say where a stream's peer is and what both sides speak; may be said again at any time."""

    stream: int
    address: str
    """The peer's address from its session description; empty when not known yet."""

    port: int
    codec: str
    """`PCMU`, `PCMA`, `G722`, or `opus` where that is installed."""

    payload_type: int
    """RTP payload type of `codec` as the peer wants to receive it."""

    receive_payload_type: int
    """The same as the peer sends it."""

    event_payload_type: int = -1
    """Payload type of telephone-event as the peer wants to receive it, -1 for none."""

    receive_event_payload_type: int = -1
    ptime: int = 20
    """Milliseconds of audio in a packet that we send."""

    sends: bool = True
    """We may send to the peer (it is not on hold)."""

    receives: bool = True
    """The peer may send to us."""

    latch: bool = True
    """Learn the peer's real source address from what arrives, then lock on it."""

    signalling_address: str = ""
    """Where the peer's signalling comes from: preferred while learning."""

    early: bool = False
    """Before the answer: no silence is reported."""

    also_receives: tuple[tuple[int, str], ...] = ()
    """More payload types that the peer may send, each with its codec: who has agreed on several
    may change between them at any packet (RFC 3264, section 6)."""

    detects: bool = False
    """The peer's digits may come as tones in its audio. They are told, and silence is passed on in
    their place, except to a stream that takes its digits as tones too."""

    event_clock_rate: int = 0
    """Units in a second of the durations of events; 0 for the clock rate of `codec`."""

    extended_reports: bool = False
    """The peer reads VoIP metrics in RTCP (RFC 3611). Who sends them is sent them in any case."""

    keys: Keys | None = None
    """None for plain RTP. With the same keys said again, counters go on."""


class Carry(Struct, frozen=True, gc=False, tag=True):
    """Say where the peer of a stream is that speaks no RTP: its datagrams are passed on untouched
    to a bridged stream that carries them too, as T.38's UDPTL wants it. Takes the place of Direct,
    and Direct of it, in the middle of a call as well."""

    stream: int
    address: str
    """The peer's address from its session description; empty when not known yet."""

    port: int
    sends: bool = True
    receives: bool = True
    latch: bool = True
    signalling_address: str = ""


class Bridge(Struct, frozen=True, gc=False, tag=True):
    """Let two streams hear each other, by relay when their codecs agree; otherwise what is said is
    decoded and encoded anew. A stream that is bridged with itself is an echo. Replaces any bridge
    that either had."""

    stream: int
    other: int


class Unbridge(Struct, frozen=True, gc=False, tag=True):
    """Part two streams; both stay open."""

    stream: int


class Play(Struct, frozen=True, gc=False, tag=True):
    """Play sources, one after another, to the peer. Replaces what is playing. Played follows."""

    stream: int
    sources: tuple[str, ...]
    """Paths of audio files of any rate, of folders of them (in the order of their names), or
    `tone:NAME` (`ringback`, `busy`, `congestion`, `dial`, `waiting`, `information`, `beep`,
    `silence:MILLISECONDS`). A tone is that of the engine's country, or as in `tone:ringback/de`
    that of another (`media.countries`)."""

    token: int
    """Comes back in Played, so that an answer to an older Play is known as such."""

    repeat: bool = False
    """Begin again at the end, for ever."""

    position: float = 0.0
    """Seconds from the beginning where it begins."""

    shuffle: bool = False
    """In an order that is drawn anew for each Play; for shared ones once."""

    shared: bool = False
    """Like a radio station, for ever: who joins hears what all hear, the clock says where."""


class Stop(Struct, frozen=True, gc=False, tag=True):
    """Stop playing at once. Played follows, if something was playing."""

    stream: int


class Record(Struct, frozen=True, gc=False, tag=True):
    """Write what the peer says to a WAV file (8 kHz, 16 bit, mono). Recorded follows.

    The file grows under a temporary name beside `path`; at the end it is synced and renamed.
    """

    stream: int
    path: str
    token: int
    maximum: float
    """Seconds after which it ends by itself."""

    silence: float = 0.0
    """Seconds of silence after which it ends by itself; 0 for never."""

    after: int = 0
    """Token of a Play: begin in the moment in which that is over, for whatever reason, so that no
    word between the two is lost; 0 for at once."""


class StopRecording(Struct, frozen=True, gc=False, tag=True):
    stream: int


class SendDigits(Struct, frozen=True, gc=False, tag=True):
    """Send digits to the peer, one after another: as named events (RFC 4733), or as tones in the
    audio (ITU-T Q.23) where it takes no events."""

    stream: int
    digits: str
    """Keys, or `!` for a hook flash, of which there is no tone."""

    milliseconds: int = 100
    gap: int = 60
    """Milliseconds of pause between two digits."""

    volume: int = 10
    """In -dBm0, from 0 to 36: events say it, tones have it."""

    tones: bool = False
    """As tones, although the peer takes events."""


class Close(Struct, frozen=True, gc=False, tag=True):
    """End a stream: what plays stops, a recording is completed, the port is quarantined and then
    leased out anew by itself. Closed follows, as the last event of the stream."""

    stream: int


class Ping(Struct, frozen=True, gc=False, tag=True):
    """Say that you are there. Pong follows, at the engine's next turn."""

    number: int


Command = (
    Lease
    | Open
    | Direct
    | Carry
    | Bridge
    | Unbridge
    | Play
    | Stop
    | Pause
    | Resume
    | Seek
    | Record
    | StopRecording
    | RecordCall
    | StopRecordingCall
    | HandRecording
    | SendDigits
    | Join
    | Adjust
    | Leave
    | Announce
    | StopAnnouncing
    | RecordRoom
    | StopRecordingRoom
    | Close
    | HandOff
    | TakeOver
    | Regain
    | Ping
    | Measure
)

# What may be heard


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


class Closed(Struct, frozen=True, gc=False, tag=True):
    stream: int
    statistics: Statistics


class Pong(Struct, frozen=True, gc=False, tag=True):
    """The answer to a Ping: the engine turns."""

    number: int


class Started(Struct, frozen=True, gc=False, tag=True):
    """An engine in a process of its own is ready for commands. Its first event."""

    backend: str
    """How it reads and writes packets."""

    scheduling: str
    """How it gets its share of the machine, such as `real time, core 1`."""

    remarks: tuple[str, ...] = ()
    """What it would have liked and was refused, in words."""


class WorkerLost(Struct, frozen=True, gc=False, tag=True):
    """The engine's process has died, or hung and been killed; its streams are gone. Its ports are
    void."""

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
    | Announced
    | RoomRecorded
    | Closed
    | Quality
    | HandedOff
    | Pong
    | Started
    | WorkerLost
)


class MediaEngine(Protocol):
    """An engine, in this process or behind a socket."""

    def submit(self, command: Command) -> None:
        """Take `command` now; what comes of it arrives later as an event."""
