"""The piece of a response that tells how a referral goes (RFC 3420; RFC 3515, section 2.4.5)."""

import re

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.phrases import reason_phrase

SIPFRAG = "message/sipfrag;version=2.0"
"""Its media type."""

_status_line = re.compile(r"SIP/2\.0[ \t]+([1-6]\d\d)(?:[ \t]+([^\r\n]*))?(?:\r?\n|$)").match
_LONGEST = 4096


class StatusFragment(Struct, frozen=True, gc=False):
    """A status line by itself."""

    status: int
    reason: str = ""

    @classmethod
    def parse(cls, body: bytes) -> "StatusFragment":
        """Raises ParseError."""
        text = body[:_LONGEST].decode("utf-8", "replace").lstrip()
        found = _status_line(text)
        if found is None:
            raise ParseError("sipfrag", text, 0, "a status line")
        return cls(int(found[1]), (found[2] or "").strip())

    @property
    def is_final(self) -> bool:
        return self.status >= 200

    def to_bytes(self) -> bytes:
        """Line breaks in the reason are left out."""
        reason = " ".join((self.reason or reason_phrase(self.status)).split())
        return f"SIP/2.0 {self.status} {reason}\r\n".encode("utf-8", "surrogateescape")
