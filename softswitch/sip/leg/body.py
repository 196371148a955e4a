"""What a message carries, and what its sender can."""

from functools import lru_cache

from softswitch.sip.message import Header, Message

_NONE: frozenset[str] = frozenset()


def content_type(message: Message) -> str:
    """Return the media type of the body, in lower case and without parameters."""
    return (message.first(Header.CONTENT_TYPE) or "").partition(";")[0].strip().lower()


def session_description(message: Message) -> bytes:
    """Return the SDP in a message, empty when there is none."""
    return message.body if message.body and content_type(message) == "application/sdp" else b""


def listed(message: Message, header: Header) -> frozenset[str]:
    """Return the words of a header such as Supported, Require or Allow, in lower case."""
    if header not in message.ids:
        return _NONE
    if message.count(header) == 1:
        return _words(message.first(header) or "")
    return frozenset(word.lower() for word in message.values(header))


@lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    words = (word.strip().lower() for word in text.split(","))
    return frozenset(word for word in words if word)
