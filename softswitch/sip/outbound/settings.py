"""How long what leaves is tried."""

from msgspec import Struct


class DepartureSettings(Struct, frozen=True):
    """Times in seconds."""

    locating: float = 10.0
    """In which the DNS is to have answered everything."""

    silence: float = 4.0
    """After which the next hop is tried while one says nothing at all: a caller does not wait for
    as long as a transaction does. The last one has the transaction's whole time."""

    tries: int = 6
    """Hops that one request is sent to at most."""

    avoided: float = 60.0
    """That a hop which has failed comes after all others, and one that lets no TCP in gets long
    requests by UDP."""

    longest_avoided: float = 600.0
    """The same when the hop itself has said for how long (Retry-After)."""

    longest_datagram: int = 1300
    """Bytes; a longer request leaves by TCP where it can (RFC 3261, section 18.1.1)."""
