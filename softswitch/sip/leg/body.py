"""What a message carries, and what its sender can."""

from functools import lru_cache

from softswitch.sip.leg.multipart import Part, read_parts
from softswitch.sip.message import Header, Message

SDP = "application/sdp"
_NONE: frozenset[str] = frozenset()
_SESSION = frozenset(("", "session"))


def content_type(message: Message) -> str:
    """Return the media type of the body, in lower case and without parameters."""
    return (message.first(Header.CONTENT_TYPE) or "").partition(";")[0].strip().lower()


def session_description(message: Message) -> bytes:
    """Return the SDP in a message, alone or among other parts; empty when there is none."""
    if not message.body:
        return b""
    if message.first(Header.CONTENT_TYPE) == SDP or content_type(message) == SDP:
        return message.body
    return next((part.body for part in _parts(message) if _is_session(part)), b"")


def is_unreadable(message: Message) -> bool:
    """Whether a message has a body, and no SDP in it or a part that has to be understood.

    Only a part that says so itself has to (RFC 5621): telephones that leave it open send
    things, such as where they are, that a call does without.
    """
    if not message.body or content_type(message) == SDP:
        return False
    parts = _parts(message)
    if not any(_is_session(part) for part in parts):
        return True
    return any(part.is_required and not _is_session(part) for part in parts)


def _parts(message: Message) -> list[Part]:
    kind = message.first(Header.CONTENT_TYPE) or ""
    return read_parts(kind, message.body)


def _is_session(part: Part) -> bool:
    return part.kind == SDP and part.disposition in _SESSION and bool(part.body)


def listed(message: Message, header: Header) -> frozenset[str]:
    """Return the words of a header such as Supported, Require or Allow, in lower case."""
    if header not in message.ids:
        return _NONE
    if message.ids.count(header) == 1:
        return _words(message.first(header) or "")
    return frozenset(word.lower() for word in message.values(header))


@lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    words = (word.strip().lower() for word in text.split(","))
    return frozenset(word for word in words if word)
