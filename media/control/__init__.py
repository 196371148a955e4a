"""Everything a switch may ask of a media engine, and everything it may hear from it.

Commands and events hold only strings, numbers and each other, so the same values drive an
engine in this process or, as msgpack, one behind a socket. Commands are carried out in order
and are never answered directly: what comes of them arrives as an event.

A **stream** is one side of a call in the engine: a leased port, where its peer is, and what is
done with its packets. The switch numbers its streams; a number is never used twice.
"""

from media.control.commands import (
    Adjust,
    Bridge,
    Carry,
    Close,
    Command,
    Direct,
    HandOff,
    Join,
    Keys,
    Lease,
    Leave,
    Measure,
    Open,
    Play,
    Record,
    Regain,
    SendDigits,
    Stop,
    StopRecording,
    TakeOver,
    Unbridge,
)
from media.control.events import (
    Audible,
    Closed,
    Digit,
    Event,
    HandedOff,
    Leased,
    LeaseFailed,
    MediaEngine,
    Played,
    Quality,
    Recorded,
    Silence,
    Statistics,
    Talking,
    WorkerLost,
)

__all__ = [
    "Adjust",
    "Audible",
    "Bridge",
    "Carry",
    "Close",
    "Closed",
    "Command",
    "Digit",
    "Direct",
    "Event",
    "HandOff",
    "HandedOff",
    "Join",
    "Keys",
    "Lease",
    "LeaseFailed",
    "Leased",
    "Leave",
    "Measure",
    "MediaEngine",
    "Open",
    "Play",
    "Played",
    "Quality",
    "Record",
    "Recorded",
    "Regain",
    "SendDigits",
    "Silence",
    "Statistics",
    "Stop",
    "StopRecording",
    "TakeOver",
    "Talking",
    "Unbridge",
    "WorkerLost",
]
