"""Requests that leave for where nobody has registered: located, sent, and sent elsewhere."""

from collections.abc import Iterable
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from softswitch.identifiers import Identifiers
from softswitch.sip.elsewhere import Elsewhere
from softswitch.sip.errors import ParseError, Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.locate import Hop, Location, Resolve, Resolved, is_open
from softswitch.sip.message import Header, Request, Response, Uri
from softswitch.sip.methods import INVITE, Headers
from softswitch.sip.outbound.avoidance import Avoidance
from softswitch.sip.outbound.journey import Dress, Journey
from softswitch.sip.outbound.settings import DepartureSettings
from softswitch.sip.transaction import (
    Discard,
    Failed,
    ResponseArrived,
    Sent,
    TimedOut,
    TransactionLayer,
)
from softswitch.timerqueue import TimerQueue

_VIA = 120
"""Bytes that our Via adds to a request, about."""


class Unreached(Struct, frozen=True, gc=False):
    """A request has not been sent anywhere."""

    branch: str
    status: int
    """What that means: 404 or 480 when nobody is there, 403 when nobody may go there, 503 when
    the DNS could not tell, 487 when it was cancelled before."""


Said = Sent | Resolve | ResponseArrived | TimedOut | Failed | Unreached


class Departures:
    """All requests on their way, between those who send them and the transaction layer.

    A sender knows its request by one branch, however many are tried; what the layer says of the
    others never reaches it.
    """

    __slots__ = (
        "_asking",
        "_avoidance",
        "_identifiers",
        "_layer",
        "_lingering",
        "_listeners",
        "_settings",
        "_timers",
        "_unasked",
        "journeys",
    )

    def __init__(
        self,
        layer: TransactionLayer,
        listeners: Listeners,
        identifiers: Identifiers,
        lingering: float,
        settings: DepartureSettings = DepartureSettings(),  # noqa: B008  (frozen)
    ) -> None:
        """lingering  seconds that a transaction takes at most"""
        self._layer = layer
        self._listeners = listeners
        self._identifiers = identifiers
        self._lingering = lingering
        self._settings = settings
        self._avoidance = Avoidance()
        self.journeys: dict[str, Journey] = {}
        """By all branches that are, or were, tried: the layer's words about those are for here."""

        self._asking: dict[Resolve, list[str]] = {}  # question -> branches that wait for it
        self._unasked: list[Resolve] = []
        self._timers: TimerQueue[str] = TimerQueue()

    # From senders

    def request(
        self, target: Elsewhere, dress: Dress, now: float, mark: str = ""
    ) -> tuple[str, list[Sent]]:
        """Send a request on its way; return what it is known by. Nothing is told before the next
        `expire`: neither a failure, nor what the DNS is to be asked.

        dress  returns the request, without a Via of ours; asked again for each hop
        mark   as in TransactionLayer.request
        """
        branch = self._identifiers.branch() + mark
        journey = Journey(branch, mark, dress, target.source, None, now)
        self.journeys[branch] = journey
        try:
            uri = Uri.parse(target.next_hop or target.uri)
            location = Location(uri, self._listeners.reach, self._identifiers.draw)
            questions = location.begin()
        except ParseError:
            journey.status = 400
        except Refusal as refusal:
            journey.status = refusal.status
        else:
            journey.location = location
            if not questions:
                return branch, self._set_out(journey, now)
            self._ask(questions, branch)
        self._file(journey)
        return branch, []

    def cancel(self, branch: str, now: float, headers: Headers = ()) -> list[Sent]:
        """Give up an INVITE: as TransactionLayer.cancel, but it may be one that has not been sent
        yet, or not by us."""
        journey = self.journeys.get(branch)
        if journey is None:
            return self._layer.cancel(branch, now, headers)
        journey.hops.clear()
        if journey.trying:
            if not journey.is_over:
                journey.due = inf
                self._file(journey)
            return self._layer.cancel(journey.trying, now, headers)
        journey.status, journey.due = 487, now
        self._file(journey)
        return []

    # From the DNS

    def resolved(self, answer: Resolved, now: float) -> list[Said]:
        outputs: list[Said] = []
        for branch in self._asking.pop(answer.question, ()):
            journey = self.journeys.get(branch)
            if journey is not None and journey.location is not None and not journey.status:
                self._ask(journey.location.receive(answer), branch)
                if journey.location.is_done:
                    outputs += self._set_out(journey, now)
        return [*outputs, *self._take_questions()]

    # From the transaction layer

    def hear(self, arrived: ResponseArrived, now: float) -> list[Said]:
        """Take a response to what is in `journeys`."""
        journey, response = self.journeys[arrived.branch], arrived.response
        told = ResponseArrived(response, arrived.flow, journey.branch)
        if arrived.branch != journey.trying:
            return self._heard_late(journey, told, now)
        if journey.is_over:
            return [told]  # a copy of a 2xx, or another fork
        hop = journey.hop
        if hop is not None and response.status != 503:
            self._avoidance.clear(hop)
        if response.status < 200:
            if response.status > 100:
                journey.is_heard = True
            journey.due = inf
            self._file(journey)
            return [told]
        if response.status == 503 and hop is not None and not journey.is_heard:
            self._avoidance.note(hop, now + self._pause(response))
            journey.skip(hop)  # it is the server that has no time, however it is reached
            if journey.may_go_on:
                return self._go_on(journey, told, now)
        self._finish(journey, now)
        return [told]

    def failed(self, failure: TimedOut | Failed, now: float) -> list[Said]:
        """Take the end of a try that is in `journeys`."""
        journey = self.journeys[failure.branch]
        if failure.branch != journey.trying or journey.is_over:
            return [Discard("failure-of-a-hop-left")]
        told = type(failure)(journey.branch)
        if journey.hop is not None:
            self._avoidance.note(journey.hop, now + self._settings.avoided)
        if journey.may_go_on:
            return self._go_on(journey, told, now)
        self._finish(journey, now)
        return [told]

    # Time

    @property
    def deadline(self) -> float | None:
        return self._timers.earliest

    def expire(self, now: float) -> list[Said]:
        outputs: list[Said] = [*self._take_questions()]
        for branch in self._timers.pop_due(now):
            outputs += self._look_after(self.journeys[branch], now)
        return outputs

    def counts(self) -> dict[str, int]:
        return {"departures": len(self.journeys), "questions": len(self._asking)}

    # Inside

    def _look_after(self, journey: Journey, now: float) -> list[Said]:
        """Do what is due about a journey."""
        if journey.is_over:
            self._forget(journey)
            return []
        if journey.status:
            self._forget(journey)
            return [Unreached(journey.branch, journey.status)]
        if journey.trying:
            return self._leave(journey, now)
        location = journey.location
        assert location is not None, "or there was a status"
        if now >= journey.ends:
            location.give_up()
            self._stop_asking(journey)
            return [*self._set_out(journey, now)]
        journey.due = journey.ends = now + self._settings.locating
        self._file(journey)
        return []  # its questions have been asked

    def _ask(self, questions: Iterable[Resolve], branch: str) -> None:
        """Have questions asked that nobody else is waiting for."""
        for question in questions:
            if question not in self._asking:
                self._asking[question] = []
                self._unasked.append(question)
            self._asking[question].append(branch)

    def _take_questions(self) -> list[Resolve]:
        questions, self._unasked = self._unasked, []
        return questions

    def _stop_asking(self, journey: Journey) -> None:
        for question, waiting in list(self._asking.items()):
            if journey.branch in waiting:
                waiting.remove(journey.branch)
                if not waiting:
                    del self._asking[question]

    def _set_out(self, journey: Journey, now: float) -> list[Sent]:
        """Begin with the first hop."""
        location = journey.location
        assert location is not None, "there is a way, or there would be a status"
        source = None if journey.source is None else journey.source.remote[0]
        hops = [hop for hop in location.hops if is_open(hop.address, source)]
        journey.location, journey.ends = None, inf
        journey.hops.extend(self._avoidance.sort(hops, now)[: self._settings.tries])
        if not journey.hops:
            journey.status = 403 if location.hops else location.status
        sent = self._try_next(journey, now)
        if not journey.trying:
            journey.status = journey.status or 503
            journey.due = now
            self._file(journey)
        return sent

    def _try_next(self, journey: Journey, now: float) -> list[Sent]:
        """Send the request to the next hop; nothing where there is none that can be tried."""
        while journey.hops:
            hop = journey.hops.popleft()
            flow = self._flow(hop, journey.source)
            if flow is None:
                continue
            request = journey.dress(flow)
            if hop.transport == "udp" and self._is_long(request):
                stream = replace(hop, transport="tcp")
                by_stream = self._flow(stream, journey.source)
                if by_stream is not None and not self._avoidance.holds(stream, now):
                    journey.hops.appendleft(hop)  # back to it, should TCP be refused
                    hop, flow, request = stream, by_stream, journey.dress(by_stream)
            return self._send(journey, hop, flow, request, now)
        return []

    def _send(
        self, journey: Journey, hop: Hop, flow: Flow, request: Request, now: float
    ) -> list[Sent]:
        branch = journey.branch if not journey.tries else ""
        branch, out = self._layer.request(request, flow, now, journey.mark, branch)
        if not journey.tries:
            journey.is_invite = request.method == INVITE
            journey.ends = inf if journey.is_invite else now + self._lingering
        else:
            journey.branches.append(branch)
            self.journeys[branch] = journey
        journey.tries += 1
        journey.hop, journey.trying = hop, branch
        journey.due = now + self._settings.silence if journey.hops else inf
        self._file(journey)
        return out

    def _flow(self, hop: Hop, source: Flow | None) -> Flow | None:
        local = self._listeners.towards(hop.transport, hop.address, source)
        if local is None:
            return None
        name = hop.domain if hop.transport == "tls" else ""
        return Flow(hop.transport, local, (hop.address, hop.port), 0, name)

    def _is_long(self, request: Request) -> bool:
        return len(request.to_bytes()) + _VIA > self._settings.longest_datagram

    def _heard_late(self, journey: Journey, told: ResponseArrived, now: float) -> list[Said]:
        """Take what comes by a hop that was left. An answer counts: then it is the other hops that
        were in vain."""
        if not (journey.is_invite and told.response.status // 100 == 2):
            return [Discard("response-too-late")]
        sent: list[Said] = []
        if not journey.is_over and journey.trying:
            sent += self._layer.cancel(journey.trying, now)
            self._finish(journey, now)
        return [*sent, told]

    def _leave(self, journey: Journey, now: float) -> list[Said]:
        """Try the next hop, for this one is silent. Should it ring yet, it is cancelled."""
        left: list[Said] = []
        if journey.is_invite:
            left += self._layer.cancel(journey.trying, now)
        if journey.hop is not None:
            self._avoidance.note(journey.hop, now + self._settings.avoided)
        return [*left, *self._go_on(journey, TimedOut(journey.branch), now)]

    def _go_on(self, journey: Journey, told: Said, now: float) -> list[Said]:
        """Try the next hop; say what was to be told of this one if there is none, or no time."""
        sent = self._try_next(journey, now) if now < journey.ends else []
        if sent:
            return [*sent]
        self._finish(journey, now)
        return [told]

    def _pause(self, refusal: Response) -> float:
        """Return for how long a hop wants to be left alone."""
        text = (refusal.first(Header.RETRY_AFTER) or "").partition("(")[0].partition(";")[0]
        text = text.strip()
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return self._settings.avoided
        return min(float(text), self._settings.longest_avoided)

    # Keeping the books

    def _file(self, journey: Journey) -> None:
        self._timers.file(journey.branch, journey.due if journey.due < inf else None)

    def _finish(self, journey: Journey, now: float) -> None:
        """Have done with a journey; what other tries may bring yet is waited for."""
        journey.is_over = True
        journey.hops.clear()
        if len(journey.branches) == 1:
            self._forget(journey)
            return
        journey.due = now + 2 * self._lingering
        self._file(journey)

    def _forget(self, journey: Journey) -> None:
        self._timers.file(journey.branch, None)
        for branch in journey.branches:
            self.journeys.pop(branch, None)
        if journey.location is not None:
            self._stop_asking(journey)
