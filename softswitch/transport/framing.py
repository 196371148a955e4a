"""How SIP messages lie in a stream."""

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from softswitch.sip.message.framing import Broken, Framer, KeepAlive


class Answer(Struct, frozen=True, gc=False):
    """Bytes that go back at once: a pong, or a part of a handshake."""

    data: bytes


class Noise(Struct, frozen=True, gc=False):
    """What was neither a message nor the end: pings, and parts of messages."""

    count: int


class Ended(Struct, frozen=True, gc=False):
    """The stream ends here: close the connection. The last item of a framing."""

    slug: str
    """Why, for the count of what was dropped; empty when the peer wished it."""


Item = bytes | Answer | Noise | Ended
"""What a stream yields: whole messages, and what concerns the stream alone."""


class Framing(Protocol):
    """Cuts what one peer sends into messages, and puts a frame around what it is sent."""

    @property
    def is_ready(self) -> bool:
        """Whether messages can be sent: false as long as hands are shaken."""

    @property
    def is_pending(self) -> bool:
        """Whether something has begun that is not whole."""

    def ping(self) -> bytes:
        """Return what the peer is to answer at once, if it keeps flows alive."""

    def receive(self, data: bytes) -> Iterator[Item]:
        """Yield what is whole now, each read when it is asked for; after Ended nothing follows.

        Whatever the peer has sent, there is little work between one item and the next.
        """

    def frame(self, message: bytes) -> bytes:
        """Return what is sent for `message`; nothing when none can be sent any more."""

    def farewell(self) -> bytes:
        """Return what is sent before the connection is closed."""


class StreamFraming:
    """Messages one after the other, cut by their Content-Length (RFC 3261, section 18.3)."""

    __slots__ = ("_framer",)

    is_ready = True

    def __init__(self) -> None:
        self._framer = Framer()

    @property
    def is_pending(self) -> bool:
        return self._framer.pending > 0

    def receive(self, data: bytes) -> Iterator[Item]:
        for item in self._framer.cut(data):
            match item:
                case KeepAlive():
                    yield Answer(item.answer)
                case Broken():
                    yield Ended(item.slug)
                case _:
                    yield item

    def ping(self) -> bytes:
        return b"\r\n\r\n"  # RFC 5626, section 3.5.1

    def frame(self, message: bytes) -> bytes:
        return message

    def farewell(self) -> bytes:
        return b""
