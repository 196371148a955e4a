"""Commands and events as bytes on a stream: each block of them is a length and a msgpack list."""

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from msgspec import msgpack
from msgspec.structs import replace

from media.control import Command, Event
from media.handing import HandedOff, TakeOver
from media.line import Line

LONGEST_BLOCK: Final = 16 * 1024 * 1024

_LENGTH: Final = 4

Value = TypeVar("Value", Command, Event)

_encoder = msgpack.Encoder()


def encode(values: Sequence[Command] | Sequence[Event]) -> bytes:
    """Return one block. Raises msgspec.MsgspecError for what has no such form."""
    body = _encoder.encode(values)
    return len(body).to_bytes(_LENGTH, "big") + body


def put(values: Sequence[Command] | Sequence[Event], line: Line) -> None:
    """Put values on a line, and with those that have descriptors what they are numbers of."""
    first = 0
    for at, value in enumerate(values):
        if isinstance(value, HandedOff | TakeOver):
            if first < at:
                line.put(encode(values[first:at]), [])
            line.put(encode(values[at : at + 1]), list(value.descriptors))
            first = at + 1
    if first < len(values):
        line.put(encode(values[first:]), [])


def received(value: Value, line: Line) -> Value:
    """Return a value as it is to be used here: its descriptors are those that have come by the
    line. Raises ValueError when they have not."""
    if isinstance(value, HandedOff | TakeOver) and value.descriptors:
        return replace(value, descriptors=line.take(len(value.descriptors)))
    return value


class Reader(Generic[Value]):
    """Puts blocks together again."""

    def __init__(self, decode: Callable[[bytes], list[Value]]) -> None:
        self._decode: Callable[[bytes], list[Value]] = decode
        self._bytes = bytearray()

    def receive(self, data: bytes) -> list[Value]:
        """Return what is complete now. Raises ValueError when this is not what the other side
        of our own program sends."""
        pending = self._bytes
        pending += data
        values: list[Value] = []
        at = 0
        while len(pending) >= at + _LENGTH:
            length = int.from_bytes(pending[at : at + _LENGTH], "big")
            if length > LONGEST_BLOCK:
                raise ValueError(f"a block of {length} bytes")
            end = at + _LENGTH + length
            if len(pending) < end:
                break
            values += self._decode(bytes(pending[at + _LENGTH : end]))
            at = end
        del pending[:at]
        return values


def command_reader() -> Reader[Command]:
    return Reader(msgpack.Decoder(list[Command]).decode)


def event_reader() -> Reader[Event]:
    return Reader(msgpack.Decoder(list[Event]).decode)
