"""A binding: an extension is reached at a contact, by a flow, for a time."""

from msgspec import Struct

from softswitch.sip.flow import Flow
from softswitch.sip.message import Uri

_SIGNIFICANT = ("transport", "user", "ttl", "method", "maddr")
"""Parameters that make two URIs differ when only one of them has it."""


class Binding(Struct, frozen=True, gc=False):
    """One row of the location service (RFC 3261, section 10)."""

    extension: str
    contact: str
    """The contact's URI as registered: the Request-URI of calls to it."""

    flow: Flow
    """By which the REGISTER came, and by which requests go back, whatever the contact says."""

    expires_at: float
    """Monotonic seconds."""

    q: float
    """0 to 1; the highest is tried first."""

    call_id: str
    cseq: int
    """Of the REGISTER that made or refreshed it."""

    user_agent: str = ""
    outbound: str = ""
    """Number and instance of one of a phone's flows, such as `1 <urn:uuid:...>` (RFC 5626); a space
    and the instance of a phone that has one way; empty where nothing tells phones apart."""

    path: tuple[str, ...] = ()
    """Values of Path (RFC 3327), nearest to us first: the Routes of requests to it."""

    @property
    def key(self) -> "BindingKey":
        return self.extension, self.contact, self.outbound


BindingKey = tuple[str, str, str]
"""Extension, contact and outbound: no two bindings have them alike."""


class BindingSaved(Struct, frozen=True, gc=False, tag=True):
    """A binding was made or refreshed. It replaces the one with the same key."""

    binding: Binding
    is_refresh: bool = False
    """The contact was there before, and will be again: phones say so every minute or hour."""


class BindingRemoved(Struct, frozen=True, gc=False, tag=True):
    """A binding was taken back, has expired, or cannot be reached any more."""

    extension: str
    contact: str
    outbound: str = ""

    @property
    def key(self) -> BindingKey:
        return self.extension, self.contact, self.outbound


def removed(binding: Binding) -> BindingRemoved:
    return BindingRemoved(binding.extension, binding.contact, binding.outbound)


BindingChange = BindingSaved | BindingRemoved


class PhoneUnreachable(Struct, frozen=True, gc=False, tag=True):
    """A phone that is registered does not answer, and is not called any more."""

    extension: str
    contact: str


class PhoneReachable(Struct, frozen=True, gc=False, tag=True):
    """It has answered, or registered, again."""

    extension: str
    contact: str


def is_equivalent(a: Uri, b: Uri) -> bool:
    """Whether two URIs name the same contact (RFC 3261, section 19.1.4)."""
    if (a.scheme, a.number, a.password, a.host, a.port, a.headers) != (
        b.scheme,
        b.number,
        b.password,
        b.host,
        b.port,
        b.headers,
    ):
        return False
    ours = {name: (value or "").lower() for name, value in a.parameters.pairs}
    theirs = {name: (value or "").lower() for name, value in b.parameters.pairs}
    return all(ours.get(name) == theirs.get(name) for name in _SIGNIFICANT) and all(
        theirs.get(name, value) == value for name, value in ours.items()
    )
