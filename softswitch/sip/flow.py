"""Where a message came from and where an answer goes."""

from typing import NamedTuple

from msgspec import Struct


class Flow(NamedTuple):
    """A path to one peer: what RFC 5626 calls a flow.

    For UDP the pair of addresses is the whole identity. A stream has a connection number too,
    never used twice, so that an answer is not sent into a later connection from the same port.
    """

    transport: str
    """`udp` or `tcp`, in lower case."""

    local: tuple[str, int]
    """The listening address that the message came in by."""

    remote: tuple[str, int]

    connection: int = 0

    @property
    def reliable(self) -> bool:
        return self.transport != "udp"


class Transmit(Struct, frozen=True, gc=False):
    """Send these bytes: what every machine of the stack asks its shell for."""

    data: bytes
    flow: Flow
