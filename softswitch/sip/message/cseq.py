"""CSeq (RFC 3261, section 20.16)."""

from functools import lru_cache

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import is_number, is_token

_LIMIT = 2**31
"""A sequence number must be less (RFC 3261, section 8.1.1.5)."""


class CSeq(Struct, frozen=True, gc=False):
    """Orders requests within a dialog and names the request that a response answers."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> "CSeq":
        return _parse(text) if len(text) > 64 else _remembered(text)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def _parse(text: str) -> CSeq:
    digits, _, method = text.strip().replace("\t", " ").partition(" ")
    method = method.strip()
    if not is_number(digits) or int(digits) >= _LIMIT:
        raise ParseError("CSeq", text, 0, "a number below 2^31")
    if not is_token(method):
        raise ParseError("CSeq", text, len(digits), "a method")
    return CSeq(int(digits), method)


_remembered = lru_cache(maxsize=4096)(_parse)
