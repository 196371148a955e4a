"""What a message carries."""

from softswitch.sip.message import Header, Message


def content_type(message: Message) -> str:
    """Return the media type of the body, in lower case and without parameters."""
    return (message.first(Header.CONTENT_TYPE) or "").partition(";")[0].strip().lower()


def session_description(message: Message) -> bytes:
    """Return the SDP in a message, empty when there is none."""
    return message.body if message.body and content_type(message) == "application/sdp" else b""
