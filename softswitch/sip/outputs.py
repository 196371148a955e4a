"""What the endpoint asks of its shell and tells the calls."""

from msgspec import Struct

from softswitch.sip.binding import BindingChange
from softswitch.sip.flow import Flow
from softswitch.sip.guard import Ban
from softswitch.sip.transaction import Discard, Transmit
from softswitch.sip.vocabulary import LegEvent


class CloseFlow(Struct, frozen=True, gc=False):
    """Close this connection: its peer is not wanted here."""

    flow: Flow


class KeepFlow(Struct, frozen=True, gc=False):
    """Let this connection last: its peer has proven that it belongs here. Said again and again."""

    flow: Flow


class BanBegan(Struct, frozen=True, gc=False):
    """Somebody has guessed so many passwords that he is not answered for a while."""

    ban: Ban


class BanLifted(Struct, frozen=True, gc=False):
    """A ban was ended before its time."""

    address: str


EndpointOutput = (
    Transmit | LegEvent | BindingChange | BanBegan | BanLifted | CloseFlow | KeepFlow | Discard
)
