"""More of what may be asked and heard, as in `media.control`: of rooms."""

from msgspec import Struct


class Join(Struct, frozen=True, gc=False, tag=True):
    """Let a stream be a member of a room, where everybody hears all others. It leaves its bridge
    and any other room. A room is there while it has members."""

    stream: int
    room: int
    gain: float = 0.0
    """Decibels by which the others hear it louder."""

    muted: bool = False
    """The others do not hear it."""


class Adjust(Struct, frozen=True, gc=False, tag=True):
    """Change how a member of a room is heard."""

    stream: int
    gain: float = 0.0
    muted: bool = False


class Leave(Struct, frozen=True, gc=False, tag=True):
    """Leave the room."""

    stream: int


class Talking(Struct, frozen=True, gc=False, tag=True):
    """A member of a room has begun to talk, or stopped half a second ago."""

    stream: int
    is_talking: bool
