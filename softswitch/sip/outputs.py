"""What the endpoint asks of its shell and tells the calls."""

from msgspec import Struct

from softswitch.sip.binding import BindingChange, PhoneReachable, PhoneUnreachable
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


EndpointOutput = (
    Transmit
    | LegEvent
    | SubscriptionEvent
    | BindingChange
    | PhoneReachable
    | PhoneUnreachable
    | BanBegan
    | BanLifted
    | CloseFlow
    | KeepFlow
    | Resolve
    | Discard
)
