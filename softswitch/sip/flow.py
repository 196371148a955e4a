"""Where a message came from and where an answer goes."""

from typing import NamedTuple

from msgspec import Struct


class Flow(NamedTuple):
    """A path to one peer: what RFC 5626 calls a flow.

    For UDP the pair of addresses is the whole identity. A stream has a connection number too,
    never used twice, so that an answer is not sent into a later connection from the same port.
    """

    transport: str
    """`udp`, `tcp`, `tls`, `ws` or `wss`."""

    local: tuple[str, int]
    """The listening address that the message came in by."""

    remote: tuple[str, int]

    connection: int = 0
    """0 on a stream, for what is sent: the connection that leads to `remote`, be it open already
    or opened for it (RFC 5923). What comes in has the number of its connection."""

    name: str = ""
    """With connection 0 and `tls`: the domain that the peer's certificate has to be for
    (RFC 5922); empty for the address in `remote`."""

    @property
    def reliable(self) -> bool:
        return self.transport != "udp"


class Transmit(Struct, frozen=True, gc=False):
    """Send these bytes: what every machine of the stack asks its shell for."""

    data: bytes
    flow: Flow
