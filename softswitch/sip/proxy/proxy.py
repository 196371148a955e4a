"""The proxy: which requests are passed on, where to, and which response belongs to which."""

from collections import deque
from collections.abc import Callable, Container, Iterable
from functools import partial
from hmac import digest

from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.guard import Callers
from softswitch.sip.message import Header, Request, Response, Uri, respond
from softswitch.sip.methods import INVITE, Headers
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.proxy.breadth import breadth_of
from softswitch.sip.proxy.calls import TOLD, Calls
from softswitch.sip.proxy.context import Context
from softswitch.sip.proxy.dialogs import Dialogs
from softswitch.sip.proxy.flow_token import FlowTokens
from softswitch.sip.proxy.forwarding import Forwarding
from softswitch.sip.proxy.loop import has_been_here, mark_of
from softswitch.sip.proxy.objection import Objection, objection
from softswitch.sip.proxy.routes import drop_maddr, drop_own
from softswitch.sip.proxy.targets import Targets
from softswitch.sip.settings import ProxySettings
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import AckArrived, CancelArrived, Discard, Sent
from softswitch.timerqueue import TimerQueue

_OWN_EVENTS = frozenset(("", "dialog", "message-summary", "presence"))
"""What no phone is asked for, whether the switch itself tells of it or not."""

Admit = Callable[[Request, Flow, str, float], list[EndpointOutput]]
"""Returns what is answered to who has to show a password first, by key, now; nothing when he has
shown the right one. Raises ParseError and Refusal."""

_RETRY: Headers = ((Header.RETRY_AFTER, "10"),)


class Proxy:
    """Passes requests on. Where a dialog leads it does not remember between two requests.

    targets  where a request out of a dialog goes
    secret   of this process
    lasting  another, which the next process knows as well
    realm    ours
    admit    who asks for a password within a dialog
    callers  counts the calls of extensions
    tag      for the To of our own answers
    events   packages that the switch itself tells of
    """

    __slots__ = (
        "_accepted",
        "_admit",
        "_askers",
        "_by_branch",
        "_contexts",
        "_dialogs",
        "_forget",
        "_forwarding",
        "_hosts",
        "_key",
        "_own_events",
        "_settings",
        "_stack",
        "_tag",
        "_targets",
        "_timers",
        "calls",
    )

    def __init__(
        self,
        settings: ProxySettings,
        stack: Stack,
        targets: Targets,
        secret: bytes,
        lasting: bytes,
        realm: str,
        admit: Admit,
        callers: Callers,
        tag: str,
        events: Iterable[str] = (),
    ) -> None:
        self._settings = settings
        self._stack = stack
        self._targets = targets
        self._key = key = digest(secret, b"proxy", "sha256")
        self._tag = tag
        self._own_events = _OWN_EVENTS.union(events)
        lasting = digest(lasting, b"proxy", "sha256")
        self._admit = admit
        self.calls = Calls(callers, settings.maximum_calls, settings.longest_call)
        tokens = FlowTokens(key, lasting, stack.identifiers.worker)
        self._forwarding = Forwarding(stack.listeners, tokens, realm)
        self._dialogs = Dialogs(tokens, self._forwarding, stack.listeners, targets.is_home)
        self._contexts: dict[str, Context] = {}  # by key of the server transaction
        self._askers = Callers(settings.maximum_contexts_of_extension)
        self._hosts = Callers(settings.maximum_contexts_of_host)
        self._by_branch: dict[str, Context] = {}
        self._timers: TimerQueue[str] = TimerQueue()
        self._accepted: dict[str, str] = {}  # branch -> key, while copies of its 2xx may come
        self._forget: deque[tuple[float, str]] = deque()  # when, and which branch of those

    @property
    def is_full(self) -> bool:
        return len(self._contexts) >= self._settings.maximum_contexts

    # Requests

    def concerns(self, request: Request, flow: Flow, now: float) -> bool:
        """Whether a request out of any dialog is of a kind that is passed on: who is there to
        get it does not count, for a stranger could tell. Raises ParseError."""
        match request.method:
            case "INVITE":
                return self._stack.listeners.face(flow).is_proxy
            case "MESSAGE":
                return True
            case "SUBSCRIBE":
                event = (request.first(Header.EVENT) or "").partition(";")[0].strip().lower()
                return event not in self._own_events
            case "OPTIONS":
                return self._targets.is_asked_after(request, flow, now)
            case _:
                return False

    def takes(self, request: Request, extension: str, flow: Flow, now: float) -> bool:
        """Whether `forward` is to have the request of an extension; what else it is for is the
        switch's own business. Raises ParseError."""
        if not self.concerns(request, flow, now):
            return False
        self._localise(request)
        if request.method == "MESSAGE":
            return True
        return self._targets.leads_on(request, extension)

    def _localise(self, request: Request) -> None:
        """Take off a request what has brought it to us and leads no further. Raises ParseError."""
        if Header.ROUTE in request.ids:
            drop_own(request, self._stack.listeners)
        if "maddr" in request.uri:
            drop_maddr(request, self._stack.listeners)

    def forward(
        self, request: Request, extension: str, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Pass on a request of an extension out of any dialog, which `takes` was asked about.

        Raises ParseError and Refusal.
        """
        mark = mark_of(request, self._key)
        breadth = breadth_of(request)
        hops = request.max_forwards()
        against = objection(request, hops)
        if against is None and has_been_here(request, mark):
            against = 482, "", ()
        if against is None and breadth == 0:
            against = 440, "", ()
        if against is None and (self.is_full or not self._askers.has_room(extension)):
            against = 503, "", _RETRY
        if against is not None:
            return self._refuse(request, key, against, now)
        groups = self._targets.find(request, flow, now)
        if not isinstance(groups, list):
            return self._refuse(request, key, groups, now)
        self._forwarding.prepare(request, hops)
        self._forwarding.strip(request, flow)
        context = Context(
            request,
            key,
            groups,
            partial(self._forwarding.branch, caller=flow),
            self._stack,
            self._settings,
            self._tag,
            breadth=breadth,
            mark=mark,
            redirect=self._targets.redirection(request, flow),
        )
        sent = context.begin(now)  # nothing is filed of what cannot be sent: ParseError
        if request.method == INVITE:
            callee = Uri.parse(request.uri).number or request.uri
            self.calls.begin(key, request, extension, callee, now)
        return self._enter(context, sent, self._askers, extension, now)

    def owns(self, request: Request, to_tag: str) -> bool:
        return bool(self._dialogs.token_of(request)[0])

    def doubts(self, to_tag: str, flow: Flow) -> str | None:
        return None  # it asks by itself, with 407

    def serve(self, request: Request, flow: Flow, key: str, now: float) -> list[EndpointOutput]:
        hops = request.max_forwards()
        host = flow.remote[0]
        against = objection(request, hops)
        if against is None and (self.is_full or not self._hosts.has_room(host)):
            against = 503, "", _RETRY
        if against is not None:
            return self._refuse(request, key, against, now)
        token, is_strict = self._dialogs.token_of(request)
        way = self._dialogs.take(request, flow, token, is_strict=is_strict)
        if not self._dialogs.may_send(request, flow, way, now):
            refused = self._admit(request, flow, key, now)
            if refused:
                return refused
            self._dialogs.note_moved(flow, way)
        self._forwarding.prepare(request, hops)
        self._forwarding.strip(request, flow)
        context = Context(
            request,
            key,
            [[way.target]],
            way.dress,
            self._stack,
            self._settings,
            self._tag,
            lost=430,
        )
        outputs = self._enter(context, context.begin(now), self._hosts, host, now)
        return [*outputs, *self.calls.heard(request, now)] if request.method in TOLD else outputs

    def acknowledge(self, arrived: AckArrived, now: float) -> list[EndpointOutput] | None:
        """Pass the ACK to a 2xx on; of it, nothing is remembered and nothing answered. None when
        it belongs elsewhere. Raises ParseError."""
        ack = arrived.request
        token, is_strict = self._dialogs.token_of(ack)
        if not token:
            return None
        hops = ack.max_forwards()
        try:
            if objection(ack, hops) is not None:
                return [Discard("ack-not-forwarded")]
            way = self._dialogs.take(ack, arrived.flow, token, is_strict=is_strict)
            if not self._dialogs.may_send(ack, arrived.flow, way, now):
                return [Discard("ack-of-stranger")]
        except Refusal:
            return [Discard("ack-not-forwarded")]
        self._forwarding.prepare(ack, hops)
        self._forwarding.strip(ack, arrived.flow)
        return [*self._stack.layer.send(way.dress(ack, way.target, 1), way.target.flow)]

    def cancel(self, arrived: CancelArrived, now: float) -> list[EndpointOutput] | None:
        context = self._contexts.get(arrived.key)
        if context is None:
            return None
        reasons = arrived.request.values(Header.REASON)
        headers = tuple((Header.REASON, reason) for reason in reasons)
        return self._after(context, context.cancel(now, headers), now)

    def caller_lost(self, key: str, now: float) -> list[EndpointOutput]:
        """Take the end of the connection that an INVITE came by: nobody waits for its answer."""
        context = self._contexts.get(key)
        return [] if context is None else self._after(context, context.cancel(now), now)

    # Responses

    @property
    def awaited(self) -> tuple[Container[str], ...]:
        return self._by_branch, self._accepted

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[EndpointOutput]:
        context = self._by_branch.get(branch)
        key = self._accepted[branch] if context is None else context.key
        try:
            response.replace_first(Header.VIA, None)  # ours
            is_for_somebody = Header.VIA in response.ids
            if Header.PRIVACY in response.ids:
                asker = self._stack.layer.flow_of(key)
                if asker is not None:
                    self._forwarding.hide(response, asker)
        except ParseError:
            is_for_somebody = False
        self._forwarding.strip(response, flow)
        if not is_for_somebody:
            if context is None or response.status < 200:
                return [Discard("response-for-nobody")]
            return self._after(context, context.failed(branch, 502, now), now)
        if context is not None:
            if response.status // 100 == 2:
                self.calls.answered(context.key, response, now)
            return self._after(context, context.hear(response, branch, now), now)
        if response.status // 100 == 2:
            return [*self._stack.layer.respond(key, response, now)]
        return [Discard("response-out-of-state")]

    def failed(self, branch: str, status: int, now: float) -> list[EndpointOutput]:
        context = self._by_branch.get(branch)
        if context is None:
            return []  # it was answered before
        return self._after(context, context.failed(branch, status, now), now)

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        return []  # the transactions of that connection have said so

    # Time

    @property
    def deadline(self) -> float | None:
        due, of_calls = self._timers.earliest, self.calls.deadline
        if of_calls is not None and (due is None or of_calls < due):
            due = of_calls
        if self._forget and (due is None or self._forget[0][0] < due):
            due = self._forget[0][0]
        return due

    def expire(self, now: float) -> list[EndpointOutput]:
        while self._forget and self._forget[0][0] <= now:
            self._accepted.pop(self._forget.popleft()[1], None)
        outputs: list[EndpointOutput] = [*self.calls.expire(now)]
        for key in self._timers.pop_due(now):
            context = self._contexts[key]
            outputs += self._after(context, context.expire(now), now)
        return outputs

    def counts(self) -> dict[str, int]:
        return {
            "proxied": len(self._contexts),
            "proxied calls": len(self.calls),
            "proxied askers": len(self._askers) + len(self._hosts),
            "branches": len(self._by_branch),
            "proxied answers": len(self._accepted),
        }

    # Keeping the books

    def _enter(
        self, context: Context, sent: list[Sent], senders: Callers, sender: str, now: float
    ) -> list[EndpointOutput]:
        self._contexts[context.key] = context
        senders.enter(context.key, sender)
        return self._after(context, sent, now)

    def _after(self, context: Context, sent: list[Sent], now: float) -> list[EndpointOutput]:
        """File a context anew."""
        if context.is_done:
            self._retire(context, now)
            return [*sent, *self.calls.unanswered(context.key, context.status, now)]
        for branch in context.branches:
            self._by_branch[branch] = context
        self._timers.file(context.key, context.deadline)
        return [*sent]

    def _retire(self, context: Context, now: float) -> None:
        self._contexts.pop(context.key, None)
        self._askers.leave(context.key)
        self._hosts.leave(context.key)
        self._timers.file(context.key, None)
        for branch in context.branches:
            self._by_branch.pop(branch, None)
        for branch in context.accepted:
            self._accepted[branch] = context.key
            self._forget.append((now + self._stack.timers.timeout, branch))

    def _refuse(
        self, request: Request, key: str, against: Objection, now: float
    ) -> list[EndpointOutput]:
        status, reason, headers = against
        response = respond(request, status, reason, to_tag=self._tag, headers=headers)
        return [*self._stack.layer.respond(key, response, now)]
