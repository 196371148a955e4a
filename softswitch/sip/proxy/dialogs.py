"""Requests within dialogs: where their token leads, and who may send them."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct

from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Header, Request
from softswitch.sip.proxy.context import Dress
from softswitch.sip.proxy.flow_token import FlowTokens
from softswitch.sip.proxy.forwarding import Forwarding
from softswitch.sip.proxy.routes import drop_token, restore_uri, token_in
from softswitch.sip.vocabulary import Target

_MOST_MOVED = 1000

IsRegistered = Callable[[Request, Flow, float], bool]
"""Whether a request's sender is registered by the flow that it comes by, now."""


class Way(Struct, frozen=True, gc=False):
    """What a token says of one request."""

    target: Target
    dress: Dress
    hosts: tuple[str, str]
    """Of both ends, as they were when the dialog began."""

    token: str


class Dialogs:
    """Reads tokens. Whoever knows one is not yet an end of its dialog: it passes every hop."""

    __slots__ = ("_forwarding", "_is_registered", "_listeners", "_moved", "_tokens")

    def __init__(
        self,
        tokens: FlowTokens,
        forwarding: Forwarding,
        listeners: Listeners,
        is_registered: IsRegistered,
    ) -> None:
        self._tokens = tokens
        self._forwarding = forwarding
        self._listeners = listeners
        self._is_registered = is_registered
        self._moved: dict[tuple[str, str], None] = {}
        """Token and host of ends that have shown a password from elsewhere, oldest first: an ACK
        cannot show one."""

    def token_of(self, request: Request) -> tuple[str, bool]:
        """Return what may be a token of ours, or an empty text; and whether it is in the
        Request-URI, where a strict router has put it, and not in the topmost Route."""
        if Header.ROUTE in request.ids:
            token = token_in(request.first(Header.ROUTE) or "")
            if self._tokens.looks_own(token):
                return token, False
        token = token_in(f"<{request.uri}")
        return (token, True) if token and self._tokens.looks_own(token) else ("", False)

    def take(self, request: Request, source: Flow, token: str, *, is_strict: bool) -> Way:
        """Take our Route off a request, and return where it leads.

        Raises Refusal when it is not for this dialog, and ParseError.
        """
        ends = self._tokens.read(
            token, request.call_id(), request.from_().tag or "", request.to().tag or ""
        )
        if ends is None:
            raise Refusal(403, "Not Your Route")
        onward, back = ends
        if is_strict:
            restore_uri(request)
        drop_token(request, token)
        dress = partial(self._forwarding.within, token=token, source=source)
        hosts = back.remote[0], onward.remote[0]
        return Way(Target(request.uri, onward), dress, hosts, token)

    def may_send(self, request: Request, flow: Flow, way: Way, now: float) -> bool:
        """Whether a request comes from where an end of its dialog is, or has shown that it is.

        Raises ParseError.
        """
        host = flow.remote[0]
        return (
            host in way.hosts
            or (way.token, host) in self._moved
            or self._listeners.face(flow).is_trusted
            or self._is_registered(request, flow, now)
        )

    def note_moved(self, flow: Flow, way: Way) -> None:
        """Remember that an end of a dialog has shown a password from another host."""
        self._moved[way.token, flow.remote[0]] = None
        if len(self._moved) > _MOST_MOVED:
            del self._moved[next(iter(self._moved))]
