"""Replaces (RFC 3891, section 6.1)."""

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.parameters import Parameters


class Replaces(Struct, frozen=True, gc=False):
    """Names the dialog whose place a new call takes, as the one who receives it knows it."""

    call_id: str
    to_tag: str
    """The tag of whoever receives this: its local one."""

    from_tag: str
    """The tag of the peer of whoever receives this."""

    is_early_only: bool = False
    """It is to be refused once the dialog is confirmed."""

    @classmethod
    def parse(cls, text: str) -> "Replaces":
        """Raises ParseError, also when a tag is missing."""
        call_id, semicolon, rest = text.partition(";")
        call_id = call_id.strip()
        if not call_id or any(sign.isspace() for sign in call_id) or "," in text:
            raise ParseError("Replaces", text, 0, "one Call-ID")
        parameters = Parameters.parse(semicolon + rest)
        tags = [parameters.get(name) or "" for name in ("to-tag", "from-tag")]
        if not all(tags):
            raise ParseError("Replaces", text, len(call_id), "to-tag and from-tag")
        return cls(call_id, tags[0], tags[1], "early-only" in parameters)

    def __str__(self) -> str:
        early = ";early-only" if self.is_early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"
