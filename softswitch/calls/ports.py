"""What calls need from the rest of the switch."""

from typing import Protocol

from msgspec import Struct

from media.sdp import Secret
from softswitch.sip.flow import Flow
from softswitch.sip.vocabulary import Target


class LeasedPort(Struct, frozen=True, gc=False):
    """A port of a media worker that is ours until the stream on it is closed."""

    worker: int
    stream: int
    """The stream's number, never used before."""

    address: str
    """What the telephone is told."""

    port: int
    secret: Secret = Secret()
    """Of this stream alone: our keys are drawn from it, where it is encrypted."""


class MediaPorts(Protocol):
    """Ports that were leased ahead of need."""

    def take(self, label: str, flow: Flow) -> LeasedPort | None:
        """Return a port of the least loaded worker, or None when there is none left.

        label  the call's id, for logs
        flow   of the telephone's signalling: which of our addresses it is told
        """

    def take_beside(self, worker: int, label: str, flow: Flow) -> LeasedPort | None:
        """Return a port of `worker`, or None when it has none left."""

    def move(self, port: LeasedPort, worker: int) -> LeasedPort | None:
        """Let the stream of a port go on at another worker, whom all that is for it is told from
        now on; its telephone notices nothing. None where that cannot be done."""


class Locate(Protocol):
    """Where the telephones of an extension are."""

    def groups(self, extension: str, now: float) -> list[list[Target]]:
        """Return its telephones: those of one group are to ring at once, the best group first."""

    def is_registered(self, extension: str, now: float) -> bool: ...
