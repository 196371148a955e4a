"""More of what may be asked and heard, as in `media.control`: of streams that change engines."""

from msgspec import Struct


class HandOff(Struct, frozen=True, gc=False, tag=True):
    """Give a stream away, with its sockets and all that is known of it: to another engine of this
    machine, where TakeOver goes on with it. What plays stops, and a recording is completed.
    HandedOff follows, as the last event of the stream here, but for a Recorded."""

    stream: int


class TakeOver(Struct, frozen=True, gc=False, tag=True):
    """Go on with a stream that another engine has handed off. Its bridge is not taken over."""

    stream: int
    port: int
    state: bytes
    descriptors: tuple[int, ...]
    """Of its two sockets, numbered as in this process."""


class Regain(Struct, frozen=True, gc=False, tag=True):
    """A port of this engine's range is free again: the stream that was handed off with it has
    closed elsewhere."""

    port: int


class HandedOff(Struct, frozen=True, gc=False, tag=True):
    """What TakeOver wants to know of a stream. A state without descriptors says that there is no
    such stream."""

    stream: int
    port: int
    state: bytes
    descriptors: tuple[int, ...]
    """Of its two sockets, which are the receiver's from now on."""
