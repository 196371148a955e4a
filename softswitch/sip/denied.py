"""Who was turned away, for the log and for counts."""

from msgspec import Struct

from softswitch.sip.flow import Flow


class Denied(Struct, frozen=True, gc=False):
    """Somebody was turned away for good reason, or guesses: for people to read and to count."""

    method: str
    user: str
    """In whose name he came; nothing of it is proven."""

    flow: Flow
    status: int
    reason: str
    """One of a few: no words of the peer."""
