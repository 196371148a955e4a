"""All subscriptions at this switch, by SUBSCRIBE and by REFER: a usage of the endpoint."""

from collections import Counter
from collections.abc import Container, Iterable

from softswitch.sip.admission import Admitted
from softswitch.sip.dialog import Ask, Dialog, Notifier, Over
from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.message import Event, Header, Request, Response, Uri, respond, validate
from softswitch.sip.methods import ALLOW, SUBSCRIBE, Headers
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.settings import SubscriptionSettings
from softswitch.sip.stack import Stack
from softswitch.sip.subscriptions.notices import Kept, Notices, Timers
from softswitch.sip.subscriptions.packages import Package, allow_events
from softswitch.sip.subscriptions.partings import PARTING, EndLeg, Partings
from softswitch.sip.subscriptions.referrals import REFER, REFERRAL, FindLeg, Referrals
from softswitch.sip.text import readable
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import End, TransferCommand
from softswitch.sip.watching import (
    AcceptSubscription,
    EndSubscription,
    Notify,
    RefuseSubscription,
    SubscriptionCommand,
    SubscriptionEnded,
    SubscriptionRequested,
)
from softswitch.timerqueue import TimerQueue

_UNDECIDED = "undecided"
_DECIDE_WITHIN = 10.0
"""Seconds, in which whoever serves a package has to say whether."""

_RETRY = (Header.RETRY_AFTER, "60")


class Undecided:
    """A SUBSCRIBE that waits for its answer."""

    __slots__ = ("dialog", "event", "extension", "key", "request", "seconds")

    def __init__(
        self, key: str, request: Request, dialog: Dialog, event: Event, seconds: int, extension: str
    ) -> None:
        self.key = key
        self.request = request
        self.dialog = dialog
        self.event = event
        self.seconds = seconds
        self.extension = extension


class Subscriptions:
    """Answers SUBSCRIBE, in and out of dialogs, and sends NOTIFY.

    packages  that somebody above serves
    find_leg  by the dialog that a transfer wants to be replaced
    end_leg   at once
    """

    __slots__ = (
        "_notices",
        "_of_extension",
        "_packages",
        "_partings",
        "_referrals",
        "_settings",
        "_stack",
        "_timers",
        "_undecided",
    )

    def __init__(
        self,
        stack: Stack,
        packages: Iterable[Package],
        settings: SubscriptionSettings,
        find_leg: FindLeg,
        end_leg: EndLeg,
    ) -> None:
        self._stack = stack
        self._packages = {package.name: package for package in packages}
        self._settings = settings
        self._timers: Timers = TimerQueue()
        self._notices = Notices(stack, self._timers)
        self._partings = Partings(self._timers, end_leg)
        self._referrals = Referrals(stack, self._notices, find_leg, self._timers, self._partings)
        self._undecided: dict[str, Undecided] = {}
        self._of_extension: Counter[str] = Counter()

    # Out of a dialog

    @property
    def allow_events(self) -> tuple[Header, str]:
        return allow_events(self._packages.values())

    def subscribe(
        self, admitted: Admitted, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Answer a SUBSCRIBE that begins a dialog. Raises ParseError and Refusal."""
        validate(request)
        event = _event(request)
        package = self._packages.get(event.package)
        if package is None:
            return self._reply(key, request, 489, now, (self.allow_events,))
        if Header.CONTACT not in request.ids or request.contacts()[0].star:
            raise Refusal(400, "Missing Contact")
        media_type = package.media_type(request)
        if media_type is None:
            headers = ((Header.ACCEPT, ", ".join(package.media_types)),)
            return self._reply(key, request, 406, now, headers)
        seconds = package.granted(request.expires())
        if seconds is None:
            return self._too_brief(key, request, package, now)
        if self._are_too_many(admitted.extension):
            return self._reply(key, request, 503, now, (_RETRY,), "Too Many Subscriptions")
        tag = self._stack.identifiers.tag()
        contact = self._stack.listeners.face(flow).contact
        dialog = Dialog.accepting(request, tag, contact, flow)
        self._undecided[tag] = Undecided(key, request, dialog, event, seconds, admitted.extension)
        self._timers.file((_UNDECIDED, tag), now + _DECIDE_WITHIN)
        self._of_extension[admitted.extension] += 1
        uri = Uri.parse(request.uri)
        asked = SubscriptionRequested(
            subscription=tag,
            package=event.package,
            extension=admitted.extension,
            resource=readable(uri.number.partition(";")[0]),
            entity=readable(f"{uri.scheme}:{uri.user}@{uri.host}"),
            media_type=media_type,
            user_agent=readable(request.first(Header.USER_AGENT) or ""),
        )
        return [asked]

    # What is decided above

    def perform(self, command: SubscriptionCommand, now: float) -> list[EndpointOutput]:
        """Carry out what a subscription is told."""
        name = command.subscription
        match command:
            case AcceptSubscription(document=document, is_pending=is_pending):
                undecided = self._take(name)
                if undecided is not None:
                    return self._accept(name, undecided, command, now)
                kept = self._notices.find(name)
                if kept is None or is_pending:
                    return [Discard("command-for-ended-subscription")]
                asks = [*kept.notifier.activate(now), *kept.notifier.notify(document, now)]
                return self._carry_out(kept, asks, now)
            case RefuseSubscription(status=status):
                undecided = self._take(name)
                if undecided is None:
                    return [Discard("command-for-ended-subscription")]
                self._release(undecided.extension)
                return self._reply(undecided.key, undecided.request, status, now)
        kept = self._notices.find(name)
        if kept is None:
            return [Discard("command-for-ended-subscription")]
        match command:
            case Notify(document=document):
                return self._carry_out(kept, kept.notifier.notify(document, now), now)
            case EndSubscription(reason=reason, retry_after=retry_after):
                asks = kept.notifier.terminate(reason, now, retry_after)
                return self._carry_out(kept, asks, now)

    def _accept(
        self, name: str, undecided: Undecided, command: AcceptSubscription, now: float
    ) -> list[EndpointOutput]:
        notifier = Notifier(
            undecided.dialog,
            undecided.event,
            now + undecided.seconds,
            (self._stack.user_agent,),
            is_pending=command.is_pending,
        )
        kept = Kept(name, notifier, undecided.extension)
        outputs = self._grant(kept, undecided.key, undecided.request, undecided.seconds, now)
        self._notices.enter(kept)
        if undecided.seconds:
            asks = notifier.notify(command.document, now)
        else:  # it was a fetch
            asks = notifier.terminate("timeout", now, document=command.document)
        return [*outputs, *self._carry_out(kept, asks, now)]

    # Within a call

    def refer(
        self, leg: str, dialog: Dialog, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Take a REFER within the confirmed dialog of `leg`. Raises ParseError and Refusal."""
        return self._referrals.refer(leg, dialog, request, flow, key, now)

    def transfer(self, command: TransferCommand, now: float) -> list[EndpointOutput]:
        """Carry out what is decided about a REFER, or tell what became of it."""
        return self._referrals.perform(command, now)

    def end_leg(self, command: End, now: float) -> list[EndpointOutput]:
        """End a leg: at once, unless its phone is just being told how its transfer went."""
        return self._partings.end(command, now)

    # Within a dialog

    def owns(self, request: Request, to_tag: str) -> bool:
        for kept in self._notices.within(to_tag):
            return kept.notifier.dialog.id.call_id == request.call_id()
        return False

    def doubts(self, to_tag: str, flow: Flow) -> str | None:
        kept = next(iter(self._notices.within(to_tag)))
        known = kept.notifier.dialog.flow
        return None if known.remote[0] == flow.remote[0] else kept.extension

    def serve(self, request: Request, flow: Flow, key: str, now: float) -> list[EndpointOutput]:
        kept = next(iter(self._notices.within(request.to().tag or "")))
        dialog = kept.notifier.dialog
        if request.from_().tag != dialog.id.remote_tag:
            return self._reply(key, request, 481, now)
        refusal = dialog.check(request, flow)
        if refusal is not None:
            raise refusal
        if request.method != SUBSCRIBE:
            # In a dialog that a call has left behind there is nothing else any more (RFC 5057)
            return self._reply(key, request, 405 if kept.extension else 481, now, (ALLOW,))
        return self.resubscribe(dialog, request, flow, key, now)

    def resubscribe(
        self, dialog: Dialog, request: Request, flow: Flow, key: str, now: float
    ) -> list[EndpointOutput]:
        """Answer a SUBSCRIBE that refreshes or ends a subscription within `dialog`.

        Raises ParseError and Refusal.
        """
        event = _event(request)
        kept = self._named(dialog.id.local_tag, event)
        if kept is None or kept.notifier.is_terminated:
            known = event.package == REFER or event.package in self._packages
            headers = () if known else (self.allow_events,)
            return self._reply(key, request, 481 if known else 489, now, headers)
        package = self._packages.get(event.package, _REFERRALS)
        seconds = package.granted(request.expires())
        if seconds is None:
            return self._too_brief(key, request, package, now)
        dialog.refresh(request, flow)
        outputs = self._grant(kept, key, request, seconds, now)
        if seconds:
            asks = kept.notifier.extend(now + seconds, now)
        else:
            asks = kept.notifier.terminate("timeout", now)
        return [*outputs, *self._carry_out(kept, asks, now)]

    # What comes back for a NOTIFY

    @property
    def awaited(self) -> tuple[Container[str], ...]:
        return (self._notices.awaited,)

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[EndpointOutput]:
        found = self._notices.answered(branch, response, now)
        return [Discard("response-unawaited")] if found is None else self._told(*found, now)

    def failed(self, branch: str, status: int, now: float) -> list[EndpointOutput]:
        found = self._notices.failed(branch, now)
        return [Discard("failure-unawaited")] if found is None else self._told(*found, now)

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        outputs: list[EndpointOutput] = []
        for kept in self._notices.of_flow(flow):
            self._notices.drop(kept)
            outputs += self._told(kept, [], Over("lost"), now)
        return outputs

    # Time

    @property
    def deadline(self) -> float | None:
        return self._timers.earliest

    def expire(self, now: float) -> list[EndpointOutput]:
        outputs: list[EndpointOutput] = []
        for kind, name in self._timers.pop_due(now):
            if kind == REFERRAL:
                outputs += self._referrals.expire(name, now)
            elif kind == PARTING:
                outputs += self._partings.expire(name, now)
            elif kind == _UNDECIDED:
                outputs += self.perform(RefuseSubscription(name, 480), now)
            elif (kept := self._notices.find(name)) is not None:
                outputs += self._carry_out(kept, kept.notifier.expire(now), now)
        return outputs

    def counts(self) -> dict[str, int]:
        return {
            **self._notices.counts(),
            **self._referrals.counts(),
            **self._partings.counts(),
            "subscription_timers": len(self._timers),
            "undecided_subscriptions": len(self._undecided),
            "subscribing_extensions": len(self._of_extension),
        }

    # Inside

    def _named(self, tag: str, event: Event) -> Kept | None:
        """Return the subscription of that event; a lone referral need not be named by its id."""
        kept = [
            one for one in self._notices.within(tag) if one.notifier.event.package == event.package
        ]
        for one in kept:
            if one.notifier.event == event:
                return one
        is_lone = len(kept) == 1 and event.package == REFER and not event.id
        return kept[0] if is_lone else None

    def _are_too_many(self, extension: str) -> bool:
        settings = self._settings
        held = len(self._notices) + len(self._undecided)
        return held >= settings.most or self._of_extension[extension] >= settings.most_of_extension

    def _take(self, name: str) -> Undecided | None:
        self._timers.file((_UNDECIDED, name), None)
        return self._undecided.pop(name, None)

    def _release(self, extension: str) -> None:
        self._of_extension[extension] -= 1
        if not self._of_extension[extension]:
            del self._of_extension[extension]

    def _carry_out(
        self, kept: Kept, asked: Iterable[Ask | Over], now: float
    ) -> list[EndpointOutput]:
        return self._told(kept, *self._notices.carry_out(kept, asked, now), now)

    def _told(
        self, kept: Kept, sent: Iterable[EndpointOutput], over: Over | None, now: float
    ) -> list[EndpointOutput]:
        outputs = [*sent]
        if over is not None:
            outputs += self._partings.heard(kept.name, now)
        if over is not None and kept.extension:
            self._release(kept.extension)
            outputs.append(SubscriptionEnded(kept.name, over.cause))
        return outputs

    def _grant(
        self, kept: Kept, key: str, request: Request, seconds: int, now: float
    ) -> list[EndpointOutput]:
        headers = (
            (Header.EXPIRES, str(seconds)),
            (Header.CONTACT, kept.notifier.dialog.contact),
            self._stack.server,
        )
        tag = kept.notifier.dialog.id.local_tag
        response = respond(request, 200, to_tag=tag, headers=headers)
        return [*self._stack.layer.respond(key, response, now)]

    def _too_brief(
        self, key: str, request: Request, package: Package, now: float
    ) -> list[EndpointOutput]:
        headers = ((Header.MIN_EXPIRES, str(package.minimum_expires)),)
        return self._reply(key, request, 423, now, headers)

    def _reply(
        self,
        key: str,
        request: Request,
        status: int,
        now: float,
        headers: Headers = (),
        reason: str = "",
    ) -> list[EndpointOutput]:
        tag = self._stack.identifiers.tag()
        response = respond(request, status, reason, to_tag=tag, headers=headers)
        return [*self._stack.layer.respond(key, response, now)]


def _event(request: Request) -> Event:
    """Return what a SUBSCRIBE is about. Raises ParseError and Refusal."""
    if Header.EVENT not in request.ids:
        raise Refusal(489, "")
    return Event.parse(request.first(Header.EVENT) or "")


_REFERRALS = Package(REFER, ("message/sipfrag",), default_expires=180, maximum_expires=600)
