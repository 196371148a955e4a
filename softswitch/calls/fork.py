"""One telephone that is being called."""

from softswitch.calls.side import Side
from softswitch.routing.plan import Next
from softswitch.sip.vocabulary import Diversion


class Fork:
    """A telephone that may win the call.

    member  the extension of the hunt that it rings for
    after   the fork that sent the call to this one; its user is named in Diversion
    """

    __slots__ = ("brought_media", "diversions", "extension", "is_live", "member", "rang",
                 "redirections", "side", "trail")  # fmt: skip

    def __init__(self, side: Side, member: str, after: "Fork | None" = None) -> None:
        self.side = side
        self.member = member
        self.extension = side.extension
        """Whose telephone it is: another one than `member` after a redirection."""

        self.diversions: tuple[Diversion, ...] = ()
        self.redirections = 0
        self.trail: Next | None = None
        """A continuation of the last redirection, which knows where the call has been; None where
        that is what the continuations of the step know."""

        if after is not None:
            self.diversions = after.sent_on
            self.redirections = after.redirections + 1
            self.trail = after.trail
        self.rang = False
        self.brought_media = 0
        """Place in the order in which early media came, 0 for none."""

        self.is_live = True
        """Neither given up nor over."""

    @property
    def sent_on(self) -> tuple[Diversion, ...]:
        """How a call has come to where this telephone has sent it, newest first."""
        return (Diversion(self.extension, "deflection"), *self.diversions)
