"""What the DNS is asked, and what it answers."""

from msgspec import Struct


class Resolve(Struct, frozen=True, gc=False):
    """Ask the DNS. Exactly one Resolved follows, unless it takes too long for everybody."""

    name: str
    kind: str
    """`NAPTR`, `SRV`, `A` or `AAAA`."""


class Naptr(Struct, frozen=True, gc=False):
    """One service of a domain (RFC 3403)."""

    order: int
    preference: int
    flags: str
    service: str
    """Such as `SIP+D2U`."""

    replacement: str
    """The name to ask about next."""


class Srv(Struct, frozen=True, gc=False):
    """One host of a service (RFC 2782)."""

    priority: int
    weight: int
    port: int
    host: str
    """Empty where the domain says that it does not have this service."""


Record = Naptr | Srv | str
"""A text is an address."""


class Resolved(Struct, frozen=True, gc=False):
    """An answer; names in it have no dot at the end."""

    question: Resolve
    records: tuple[Record, ...] = ()
    failure: str = ""
    """Why nobody could tell; empty when the records are all that there are, even if none."""
