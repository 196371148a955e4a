"""Digits by INFO: no standard, but what telephones do (RFC 6086 calls it legacy usage)."""

from softswitch.sip.leg.body import content_type
from softswitch.sip.message import Request

RELAY = "application/dtmf-relay"
DIGIT_TYPES = (RELAY, "application/dtmf")

_KEYS = frozenset("0123456789ABCD*#")
_BY_EVENT = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""Some write the numbers of named events (RFC 4733)."""

_USUAL = 100
_SHORTEST, _LONGEST = 40, 6000
"""Milliseconds of a digit."""


def read_digit(request: Request) -> tuple[str, int] | None:
    """Return the key and its milliseconds; None when the body is none of DIGIT_TYPES' digits."""
    text = request.body[:200].decode("ascii", "replace")
    fields = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        fields[name.strip().lower()] = value.strip()
    signal = fields.get("signal", "")
    if not signal and content_type(request) != RELAY:
        signal = text.strip()
    key = _BY_EVENT.get(signal, signal).upper()
    if key not in _KEYS:
        return None
    duration = fields.get("duration", "")
    milliseconds = int(duration) if duration.isascii() and duration.isdigit() else 0
    return key, min(max(milliseconds or _USUAL, _SHORTEST), _LONGEST)


def write_digit(key: str, milliseconds: int) -> bytes:
    """Return the body of RELAY's type."""
    return f"Signal={key}\r\nDuration={milliseconds}\r\n".encode()
