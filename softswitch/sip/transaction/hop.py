"""The last hop of a request that has come in: what its topmost Via says, and where it really is."""

import re

from msgspec import Struct

from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request

_VIA = Header.VIA
_usual = re.compile(
    r"(SIP/2\.0/[A-Z]+ ([A-Za-z0-9.\-]+(?::(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}))?))"
    r"(;rport)?;branch=([A-Za-z0-9.\-_]+)(;rport)?"
).fullmatch
"""How nearly all phones write a Via: with an rport before the branch or behind it."""


_USUAL_PORT = 5061
"""Of TLS."""


class Hop(Struct, frozen=True, gc=False):
    """Who sent a request, and as what."""

    branch: str
    sent_by: str
    seen: str
    """The Via with `received` and `rport` in it (RFC 3261, section 18.2.1; RFC 3581)."""


def alias_of(request: Request, flow: Flow) -> int:
    """Return the port of its sender at which requests are received as well as by `flow` (RFC 5923);
    0 where none is named, or the way is not TLS.

    The RFC speaks of TLS alone: elsewhere anybody on a host could have what is meant for another.
    """
    if flow.transport != "tls" or ";alias" not in (request.first(_VIA) or "").lower():
        return 0
    via = request.via()
    return (via.port or _USUAL_PORT) if "alias" in via.parameters else 0


def last_hop(request: Request, flow: Flow) -> Hop:
    """Read the topmost Via of a request that came by `flow`; raises ParseError."""
    text = request.first(_VIA) or ""
    host, port = flow.remote
    found = _usual(text)
    if found is not None and "%" not in host:  # a quarter of what reading all of it costs
        start, sent_by, before, branch, after = found.groups()
        if before and not after:
            seen = f"{start};rport={port};branch={branch};received={host}"
            return Hop(branch, sent_by, seen)
        if after and not before:
            seen = f"{start};branch={branch};rport={port};received={host}"
            return Hop(branch, sent_by, seen)
    via = request.via()
    return Hop(via.branch, via.sent_by, str(via.seen_from(host, port)))
