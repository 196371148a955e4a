"""What a caller wants to be kept secret (RFC 3323, section 4.2)."""

from softswitch.sip.message import Header, Message

KEPT = frozenset(("none", "critical", "id", "user", "header", "session", "history"))
"""What can be granted. A B2BUA shows neither side the other's Via, Contact and Call-ID; `history`
is of RFC 7044, `id` of RFC 3325."""

_NOTHING: frozenset[str] = frozenset()


def privacy_of(message: Message) -> frozenset[str]:
    """Return the values of Privacy, in lower case; nothing where the caller wants nothing secret.

    Raises ParseError.
    """
    if Header.PRIVACY not in message.ids:
        return _NOTHING
    values = frozenset(
        word
        for line in message.values(Header.PRIVACY)  # a comma is no separator, but phones write it
        for word in (part.strip().lower() for part in line.split(";"))
        if word
    )
    return _NOTHING if "none" in values else values
