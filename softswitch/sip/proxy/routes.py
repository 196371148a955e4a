"""Route and Record-Route (RFC 3261, sections 16.4 and 16.6; RFC 5658)."""

import re

from softswitch.sip.errors import ParseError
from softswitch.sip.listeners import Face, Listeners
from softswitch.sip.message import Address, Header, Request, Uri

_user = re.compile(r"<sips?:([^@>;\s]+)@").match
"""The user part of a Route of ours, as we have written it."""


def token_in(route: str) -> str:
    """Return the user part of a Route's URI, which may be a token; empty when it has none."""
    found = _user(route)
    return "" if found is None else found[1]


def topmost(request: Request) -> str:
    """Return the first value of Route; empty when there is none. Raises ParseError."""
    if Header.ROUTE not in request.ids:
        return ""
    text = request.first(Header.ROUTE) or ""
    if text and "," not in text:
        return text
    values = request.values(Header.ROUTE)
    return values[0] if values else ""


def drop_token(request: Request, token: str) -> None:
    """Take our Routes of one dialog, which are one or two, off a request."""
    while Header.ROUTE in request.ids and token_in(request.first(Header.ROUTE) or "") == token:
        request.replace_first(Header.ROUTE, None)


def drop_own(request: Request, listeners: Listeners) -> None:
    """Take Routes off that name this switch and nothing more, as phones with an outbound proxy
    send them. Raises ParseError."""
    while route := topmost(request):
        if not listeners.is_own(Address.parse(route).uri):
            return
        request.replace_first(Header.ROUTE, None)


def drop_maddr(request: Request, listeners: Listeners) -> None:
    """Forget a detour by this switch that a Request-URI asks for (section 16.4).

    Raises ParseError.
    """
    uri = Uri.parse(request.uri)
    maddr = uri.parameters.get("maddr")
    if maddr is None or not listeners.is_own(Uri(uri.scheme, maddr.lower(), port=uri.port)):
        return
    kept = uri.parameters.without("maddr").without("transport")
    request.uri = str(Uri(uri.scheme, uri.host, uri.user, parameters=kept, password=uri.password))


def restore_uri(request: Request) -> None:
    """Undo what a strict router did: our own URI gives way to the last Route (section 16.4)."""
    routes = request.values(Header.ROUTE)
    if not routes:
        raise ParseError("Route", "", 0, "where to go on")
    request.uri = _bare(routes.pop())
    _replace(request, routes)


def obey_strict_router(request: Request) -> None:
    """Send a request to a next hop that takes the Request-URI for its own (section 16.6, step 6).

    Raises ParseError.
    """
    route = topmost(request)
    if not route or "lr" in Address.parse(route).uri.parameters:
        return
    _, *others = request.values(Header.ROUTE)
    _replace(request, [*others, f"<{request.uri}>"])
    request.uri = _bare(route)


def record_routes(token: str, inward: Face, outward: Face) -> tuple[str, ...]:
    """Return our Record-Route, to be put on top one after the other.

    inward, outward  how we look to who sent the request, and to who gets it: one that looks
                     different gets a URI of its own (RFC 5658)
    """
    if inward.contact == outward.contact:
        return (_recorded(token, inward),)
    return _recorded(token, inward), _recorded(token, outward)


def _recorded(token: str, face: Face) -> str:
    scheme, _, rest = face.contact[1:-1].partition(":")
    return f"<{scheme}:{token}@{rest};lr>"


def _replace(request: Request, routes: list[str]) -> None:
    request.remove(Header.ROUTE)
    for route in routes:
        request.append(Header.ROUTE, route)


def _bare(route: str) -> str:
    """Return the URI of a Route as one for the start line, in which it has no headers."""
    uri = Address.parse(route).uri
    return str(uri).partition("?")[0] if uri.headers else str(uri)
