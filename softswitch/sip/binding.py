"""A binding: an extension is reached at a contact, by a flow, for a time."""

from msgspec import Struct

from softswitch.sip.flow import Flow


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


class BindingSaved(Struct, frozen=True, gc=False, tag=True):
    """A binding was made or refreshed. It replaces the one with the same extension and contact."""

    binding: Binding


class BindingRemoved(Struct, frozen=True, gc=False, tag=True):
    """A binding was taken back, has expired, or cannot be reached any more."""

    extension: str
    contact: str


BindingChange = BindingSaved | BindingRemoved
