"""What the exchange asks for."""

from msgspec import Struct

from media.control import Command
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import ApplicationWanted, Heard, SaveMessage
from softswitch.calls.record import Closed
from softswitch.sip.vocabulary import LegCommand


class ToMedia(Struct, frozen=True, gc=False):
    """A command for a media worker."""

    worker: int
    command: Command


class Discard(Struct, frozen=True, gc=False):
    """Something came too late, or from nowhere, and was dropped."""

    slug: str


Output = LegCommand | ToMedia | ApplicationWanted | Heard | SaveMessage | Logged | Closed | Discard
