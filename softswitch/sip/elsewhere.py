"""Where somebody is who has not registered here."""

from msgspec import Struct

from softswitch.sip.flow import Flow


class Elsewhere(Struct, frozen=True, gc=False):
    """Where a request is sent to whom no telephone of ours is: the way is found when it is sent,
    and another one where that fails (RFC 3263)."""

    uri: str
    """The Request-URI."""

    next_hop: str = ""
    """The URI that the way leads to, when that is another one: of the topmost Route."""

    route: tuple[str, ...] = ()
    """Values of Route that a request of our own gets; `next_hop` is to be the first one's URI."""

    source: Flow | None = None
    """Of whom we pass this on for; None when we send of our own accord."""
