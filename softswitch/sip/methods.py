"""The methods that the switch knows, and what it says of itself to those it trusts."""

from softswitch.sip.message import Header, Request

INVITE, ACK, BYE, CANCEL = "INVITE", "ACK", "BYE", "CANCEL"
OPTIONS, REGISTER, INFO = "OPTIONS", "REGISTER", "INFO"
PRACK, UPDATE = "PRACK", "UPDATE"
REFER, SUBSCRIBE = "REFER", "SUBSCRIBE"

ALLOWED = (INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, SUBSCRIBE, REGISTER)
KNOWN = frozenset((*ALLOWED, "NOTIFY", "PUBLISH", "MESSAGE"))
BEGINS_DIALOG = frozenset((INVITE, SUBSCRIBE))
WITHIN_DIALOGS_ONLY = frozenset((BYE, INFO, UPDATE, PRACK, "NOTIFY"))
"""Out of a dialog, these have nothing to belong to: 481."""

ALLOW = (Header.ALLOW, ", ".join(method for method in ALLOWED if method != REGISTER))
"""For responses and requests within calls."""

EXTENSIONS = ("100rel", "timer", "replaces", "norefersub")
"""Option tags of what may be required of us (RFC 3262, RFC 4028, RFC 3891, RFC 4488)."""


REGISTRATIONS = ("path", "outbound")
"""Those of registrations alone (RFC 3327, RFC 5626)."""


def missing(request: Request) -> list[str]:
    """Return what a request requires of us and we lack (RFC 3261, section 8.2.2.3)."""
    known = EXTENSIONS + REGISTRATIONS if request.method == REGISTER else EXTENSIONS
    return [tag for tag in request.values(Header.REQUIRE) if tag.lower() not in known]


SUPPORTED = (Header.SUPPORTED, ", ".join(EXTENSIONS))

Headers = tuple[tuple[Header | str, str], ...]

CAPABILITIES: Headers = (
    (Header.ALLOW, ", ".join(ALLOWED)),
    (Header.ACCEPT, "application/sdp"),
    (Header.SUPPORTED, ", ".join((*EXTENSIONS, *REGISTRATIONS))),
)
"""For answers to OPTIONS (RFC 3261, section 11.2)."""
