"""More of what may be asked, as in `media.control`: of what plays, and of recorded calls."""

from msgspec import Struct


class Pause(Struct, frozen=True, gc=False, tag=True):
    """Play silence until Resume; what was played goes on from there."""

    stream: int


class Resume(Struct, frozen=True, gc=False, tag=True):
    stream: int


class Seek(Struct, frozen=True, gc=False, tag=True):
    """Go elsewhere in what plays; over its end is its end, or once more around if it repeats."""

    stream: int
    seconds: float
    from_here: bool = False


class RecordCall(Struct, frozen=True, gc=False, tag=True):
    """Write both sides of a call to one file of two channels. Recorded follows.

    Left is what the peer of `stream` says, right what whoever it is bridged with at the time says.
    Where nothing came, on hold or between two bridges, is silence: the channels keep time. What we
    play is not in it. The file grows as a WAV (16 bit) under a temporary name beside `path`, whose
    suffix (`.wav`, `.flac`, `.ogg`) says what becomes of it at the end.
    """

    stream: int
    path: str
    token: int
    maximum: float
    """Seconds after which it ends by itself."""


class StopRecordingCall(Struct, frozen=True, gc=False, tag=True):
    stream: int


class HandRecording(Struct, frozen=True, gc=False, tag=True):
    """Let the recording of a call go on when `stream` is about to leave: what the peer of `to`
    says is left from now on."""

    stream: int
    to: int
