"""What a peer on a stream may cost us."""

from msgspec import Struct


class StreamLimits(Struct, frozen=True):
    """Bounds of one listener's connections; times in seconds."""

    connections: int = 4096
    connections_of_host: int = 1024
    """From one address: an office behind a router has one for all its phones."""

    look: float = 5.0
    """Between two looks whether the listening socket still listens."""

    opened: int = 1024
    """Connections that we have opened ourselves."""

    stranger: float = 20.0
    """In which a peer has to send a request that is accepted, whatever else it sends."""

    noise: int = 500
    """Messages, pings and the like that are heard from a stranger: they cost us more than it."""

    handshake: float = 10.0
    """In which a connection of TLS or WebSocket is to be ready for messages, from its beginning."""

    connect: float = 5.0
    """In which a peer has to let us in."""

    idle: float = 7200.0
    """Without a byte from the peer, a connection ends. Longer than any registration that phones
    ask for in practice."""

    message: float = 20.0
    """In which a message that has begun is to be whole."""

    unsent: int = 256 * 1024
    """Bytes that wait for a peer which does not read, or is not reached yet."""

    ping: tuple[float, float] = (60.0, 90.0)
    """Between two pings of ours (RFC 5626, section 4.4.1); anything between is as good."""

    pong: float = 10.0
    """In which a ping is answered, by a peer that has ever answered one."""
