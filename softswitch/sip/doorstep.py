"""What is answered to whoever has not shown a password, and who need not be heard out."""

from softswitch.sip.admission import Admission
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.guard import Bans, Gate, Overload
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Header, Request, respond
from softswitch.sip.message.oversized import beginning
from softswitch.sip.methods import BEGINS_DIALOG, REGISTER
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.proxy import Proxy
from softswitch.sip.reception import RETRY
from softswitch.sip.transaction import Discard
from softswitch.sip.transaction.hop import last_hop

_OF_INVITE = frozenset(("ACK", "CANCEL"))
"""Methods that speak of another request."""


def is_unproven(request: Request) -> bool:
    """Whether a request belongs to no dialog, and shows no password of anybody."""
    if request.method in _OF_INVITE:
        return False
    firsts = request.firsts()
    if Header.AUTHORIZATION in firsts or Header.PROXY_AUTHORIZATION in firsts:
        return False
    if request.method == REGISTER or "tag" not in firsts.get(Header.TO, "").lower():
        return True
    try:
        return request.to().tag is None
    except ParseError:
        return True


class Doorstep:
    """Says one thing to each, and leaves nothing behind: neither a transaction nor a dialog.

    tag  for the To of our answers
    """

    __slots__ = ("_admission", "_bans", "_gate", "_listeners", "_overload", "_proxy", "_tag")

    def __init__(
        self,
        listeners: Listeners,
        gate: Gate,
        overload: Overload,
        admission: Admission,
        proxy: Proxy,
        bans: Bans,
        tag: str,
    ) -> None:
        self._listeners = listeners
        self._gate = gate
        self._overload = overload
        self._admission = admission
        self._proxy = proxy
        self._bans = bans
        self._tag = tag

    def ask(self, request: Request, flow: Flow, now: float) -> list[EndpointOutput]:
        """Answer a request out of any dialog in which nobody shows a password: nearly always with
        a challenge.

        It gets one answer, which is never sent again, and leaves nothing behind, not even a
        transaction: a copy of it is asked anew (RFC 3261, sections 8.2.7 and 26.3.2.4), by which
        path it may ever have come: who asks is found out before copies are (section 8.2.2.2).
        """
        try:
            hop = last_hop(request, flow)
        except ParseError:
            return [Discard("via-unreadable")]  # there is no way back for an answer
        request.mark_received(hop.seen)
        tag, firsts = self._tag, request.firsts()
        try:
            # A challenge is larger than many a request, and not for what is none (section 8.1.1).
            request.to()
            if not (firsts.get(Header.FROM) and firsts.get(Header.CALL_ID)):
                raise Refusal(400, "Mandatory Header Missing")
            if request.cseq().method != request.method:
                raise Refusal(400, "CSeq Names Another Method")
            if self._overload.is_near and (slug := self.sheds(request, flow, now)):
                return self.shed(request, flow, slug)
            if self._gate.is_astray(request, flow, self._listeners, now):
                return [Discard("not-for-us")]
            is_proxied = self._proxy.concerns(request, flow, now)
            response = self._admission.ask(request, flow, now, as_proxy=is_proxied)
        except ParseError as error:
            response = respond(request, 400, f"Bad {error.element}", to_tag=tag)
        except Refusal as refusal:
            response = respond(request, refusal.status, refusal.reason, to_tag=tag)
        return [Transmit(response.to_bytes(), flow)]

    def too_large(self, data: bytes, flow: Flow, now: float) -> list[EndpointOutput]:
        """Answer what is too long to be read, if it is a request, and keep nothing of it."""
        outputs: list[EndpointOutput] = [Discard("message-too-long")]
        request = beginning(data)
        if request is None or self._bans.hold(flow, now):
            return outputs
        try:
            seen = last_hop(request, flow).seen
        except ParseError:
            return outputs
        request.mark_received(seen)
        response = respond(request, 513, to_tag=self._tag)
        return [Transmit(response.to_bytes(), flow), *outputs]

    def sheds(self, request: Request, flow: Flow, now: float) -> str:
        """Return why there is no time for a request, as a slug; empty when there is.

        Strangers may register, for a phone is a stranger until it has.
        """
        if not self._gate.trusts(flow, now):
            return "" if request.method == REGISTER else "stranger-in-overload"
        is_late = self._overload.is_on and request.method in BEGINS_DIALOG
        return "overloaded" if is_late else ""

    def shed(self, request: Request, flow: Flow, slug: str) -> list[EndpointOutput]:
        """Refuse what would begin a dialog, unasked who it is, and drop what would not."""
        if request.method not in BEGINS_DIALOG:
            return [Discard(slug)]
        response = respond(request, 503, to_tag=self._tag, headers=(RETRY,))
        return [Transmit(response.to_bytes(), flow), Discard(slug)]
