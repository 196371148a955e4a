"""One telephone that is being called."""

from msgspec import Struct

from softswitch.calls.side import Side
from softswitch.routing.plan import Next
from softswitch.sip.vocabulary import Diversion


class Fork(Struct, eq=False):
    """A telephone that may win the call."""

    side: Side
    member: str
    """The extension of the hunt that it rings for."""

    extension: str
    """Whose telephone it is: another one than `member` after a redirection."""

    diversions: tuple[Diversion, ...] = ()
    redirections: int = 0
    trail: Next | None = None
    """A continuation of the last redirection, which knows where the call has been; None where
    that is what the continuations of the step know."""

    rang: bool = False
    brought_media: int = 0
    """Place in the order in which early media came, 0 for none."""

    is_live: bool = True
    """Neither given up nor over."""

    def come_after(self, fork: "Fork") -> None:
        """Take the place of a fork that has sent the call here; its user is named in Diversion."""
        self.diversions = fork.sent_on
        self.redirections = fork.redirections + 1
        self.trail = fork.trail

    @property
    def sent_on(self) -> tuple[Diversion, ...]:
        """How a call has come to where this telephone has sent it, newest first."""
        return (Diversion(self.extension, "deflection"), *self.diversions)
