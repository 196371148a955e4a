"""What an INVITE says of who calls, and of how the call has come."""

from msgspec import Struct

_HIDING = frozenset(("id", "user"))
_SECRETIVE = frozenset(("header", "history"))


class Party(Struct, frozen=True, gc=False):
    """A name and a number, as a telephone shows them."""

    number: str
    name: str = ""


class Diversion(Struct, frozen=True, gc=False):
    """One forwarding that happened before (RFC 5806)."""

    number: str
    reason: str
    """`unconditional`, `user-busy`, `no-answer`, `unavailable`, `deflection` ..."""


class Claims(Struct, frozen=True, gc=False):
    """What is believed of it: of a telephone only what concerns itself."""

    asserted: Party | None = None
    """Who calls, as a trusted side says it (RFC 3325)."""

    privacy: frozenset[str] = frozenset()
    """What the caller wants to be kept secret (RFC 3323), in lower case."""

    diversions: tuple[Diversion, ...] = ()
    """Newest first."""

    history: tuple[str, ...] = ()
    """Values of History-Info (RFC 7044), oldest first."""

    alert: str = ""
    """Value of Alert-Info: how it is to ring."""

    call_info: tuple[str, ...] = ()
    """Values of Call-Info."""

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody may be shown who calls."""
        return not self.privacy.isdisjoint(_HIDING)

    @property
    def hides_history(self) -> bool:
        """Whether only trusted sides may know by whom the call has come."""
        return self.is_anonymous or not self.privacy.isdisjoint(_SECRETIVE)

    @property
    def hides_session(self) -> bool:
        """Whether the other side may not see where the caller's speech comes from."""
        return "session" in self.privacy

    @property
    def forwardings(self) -> int:
        """How often the call has been sent on before, as far as it says so."""
        return max(len(self.diversions), sum(";cause=" in entry for entry in self.history))
