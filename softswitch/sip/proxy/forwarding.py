"""What a request looks like when it is passed on (RFC 3261, section 16.6)."""

import re

from softswitch.sip.flow import Flow
from softswitch.sip.identity.privacy import privacy_of
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Header, Message, Request
from softswitch.sip.proxy.breadth import NAME as MAX_BREADTH
from softswitch.sip.proxy.flow_token import FlowTokens
from softswitch.sip.proxy.routes import obey_strict_router, record_routes
from softswitch.sip.vocabulary import Target

_FIRST_HOPS = "70"
_UNTOLD = frozenset(
    (
        Header.P_ASSERTED_IDENTITY,
        Header.P_PREFERRED_IDENTITY,
        Header.REMOTE_PARTY_ID,
        Header.DIVERSION,
        Header.HISTORY_INFO,
        Header.IDENTITY,
    )
)
"""What only a trusted side may say of a caller or of who answers, and a phone is none; what it
prefers to be called is for us, and goes no further (RFC 3325, section 5)."""

_SECRET = (Header.P_ASSERTED_IDENTITY, Header.REMOTE_PARTY_ID)
"""What is told to trusted sides alone, of who wants to be hidden (RFC 3325, section 7)."""

_CREDENTIALS = frozenset((Header.AUTHORIZATION, Header.PROXY_AUTHORIZATION))
_RECORDED = frozenset(("INVITE", "SUBSCRIBE", "NOTIFY", "REFER"))
"""Requests that begin a dialog; of a NOTIFY so much is true, too (RFC 6665, section 4.4.1)."""


class Forwarding:
    """Rewrites requests, line by line: nothing is parsed that need not be.

    realm  ours: credentials for it go no further
    """

    __slots__ = ("_is_ours", "_listeners", "_tokens")

    def __init__(self, listeners: Listeners, tokens: FlowTokens, realm: str) -> None:
        self._listeners = listeners
        self._tokens = tokens
        self._is_ours = re.compile(rf'realm\s*=\s*"{re.escape(realm)}"', re.IGNORECASE).search

    def prepare(self, request: Request, hops: int | None) -> None:
        """Make of a request that has arrived what all its branches have in common.

        hops  its Max-Forwards
        """
        if hops is None:
            request.append(Header.MAX_FORWARDS, _FIRST_HOPS)
        else:
            request.replace_first(Header.MAX_FORWARDS, str(hops - 1))
        if not _CREDENTIALS.isdisjoint(request.ids):
            request.remove_where(_CREDENTIALS, self._is_ours)

    def strip(self, message: Message, source: Flow) -> None:
        """Take off what only a trusted side may say, unless `source` is one."""
        if _UNTOLD.isdisjoint(message.ids) or self._listeners.face(source).is_trusted:
            return
        for header in _UNTOLD:
            message.remove(header)

    def branch(self, request: Request, target: Target, breadth: int, *, caller: Flow) -> Request:
        """Return the copy of a request out of a dialog that goes to one target.

        breadth  the part of Max-Breadth that this branch gets
        """
        copy = request.copy()
        copy.uri = target.uri
        if Header.OTHER in copy.ids:  # which one of them may be
            copy.set(MAX_BREADTH, str(breadth))
        else:
            copy.lines.append(f"{MAX_BREADTH}: {breadth}")
            copy.ids.append(Header.OTHER)
        for route in reversed(target.route):
            copy.prepend(Header.ROUTE, route)
        self.hide(copy, target.flow)
        if request.method in _RECORDED:
            token = self._tokens.make(
                caller, target.flow, request.call_id(), request.from_().tag or ""
            )
            self._record(copy, token, caller, target.flow)
        if Header.ROUTE in copy.ids:
            obey_strict_router(copy)
        return copy

    def within(
        self, request: Request, target: Target, breadth: int, *, token: str, source: Flow
    ) -> Request:
        """Return the copy of a request within a dialog, which goes to one target alone.

        Its Record-Route is said again, for who has lost it, or has not had it yet.
        """
        copy = request.copy()
        self.hide(copy, target.flow)
        if request.method in _RECORDED:
            self._record(copy, token, source, target.flow)
        if Header.ROUTE in copy.ids:
            obey_strict_router(copy)
        return copy

    def hide(self, message: Message, outward: Flow) -> None:
        """Take off who is hidden, unless the next hop is a trusted one. Raises ParseError."""
        if Header.PRIVACY not in message.ids or self._listeners.face(outward).is_trusted:
            return
        if "id" in privacy_of(message):
            for header in _SECRET:
                message.remove(header)

    def _record(self, request: Request, token: str, inward: Flow, outward: Flow) -> None:
        faces = self._listeners.face(inward), self._listeners.face(outward)
        for route in record_routes(token, *faces):
            request.prepend(Header.RECORD_ROUTE, route)
