"""The methods that the switch knows, and what it says of itself to those it trusts."""

from softswitch.sip.message import Header

INVITE, ACK, BYE, CANCEL = "INVITE", "ACK", "BYE", "CANCEL"
OPTIONS, REGISTER, INFO = "OPTIONS", "REGISTER", "INFO"

ALLOWED = (INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REGISTER)
KNOWN = frozenset(
    (*ALLOWED, "UPDATE", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE", "REFER")
)
BEGINS_DIALOG = frozenset((INVITE, "SUBSCRIBE"))
WITHIN_DIALOGS_ONLY = frozenset((BYE, INFO, "UPDATE", "PRACK", "NOTIFY"))
"""Out of a dialog, these have nothing to belong to: 481."""

ALLOW = (Header.ALLOW, ", ".join(method for method in ALLOWED if method != REGISTER))
"""For responses and requests within calls."""

Headers = tuple[tuple[Header | str, str], ...]

CAPABILITIES: Headers = (
    (Header.ALLOW, ", ".join(ALLOWED)),
    (Header.ACCEPT, "application/sdp"),
    (Header.SUPPORTED, ""),  # no extension yet, which an empty header says (section 20.37)
)
"""For answers to OPTIONS (RFC 3261, section 11.2)."""
