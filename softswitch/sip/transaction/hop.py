"""The last hop of a request that has come in: what its topmost Via says, and where it really is."""

import re
from functools import lru_cache

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Via

_LONGEST_REMEMBERED = 256
_VIA = Header.VIA
_branch = re.compile(r'[^\s;"]+').fullmatch


class Hop(Struct, frozen=True, gc=False):
    """Who sent a request, and as what.

    seen  the Via with `received` and `rport` in it (RFC 3261, section 18.2.1; RFC 3581)
    """

    branch: str
    sent_by: str
    seen: str


def last_hop(request: Request, flow: Flow) -> Hop:
    """Read the topmost Via of a request that came by `flow`; raises ParseError.

    But for the branch, the Via of a peer is the same in each of its requests, and so is what is
    written into it: that is remembered.
    """
    text = request.first(_VIA) or ""
    before, _, rest = text.partition(";branch=")
    branch, semicolon, after = rest.partition(";")
    host, port = flow.remote
    if _branch(branch) is not None and "," not in text and len(text) <= _LONGEST_REMEMBERED:
        try:
            sent_by, prefix, suffix = _remembered(before, semicolon + after, host, port)
        except ParseError:
            pass  # what stands there is no branch, or the Via is none
        else:
            return Hop(branch, sent_by, f"{prefix}{branch}{suffix}")
    via = request.via()
    return Hop(via.branch, via.sent_by, str(via.seen_from(host, port)))


@lru_cache(maxsize=8192)
def _remembered(before: str, after: str, host: str, port: int) -> tuple[str, str, str]:
    """Return sent-by, and what stands before and after the branch once the source is in it."""
    mark = ";branch=z"
    text = f"{before}{mark}{after}"
    via = Via.parse(text)
    prefix, _, suffix = _stamped(text, via, host, port).partition(mark)
    return via.sent_by, f"{prefix};branch=", suffix


def _stamped(text: str, via: Via, host: str, port: int) -> str:
    """Return `text`, changed no more than needed."""
    before, asked, after = text.partition(";rport")
    if asked and after[:1] in ("", ";") and via.received is None and '"' not in text:
        return f"{before};rport={port}{after};received={host}"
    seen = via.seen_from(host, port)
    return text if seen is via else str(seen)
