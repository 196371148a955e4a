"""More of what may be asked and heard, as in `media.control`: of rooms.

A **room** is where streams of one engine meet. It has a number, and is there while somebody is in
it. Who is to join from another engine of the machine is moved there first (`media.handing`).
"""

from msgspec import Struct


class Join(Struct, frozen=True, gc=False, tag=True):
    """Let a stream be in a room, where everybody hears all others. It leaves its bridge and any
    other room. Of more than 16 members the loudest four are heard."""

    stream: int
    room: int
    gain: float = 0.0
    """Decibels by which the others hear it louder."""

    muted: bool = False
    """The others do not hear it."""

    listens: bool = False
    """It only listens: it is never heard, does not count as a member, and what its peer sends is
    not even decoded. To have it speak, let it join again."""


class Adjust(Struct, frozen=True, gc=False, tag=True):
    """Change how a member of a room is heard."""

    stream: int
    gain: float = 0.0
    muted: bool = False


class Leave(Struct, frozen=True, gc=False, tag=True):
    """Leave the room."""

    stream: int


class Announce(Struct, frozen=True, gc=False, tag=True):
    """Play sources, one after another, to all who are in a room, while they go on talking. Replaces
    what is announced there. Announced follows, at the latest when nobody is in the room any more.
    """

    room: int
    sources: tuple[str, ...]
    """As in Play."""

    token: int
    """Comes back in Announced."""

    repeat: bool = False
    """Begin again at the end, for ever."""


class StopAnnouncing(Struct, frozen=True, gc=False, tag=True):
    """Announced follows, if something was announced."""

    room: int


class RecordRoom(Struct, frozen=True, gc=False, tag=True):
    """Write what is said in a room, and announced, to a file of one channel. RoomRecorded follows,
    at the latest when nobody is in the room any more.

    The file grows as a WAV (16 bit) under a temporary name beside `path`, whose suffix (`.wav`,
    `.flac`, `.ogg`) says what becomes of it at the end.
    """

    room: int
    path: str
    token: int
    maximum: float
    """Seconds after which it ends by itself."""

    rate: int = 8000
    """Samples a second: 8000, 16000 or 48000."""


class StopRecordingRoom(Struct, frozen=True, gc=False, tag=True):
    room: int


class Talking(Struct, frozen=True, gc=False, tag=True):
    """A member of a room has begun to talk, or stopped half a second ago."""

    stream: int
    is_talking: bool


class Announced(Struct, frozen=True, gc=False, tag=True):
    """An Announce is over."""

    room: int
    token: int
    reason: str
    """`end`, `stopped`, `replaced`, `empty` (nobody is in the room), or `failed: ...` with what
    could not be read."""


class RoomRecorded(Struct, frozen=True, gc=False, tag=True):
    """A RecordRoom is over, and its file is in place unless `error` says why not."""

    room: int
    token: int
    path: str
    seconds: float
    reason: str
    """`stopped`, `maximum`, `empty`, `closed` (the engine has ended) or `failed`."""

    error: str = ""
