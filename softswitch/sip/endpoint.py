"""SIP as the rest of the switch sees it: bytes in, leg events out, and commands for legs back.

The endpoint joins the transaction layer, admission, the registrar and the legs. It decides
nothing about calls: it knows which message belongs to whom.
"""

from collections.abc import Callable, Iterable
from typing import Any

from softswitch.identifiers import Identifiers
from softswitch.sip.admission import Admission, Passwords
from softswitch.sip.binding import Binding
from softswitch.sip.digest import NonceSource
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.invitation import objection
from softswitch.sip.leg import Leg, LegOutput, State
from softswitch.sip.leg_index import LegIndex
from softswitch.sip.listeners import Listeners
from softswitch.sip.message import Header, Request, Response, Uri, parse, respond, validate
from softswitch.sip.methods import (
    ACK,
    ALLOW,
    CANCEL,
    CAPABILITIES,
    INVITE,
    KNOWN,
    OPTIONS,
    REGISTER,
    WITHIN_DIALOGS_ONLY,
    Headers,
)
from softswitch.sip.offered_leg import OfferedLeg
from softswitch.sip.outputs import CloseFlow, EndpointOutput, KeepFlow
from softswitch.sip.placed_leg import PlacedLeg, disown
from softswitch.sip.registrar import Registrar
from softswitch.sip.settings import EndpointSettings
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import (
    AckArrived,
    CancelArrived,
    Discard,
    Failed,
    RequestArrived,
    ResponseArrived,
    ServerTimedOut,
    TimedOut,
    TimerValues,
    TransactionLayer,
)
from softswitch.sip.vocabulary import Identity, LegCommand, Place, Refused
from softswitch.timerqueue import TimerQueue

_RETRY = (Header.RETRY_AFTER, "10")
Taker = Callable[[Any, float], list[EndpointOutput]]
"""Takes one thing that the transaction layer has found out."""


class Endpoint:
    """All SIP of one process.

    nonce_key  secret of this process
    timers     of every transaction
    """

    __slots__ = (
        "_admission",
        "_by_flow",
        "_by_key",
        "_by_name",
        "_by_tag",
        "_is_draining",
        "_layer",
        "_settings",
        "_stack",
        "_tag",
        "_takers",
        "_timers",
        "registrar",
    )

    def __init__(
        self,
        settings: EndpointSettings,
        passwords: Passwords,
        identifiers: Identifiers,
        nonce_key: bytes,
        timers: TimerValues | None = None,
    ) -> None:
        listeners = Listeners(settings)
        timers = timers or TimerValues()
        self._settings = settings
        self._tag = identifiers.tag()  # of all our answers that begin no dialog
        self._layer = TransactionLayer(identifiers, timers, listeners.sent_by)
        self._stack = Stack(self._layer, listeners, identifiers, timers, settings.agent)
        self._admission = Admission(
            settings,
            listeners,
            passwords,
            NonceSource(nonce_key),
            decoy=nonce_key.hex(),
            tag=self._tag,
        )
        self.registrar = Registrar(settings.registrar, self._tag)
        self._by_name: dict[str, Leg] = {}
        self._by_tag: dict[str, Leg] = {}
        self._by_key: dict[str, OfferedLeg] = {}  # until the ACK
        self._by_flow = LegIndex()
        self._timers: TimerQueue[str] = TimerQueue()
        self._is_draining = False
        self._takers: dict[type, Taker] = {
            RequestArrived: self._requested,
            ResponseArrived: self._responded,
            AckArrived: self._acknowledged,
            CancelArrived: self._cancelled,
            TimedOut: self._failed,
            Failed: self._failed,
            ServerTimedOut: lambda _, now: [Discard("failure-unacknowledged")],
        }

    # From the network

    def receive(self, data: bytes, flow: Flow, now: float) -> list[EndpointOutput]:
        """Take a datagram, or a frame of a stream."""
        if len(data) > self._settings.maximum_message:
            return [Discard("message-too-long")]
        try:
            message = parse(data)
        except ParseError:
            return [Discard("unreadable" if data.strip(b"\r\n\0") else "keep-alive")]
        if self._admission.is_barred(flow, now) and self._is_strange(message, flow, now):
            return self._bar(flow)
        return self._pass_on(self._layer.receive(message, flow, now), now)

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        """Take the end of a connection."""
        outputs = self._pass_on(self._layer.flow_lost(flow, now), now)
        for tag in self._by_flow.of_flow(flow):
            leg = self._by_tag.get(tag)
            if leg is not None:
                outputs += self._after(leg, leg.lose(now), now)
        return [*outputs, *self.registrar.flow_lost(flow)]

    # From the calls

    def perform(self, command: LegCommand, now: float) -> list[EndpointOutput]:
        """Carry out what a leg is told."""
        if isinstance(command, Place):
            return self._place(command, now)
        leg = self._by_name.get(command.leg)
        if leg is None:
            return [Discard("command-for-ended-leg")]  # it crossed the leg's last event
        return self._after(leg, leg.perform(command, now), now)

    def drain(self) -> None:
        """Refuse new calls from now on; those that are there go on."""
        self._is_draining = True

    def restore(self, bindings: Iterable[Binding], now: float) -> list[EndpointOutput]:
        """Take over the bindings that storage kept."""
        return [*self.registrar.restore(bindings, now)]

    # Time

    @property
    def deadline(self) -> float | None:
        first = self._layer.deadline
        for other in (self._timers.earliest, self.registrar.deadline):
            if other is not None and (first is None or other < first):
                first = other
        return first

    def expire(self, now: float) -> list[EndpointOutput]:
        outputs = self._pass_on(self._layer.expire(now), now)
        for tag in self._timers.pop_due(now):
            leg = self._by_tag.get(tag)
            if leg is not None:
                outputs += self._after(leg, leg.expire(now), now)
        return [*outputs, *self.registrar.expire(now)]

    def counts(self) -> dict[str, int]:
        """Return how much of each kind is held: for status, and for tests of leaks."""
        return {
            "legs": len(self._by_name),
            "dialogs": len(self._by_tag),
            "awaited": len(self._stack.awaited),
            "invitations": len(self._by_key),
            "flows": len(self._by_flow),
            "timers": len(self._timers),
            "transactions": self._layer.live,
        }

    # What the transaction layer and the legs say

    def _pass_on(self, inputs: Iterable[Any], now: float) -> list[EndpointOutput]:
        """Give each to whom it belongs; what is for the outside is returned."""
        outputs: list[EndpointOutput] = []
        takers = self._takers
        for one in inputs:
            take = takers.get(type(one))
            if take is None:
                outputs.append(one)
            else:
                outputs += take(one, now)
        return outputs

    def _requested(self, arrived: RequestArrived, now: float) -> list[EndpointOutput]:
        """Find out whose request this is.

        Whoever has no call here and no password gets one answer, and leaves nothing behind.
        """
        request, flow, key = arrived.request, arrived.flow, arrived.key
        leg, extension = None, ""
        try:
            tag = request.to().tag
            if tag is not None and request.method != REGISTER:
                leg = self._by_tag.get(tag)
                if leg is None or leg.call_id != request.call_id():
                    return self._turn_away(request, 481, key)
            else:
                decision = self._admission.admit(request, flow, now)
                if isinstance(decision, Response):
                    return [*self._layer.respond_once(key, decision)]
                extension = decision.extension
        except ParseError as error:
            return self._turn_away(request, 400, key, reason=f"Bad {error.element}")
        outputs = self._serve(request, leg, extension, flow, key, now)
        if flow.reliable:
            outputs.append(KeepFlow(flow))
        return outputs

    def _turn_away(
        self, request: Request, status: int, key: str, reason: str = ""
    ) -> list[EndpointOutput]:
        response = respond(request, status, reason, to_tag=self._tag)
        return [*self._layer.respond_once(key, response)]

    def _serve(
        self, request: Request, leg: Leg | None, extension: str, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Answer a request within the dialog of `leg`, or else one of `extension` out of any."""
        try:
            unsupported = request.values(Header.REQUIRE) if Header.REQUIRE in request.ids else []
            if unsupported:
                # No extension is required of us that we have (section 8.2.2.3)
                headers = ((Header.UNSUPPORTED, ", ".join(unsupported)),)
                return self._reply(key, request, 420, now, headers)
            if leg is None:
                return self._admitted(request, extension, flow, key, now)
            if request.method == INVITE:
                validate(request)
            return self._after(leg, leg.receive(request, flow, key, now), now)
        except ParseError as error:
            return self._reply(key, request, 400, now, reason=f"Bad {error.element}")
        except Refusal as refusal:
            return self._reply(key, request, refusal.status, now, reason=refusal.reason)

    def _admitted(
        self, request: Request, extension: str, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Answer an extension's request out of a dialog. Raises ParseError and Refusal."""
        method = request.method
        if method == INVITE:
            return self._offered(request, extension, flow, key, now)
        if method == REGISTER:
            validate(request)
            self._stack.listeners.learn(Uri.parse(request.uri).host)
            response, changes = self.registrar.register(request, extension, flow, now)
            return [*self._layer.respond(key, response, now), *changes]
        if method == OPTIONS:
            headers = (*CAPABILITIES, self._stack.server)
            return self._reply(key, request, 200, now, headers)
        if method in WITHIN_DIALOGS_ONLY:
            return self._reply(key, request, 481, now)
        if method in ("SUBSCRIBE", "PUBLISH"):
            return self._reply(key, request, 489, now)
        return self._reply(key, request, 405 if method in KNOWN else 501, now, (ALLOW,))

    def _offered(
        self, invite: Request, extension: str, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        against = objection(invite, self._stack.listeners)
        if against is not None:
            status, reason, headers = against
            return self._reply(key, invite, status, now, headers, reason)
        if self._is_draining or len(self._by_name) >= self._settings.maximum_legs:
            return self._reply(key, invite, 503, now, (_RETRY,))
        face = self._stack.listeners.face(flow)
        leg = OfferedLeg(self._stack.identifiers.tag(), invite, flow, key, face, self._stack)
        outputs = leg.begin(Identity(extension), flow, now)
        self._by_key[key] = leg
        self._enter(leg)
        return self._after(leg, outputs, now)

    def _place(self, command: Place, now: float) -> list[EndpointOutput]:
        if command.leg in self._by_name:
            return [Discard("leg-name-in-use")]
        if len(self._by_name) >= self._settings.maximum_legs:
            return [Refused(command.leg, 503, "Too Many Calls")]
        identifiers, face = self._stack.identifiers, self._stack.listeners.face(command.target.flow)
        leg = PlacedLeg(command, identifiers.call_id(), identifiers.tag(), face, self._stack)
        self._enter(leg)
        return self._after(leg, leg.begin(now), now)

    def _responded(self, arrived: ResponseArrived, now: float) -> list[EndpointOutput]:
        response, flow, branch = arrived.response, arrived.flow, arrived.branch
        leg = self._by_tag.get(self._stack.awaited.get(branch, ""))
        try:
            if leg is not None:
                return self._after(leg, leg.hear(response, flow, branch, now), now)
            if response.status // 100 == 2 and response.cseq().method == INVITE:
                return self._answered_again(response, flow, now)
        except ParseError:
            return [Discard("response-unreadable")]
        return [Discard("response-unawaited")]  # to a BYE, or after the leg has ended

    def _answered_again(self, response: Response, flow: Flow, now: float) -> list[EndpointOutput]:
        """Take a copy of a 2xx whose ACK was lost, or the 2xx of another fork."""
        leg = self._by_tag.get(response.from_().tag or "")
        outputs = None if leg is None else leg.hear_again(response)
        if outputs is None:
            outputs = disown(response, flow, self._stack, now)
        return [*outputs]

    def _acknowledged(self, arrived: AckArrived, now: float) -> list[EndpointOutput]:
        ack = arrived.request
        try:
            # pyVoIP acknowledges with a To tag of its own invention, but with the INVITE's branch
            leg = self._by_tag.get(ack.to().tag or "") or self._by_key.get(arrived.key)
            if leg is None or leg.call_id != ack.call_id():
                return [Discard("ack-without-leg")]
            return self._after(leg, leg.acknowledge(ack, now), now)
        except ParseError:
            return [Discard("ack-unreadable")]

    def _cancelled(self, arrived: CancelArrived, now: float) -> list[EndpointOutput]:
        leg = self._by_key.get(arrived.key)
        if leg is None:
            return [Discard("cancel-without-leg")]
        return self._after(leg, leg.cancelled(now), now)

    def _failed(self, failure: TimedOut | Failed, now: float) -> list[EndpointOutput]:
        branch = failure.branch
        status = 408 if isinstance(failure, TimedOut) else 503
        leg = self._by_tag.get(self._stack.awaited.get(branch, ""))
        if leg is None:
            return [Discard("failure-unawaited")]
        return self._after(leg, leg.failed(branch, status, now), now)

    # Who guesses passwords

    def _is_strange(self, message: Request | Response, flow: Flow, now: float) -> bool:
        """Whether a message belongs to no call, and to no phone that has registered by `flow`."""
        if isinstance(message, Response) or message.method in (ACK, CANCEL):
            return False
        try:
            tag, user = message.to().tag, message.from_().uri.number
        except ParseError:
            return True
        return tag not in self._by_tag and not self.registrar.is_reached_by(flow, user, now)

    def _bar(self, flow: Flow) -> list[EndpointOutput]:
        barred: list[EndpointOutput] = [Discard("barred")]
        if flow.reliable and not self.registrar.is_used(flow):
            barred.append(CloseFlow(flow))
        return barred

    # Keeping the books

    def _enter(self, leg: Leg) -> None:
        self._by_name[leg.name] = leg
        self._by_tag[leg.local_tag] = leg

    def _after(self, leg: Leg, said: list[LegOutput], now: float) -> list[EndpointOutput]:
        """Pass on what a leg said, and file it anew."""
        tag = leg.local_tag
        if leg.state is State.TERMINATED:
            self._by_tag.pop(tag, None)
            self._timers.file(tag, None)
        else:
            self._timers.file(tag, leg.deadline)
        if isinstance(leg, OfferedLeg) and leg.state not in (State.PROCEEDING, State.ACCEPTED):
            self._by_key.pop(leg.key, None)
        if leg.has_ended and self._by_name.get(leg.name) is leg:
            del self._by_name[leg.name]
        self._by_flow.file(leg)
        return [*said]

    def _reply(
        self,
        key: str,
        request: Request,
        status: int,
        now: float,
        headers: Headers = (),
        reason: str = "",
    ) -> list[EndpointOutput]:
        response = respond(request, status, reason, to_tag=self._tag, headers=headers)
        return [*self._layer.respond(key, response, now)]
