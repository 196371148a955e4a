"""What the endpoint asks of its shell and tells the calls."""

from msgspec import Struct

from softswitch.sip.binding import BindingChange, PhoneReachable, PhoneUnreachable
from softswitch.sip.denied import Denied
from softswitch.sip.flow import Flow
from softswitch.sip.guard import BanBegan, BanLifted
from softswitch.sip.locate import Resolve
from softswitch.sip.transaction import Discard, Transmit
from softswitch.sip.vocabulary import LegEvent
from softswitch.sip.watching import SubscriptionEvent


class CloseFlow(Struct, frozen=True, gc=False):
    """Close this connection: its peer is not wanted here."""

    flow: Flow


class KeepFlow(Struct, frozen=True, gc=False):
    """Let this connection last: its peer has proven that it belongs here. Said again and again."""

    flow: Flow
    alias: int = 0
    """The port at which the peer would be reached by a connection of ours, which this one stands
    for as well (RFC 5923); 0 for none."""


class CallPassedOn(Struct, frozen=True, gc=False):
    """A call that the proxy has passed on is over, as far as it can know."""

    call_id: str
    """The header's."""

    caller: str
    """Extension."""

    callee: str
    """The number that was called."""

    status: int
    """What the caller was told; 200 if it was answered."""

    rang: float
    """Seconds."""

    talked: float
    """Seconds."""

    is_lost: bool
    """Nobody has hung up in time: the end was not seen."""


EndpointOutput = (
    Transmit
    | LegEvent
    | SubscriptionEvent
    | BindingChange
    | PhoneReachable
    | PhoneUnreachable
    | BanBegan
    | BanLifted
    | Denied
    | CloseFlow
    | KeepFlow
    | CallPassedOn
    | Resolve
    | Discard
)
