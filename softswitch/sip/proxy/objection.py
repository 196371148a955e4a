"""What a request must be like to be passed on (RFC 3261, section 16.3)."""

from softswitch.sip.message import Header, Request, Uri
from softswitch.sip.methods import Headers
from softswitch.sip.proxy.loop import is_straight

Objection = tuple[int, str, Headers]
"""Status, reason (empty for the status's own) and headers of the answer."""

_MOST_VIAS = 70
"""As many as a request may have hops that say no other Max-Forwards (RFC 3261, section 8.1.1.6)."""

_SCHEMES = ("sip", "sips", "tel")


def objection(request: Request, hops: int | None) -> Objection | None:
    """Return what a request is answered with instead, or None. Raises ParseError.

    No more of it is read than a proxy needs; Require is the business of who gets it.

    hops  its Max-Forwards
    """
    method = request.method
    named = (request.first(Header.CSEQ) or "").rpartition(" ")[2]
    if named != method and request.cseq().method != method:
        return 400, "CSeq Names Another Method", ()
    request.call_id()
    if not request.uri.startswith("sip:") and Uri.parse(request.uri).scheme not in _SCHEMES:
        return 416, "", ()
    if hops == 0 or (not is_straight(request) and len(request.values(Header.VIA)) > _MOST_VIAS):
        return 483, "", ()
    if Header.PROXY_REQUIRE in request.ids:
        wanted = request.values(Header.PROXY_REQUIRE)
        if wanted:
            return 420, "", ((Header.UNSUPPORTED, ", ".join(wanted)),)
    return None
