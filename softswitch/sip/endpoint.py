"""SIP as the rest of the switch sees it: bytes in, leg events out, and commands for legs back.

The endpoint joins the transaction layer, admission, and what dialogs and branches belong to. It
decides nothing about calls: it knows which message belongs to whom.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

from softswitch.identifiers import Identifiers
from softswitch.sip.admission import Admission, Admitted, Passwords
from softswitch.sip.binding import Binding, removed
from softswitch.sip.digest import NonceSource
from softswitch.sip.doorstep import Doorstep, is_unproven
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.guard import BanBegan, BanLifted, Bans, Gate, Overload, Pace
from softswitch.sip.guard.gate import PHONE_TOO_OFTEN
from softswitch.sip.legs import Legs
from softswitch.sip.listeners import Listeners
from softswitch.sip.locate import Resolved
from softswitch.sip.message import (
    MOST_HEADER_BYTES,
    Header,
    Replaces,
    Request,
    Response,
    parse,
    respond,
)
from softswitch.sip.methods import REGISTER, SUBSCRIBE, missing
from softswitch.sip.outputs import CloseFlow, EndpointOutput, KeepFlow
from softswitch.sip.proxy import Proxy, Targets
from softswitch.sip.qualify import Qualify
from softswitch.sip.reception import Reception
from softswitch.sip.registrar import Registrar
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.speakers import Speakers
from softswitch.sip.stack import Stack
from softswitch.sip.subscriptions import Package, Subscriptions
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
from softswitch.sip.transaction.hop import alias_of
from softswitch.sip.usage import Usage
from softswitch.sip.usages import Usages
from softswitch.sip.vocabulary import End, LegCommand, TransferCommand
from softswitch.sip.watching import SubscriptionCommand
from softswitch.timerqueue import earlier

Taker = Callable[[Any, float], list[EndpointOutput]]
"""Takes one thing that the transaction layer has found out."""

Teller = Callable[[Any, float], list[EndpointOutput]]
"""Carries out one thing that is told from above."""


class Endpoint:
    """All SIP of one process.

    nonce_key  secret of this process
    route_key  another, by which dialogs of the proxy survive this process; without one they do not
    timers     of every transaction
    packages   events that others can subscribe to, and somebody above serves
    """

    __slots__ = (
        "_admission",
        "_doorstep",
        "_gate",
        "_layer",
        "_legs",
        "_listeners",
        "_proxy",
        "_reception",
        "_settings",
        "_speakers",
        "_subscriptions",
        "_tag",
        "_takers",
        "_tellers",
        "_usages",
        "bans",
        "overload",
        "qualify",
        "registrar",
    )

    def __init__(
        self,
        settings: EndpointSettings,
        passwords: Passwords,
        identifiers: Identifiers,
        nonce_key: bytes,
        timers: TimerValues | None = None,
        packages: Sequence[Package] = (),
        route_key: bytes = b"",
    ) -> None:
        listeners = Listeners(settings)
        timers = timers or TimerValues()
        self._settings = settings
        self._tag = identifiers.tag()  # of all our answers that begin no dialog
        self._layer = TransactionLayer(identifiers, timers, listeners.sent_by)
        stack = Stack(
            self._layer, listeners, identifiers, timers, settings.agent, settings.session_timer
        )
        self._gate = Gate(settings)
        self._listeners = listeners
        self.bans = Bans(settings.bans)
        self.overload = Overload(settings.overload)
        self._admission = Admission(
            settings,
            listeners,
            passwords,
            NonceSource(nonce_key),
            self.bans,
            decoy=nonce_key.hex(),
            tag=self._tag,
        )
        self.registrar = Registrar(settings.registrar, self._tag)
        self.qualify = Qualify(stack, self.registrar, settings.qualify)
        self._legs = Legs(stack, settings.maximum_legs, settings.maximum_legs_of_extension)
        self._proxy = Proxy(
            settings.proxy,
            stack,
            Targets(stack.listeners, self.registrar, passwords, settings.proxy),
            nonce_key,
            route_key or nonce_key,
            settings.realm,
            self._ask_password,
            self._legs.callers,
            self._tag,
            [package.name for package in packages],
        )
        self._doorstep = Doorstep(
            listeners, self._gate, self.overload, self._admission, self._proxy, self.bans, self._tag
        )
        pace = Pace(settings.pace)
        self._reception = Reception(
            stack, self.registrar, self.qualify, self._legs, self._proxy, pace, self._tag
        )
        self._subscriptions = stack.subscriptions = Subscriptions(
            stack, packages, settings.subscriptions, self._legs.named_by, self._legs.perform
        )
        self._reception.services[SUBSCRIBE] = self._subscriptions.subscribe
        self._reception.capabilities += (self._subscriptions.allow_events,)
        every: list[Usage] = [self._legs, self._subscriptions, self._proxy]
        if self.qualify.is_on:
            every.append(self.qualify)
        usages = self._usages = Usages(every, self._legs, self._proxy, stack.departures, self._tag)
        self._speakers = Speakers(usages, self._legs, self.registrar, self._admission, self._gate)
        self._tellers: dict[type, Teller] = {
            **dict.fromkeys(get_args(TransferCommand), self._subscriptions.transfer),
            **dict.fromkeys(get_args(SubscriptionCommand), self._subscriptions.perform),
            End: self._subscriptions.end_leg,
        }
        self._takers: dict[type, Taker] = {
            RequestArrived: self._requested,
            ResponseArrived: usages.responded,
            AckArrived: usages.acknowledged,
            CancelArrived: usages.cancelled,
            TimedOut: usages.failed,
            Failed: usages.failed,
            ServerTimedOut: usages.unacknowledged,
        }

    # From the network

    def receive(self, data: bytes, flow: Flow, now: float) -> list[EndpointOutput]:
        """Take a datagram, or a frame of a stream."""
        is_banned = now < self.bans.last_until and self.bans.hold(flow, now)
        if is_banned and not self._gate.knows(flow):
            return self._turn_back("banned", flow)
        objection = self._gate.objection(data, flow, now)
        if objection:
            return self._turn_back(objection, flow)
        most = self._settings
        if len(data) > (most.maximum_message if flow.reliable else most.maximum_datagram):
            return self._doorstep.too_large(data, flow, now)
        try:
            message = parse(data)
        except ParseError as error:
            if len(data) > MOST_HEADER_BYTES or error.element == "Content-Length":
                return self._doorstep.too_large(data, flow, now)
            return [Discard("unreadable" if data.strip(b"\r\n\0") else "keep-alive")]
        if is_banned and self._speakers.are_strange(message, flow, now):
            return self._turn_back("banned", flow)
        if isinstance(message, Request) and is_unproven(message):
            return self._doorstep.ask(message, flow, now)
        return self._pass_on(self._layer.receive(message, flow, now), now)

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        """Take the end of a connection."""
        self._gate.forget(flow)
        outputs = self._pass_on(self._layer.flow_lost(flow, now), now)
        outputs += self._usages.flow_lost(flow, now)
        return [*outputs, *self.qualify.noted(self.registrar.flow_lost(flow), now)]

    def resolved(self, answer: Resolved, now: float) -> list[EndpointOutput]:
        """Take what the DNS has answered to a Resolve."""
        return self._usages.resolved(answer, now)

    # From the calls

    def perform(
        self, command: LegCommand | SubscriptionCommand, now: float
    ) -> list[EndpointOutput]:
        """Carry out what a leg is told, or a subscription."""
        return self._tellers.get(type(command), self._legs.perform)(command, now)

    def drain(self) -> None:
        """Refuse new calls from now on; those that are there go on."""
        self._reception.is_draining = True

    def readdress(self, listeners: Iterable[ListenerSettings]) -> None:
        """Tell peers other addresses of ours from now on; who listens where stays."""
        self._listeners.readdress(listeners)

    def trusts(self, flow: Flow, now: float) -> bool:
        """Whether a right password has come by `flow` not long ago."""
        return self._gate.trusts(flow, now)

    def restore(self, bindings: Iterable[Binding], now: float) -> list[EndpointOutput]:
        """Take over the bindings that storage kept, of whoever may still be heard."""
        kept: list[Binding] = []
        outputs: list[EndpointOutput] = []
        for binding in bindings:
            if self._gate.admits(binding.flow):
                kept.append(binding)
            else:
                outputs.append(removed(binding))
        outputs += self.registrar.restore(kept, now)
        live = self.registrar.bindings(now)
        for binding in live:
            self._gate.trust(binding.flow, now)
        self.qualify.resume(live, now)
        return outputs

    # From the operator

    def unban(self, address: str, now: float) -> list[EndpointOutput]:
        """End the bans of an address; of a host, those of all its ports."""
        return [BanLifted(ban.address) for ban in self.bans.lift(address, now)]

    # Time

    @property
    def deadline(self) -> float | None:
        return earlier(
            earlier(self._layer.deadline, self.registrar.deadline), self._usages.deadline
        )

    def expire(self, now: float) -> list[EndpointOutput]:
        outputs = self._pass_on(self._layer.expire(now), now)
        outputs += self._usages.expire(now)
        return [*outputs, *self.qualify.noted(self.registrar.expire(now), now)]

    def dialog_of(self, leg: str) -> Replaces | None:
        """Return what it takes to name the dialog of a leg, for those who may know."""
        return self._legs.dialog_of(leg)

    def counts(self) -> dict[str, int]:
        """Return how much of each kind is held: for status, and for tests of leaks."""
        return {"transactions": self._layer.live, **self._usages.counts()}

    # What the transaction layer says

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
        """Find out whose request this is, of those within a dialog or with a password."""
        request, flow, key = arrived.request, arrived.flow, arrived.key
        owner: Usage | Admitted | Response
        try:
            if request.to().tag is not None and request.method != REGISTER:
                owner = self._speakers.within(request, flow, now)
                if isinstance(owner, Response):
                    return self._deny(owner, key)
            else:
                if self.overload.is_near and (slug := self._doorstep.sheds(request, flow, now)):
                    self._layer.forget(key)
                    return self._doorstep.shed(request, flow, slug)
                is_proxied = self._proxy.concerns(request, flow, now)
                decision = self._admission.admit(request, flow, now, as_proxy=is_proxied)
                if isinstance(decision, Response):
                    if self._is_astray(request, flow, now):
                        self._layer.forget(key)
                        return [Discard("not-for-us")]
                    return self._deny(decision, key)
                self._gate.trust(flow, now)
                owner = decision
        except ParseError as error:
            return self._turn_away(request, 400, key, reason=f"Bad {error.element}")
        except Refusal as refusal:
            return self._turn_away(request, refusal.status, key, refusal.reason)
        outputs = self._serve(request, owner, flow, key, now)
        if flow.reliable and owner is not self._proxy:  # who may show any token
            outputs.append(KeepFlow(flow, alias_of(request, flow)))
        return outputs

    def _is_astray(self, request: Request, flow: Flow, now: float) -> bool:
        """Whether a stranger asks for another host, with credentials for anything but us."""
        return not self._admission.claimed(request) and self._gate.is_astray(
            request, flow, self._listeners, now
        )

    def _deny(self, response: Response, key: str) -> list[EndpointOutput]:
        """Answer who was not admitted, and tell who is banned for it."""
        sent = self._layer.respond_once(key, response)
        banned = (BanBegan(ban) for ban in self.bans.begun())
        return [*sent, *self._admission.denials(), *banned]

    def _ask_password(
        self, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Return what is answered to who has to show a password within a dialog of others; nothing
        when he has. Raises ParseError and Refusal."""
        decision = self._admission.admit(request, flow, now, as_proxy=True)
        if isinstance(decision, Response):
            return self._deny(decision, key)
        self._gate.trust(flow, now)
        return []

    def _turn_away(
        self, request: Request, status: int, key: str, reason: str = ""
    ) -> list[EndpointOutput]:
        response = respond(request, status, reason, to_tag=self._tag)
        return [*self._layer.respond_once(key, response)]

    def _serve(
        self, request: Request, owner: Usage | Admitted, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Answer a request within a dialog, or else one that was admitted out of any."""
        reply = self._reception.reply
        try:
            unsupported = missing(request) if Header.REQUIRE in request.ids else ()
            if unsupported and not self._is_for_others(request, owner, flow, now):
                headers = ((Header.UNSUPPORTED, ", ".join(unsupported)),)
                return reply(key, request, 420, now, headers)
            if isinstance(owner, Admitted):
                return self._reception.serve(owner, request, flow, key, now)
            return owner.serve(request, flow, key, now)
        except ParseError as error:
            return reply(key, request, 400, now, reason=f"Bad {error.element}")
        except Refusal as refusal:
            return reply(key, request, refusal.status, now, reason=refusal.reason)

    def _is_for_others(
        self, request: Request, owner: Usage | Admitted, flow: Flow, now: float
    ) -> bool:
        """Whether a request is passed on, and what it requires is not required of us."""
        if isinstance(owner, Admitted):
            return self._proxy.takes(request, owner.extension, flow, now)
        return owner is self._proxy

    def _turn_back(self, slug: str, flow: Flow) -> list[EndpointOutput]:
        """Drop a message, and end the connection that it came by where that can harm no phone."""
        outputs: list[EndpointOutput] = [Discard(slug)]
        if flow.reliable and slug != PHONE_TOO_OFTEN and not self.registrar.is_used(flow):
            outputs.append(CloseFlow(flow))
        return outputs
