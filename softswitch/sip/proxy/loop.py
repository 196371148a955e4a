"""How a request that has been here before is recognised (RFC 3261, section 16.3; RFC 5393).

Each branch of ours ends with a mark of what decides where the request goes: its Request-URI and
its Route. A request that comes back with the same mark goes in a circle. One that comes back with
another target is a spiral, and passes.
"""

import re
from hashlib import blake2b

from softswitch.sip.message import Header, Request

_branches = re.compile(r";\s*branch\s*=\s*([^;,\s]+)", re.IGNORECASE).findall

_SIZE = 6
"""Bytes: two targets share a mark once in 2^48."""


def mark_of(request: Request, key: bytes) -> str:
    """Return the mark of a request that has arrived, without our own Route.

    key  secret of this process, at most 64 bytes, so that nobody else makes a mark of ours
    """
    target = request.uri
    if Header.ROUTE in request.ids:
        target = "\n".join((target, *request.values(Header.ROUTE)))
    data = target.encode("utf-8", "surrogateescape")
    return "." + blake2b(data, key=key, digest_size=_SIZE).hexdigest()


def is_straight(request: Request) -> bool:
    """Whether a request comes straight from a phone, as nearly all do, and by no other proxy."""
    return request.ids.count(Header.VIA) == 1 and "," not in (request.first(Header.VIA) or "")


def has_been_here(request: Request, mark: str) -> bool:
    """Whether we have sent this request on before, with the same target. Raises ParseError.

    Others may write our Via anew, in other case and with blanks; a branch is compared in any case
    (RFC 3261, section 7.3.1).
    """
    return not is_straight(request) and any(
        branch.lower().endswith(mark)
        for value in request.values(Header.VIA)
        for branch in _branches(value)
    )
