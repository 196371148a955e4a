"""What the transaction layer asks of its shell and tells its user.

`key` names a server transaction, `branch` a client transaction. Both are opaque.
"""

from msgspec import Struct

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import Request, Response


class RequestArrived(Struct, frozen=True, gc=False):
    """A new request, neither ACK nor CANCEL. Answer it with `respond(key, ...)`."""

    request: Request
    flow: Flow
    key: str


class AckArrived(Struct, frozen=True, gc=False):
    """An ACK to a 2xx, each copy of it; or one that belongs to nothing."""

    request: Request
    flow: Flow
    key: str = ""
    """Of the INVITE, when the ACK has its branch, which it should not."""


class CancelArrived(Struct, frozen=True, gc=False):
    """A caller gives up an INVITE that has no final response. The CANCEL itself is answered."""

    request: Request
    flow: Flow
    key: str
    """Of the INVITE, which now wants its 487."""


class ResponseArrived(Struct, frozen=True, gc=False):
    """A response to our request; a 2xx to an INVITE comes again with each of its copies."""

    response: Response
    flow: Flow
    branch: str


class TimedOut(Struct, frozen=True, gc=False):
    """No final response to our request came in time: treat it as 408."""

    branch: str


class ServerTimedOut(Struct, frozen=True, gc=False):
    """Our failure response to an INVITE was never acknowledged, or its connection is gone."""

    key: str


class Failed(Struct, frozen=True, gc=False):
    """The connection that carried our request is gone: treat it as 503."""

    branch: str


class Discard(Struct, frozen=True, gc=False):
    """Input that was understood and deliberately ignored."""

    slug: str
    """Stable and searchable: it is counted, and asserted in tests."""


Sent = Transmit | Discard
"""What comes of a message that the user of the layer sends."""

Output = (
    Transmit
    | RequestArrived
    | AckArrived
    | CancelArrived
    | ResponseArrived
    | TimedOut
    | ServerTimedOut
    | Failed
    | Discard
)
