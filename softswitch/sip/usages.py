"""All usages of an endpoint, and which message belongs to which."""

from collections.abc import Container, Iterable, Sequence

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.legs import Legs
from softswitch.sip.locate import Resolved
from softswitch.sip.message import Request
from softswitch.sip.methods import INVITE
from softswitch.sip.outbound import Departures, Unreached
from softswitch.sip.outbound.departures import Said
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.proxy import Proxy
from softswitch.sip.transaction import (
    AckArrived,
    CancelArrived,
    Discard,
    Failed,
    ResponseArrived,
    ServerTimedOut,
    TimedOut,
)
from softswitch.sip.usage import Usage


class Usages:
    """Asks each in turn whose a message is.

    every       all of them, those first that most messages belong to
    departures  of requests that any of them has sent elsewhere
    tag         of answers that begin no dialog
    """

    __slots__ = ("_awaiting", "_departures", "_every", "_leaving", "_legs", "_proxy", "_tag")

    def __init__(
        self, every: Sequence[Usage], legs: Legs, proxy: Proxy, departures: Departures, tag: str
    ) -> None:
        self._every = tuple(every)
        self._legs = legs
        self._proxy = proxy
        self._departures = departures
        self._leaving = departures.journeys
        self._tag = tag
        self._awaiting: tuple[tuple[Container[str], Usage], ...] = tuple(
            (branches, usage) for usage in self._every for branches in usage.awaited
        )

    def owner(self, request: Request, to_tag: str) -> Usage | None:
        """Return what a request with that To tag is within. Raises ParseError."""
        for usage in self._every:
            if usage.owns(request, to_tag):
                return usage
        return None

    # What the transaction layer says

    def responded(self, arrived: ResponseArrived, now: float) -> list[EndpointOutput]:
        if arrived.branch in self._leaving:
            return self._deal(self._departures.hear(arrived, now), now)
        return self._hear(arrived, now)

    def failed(self, failure: TimedOut | Failed, now: float) -> list[EndpointOutput]:
        if failure.branch in self._leaving:
            return self._deal(self._departures.failed(failure, now), now)
        return self._fail(failure, now)

    def acknowledged(self, arrived: AckArrived, now: float) -> list[EndpointOutput]:
        try:
            if arrived.request.to().tag == self._tag:
                return []  # to a challenge, of which nothing was kept: every call begins so
            outputs = self._legs.acknowledge(arrived, now)
            if outputs is None:
                outputs = self._proxy.acknowledge(arrived, now)
        except ParseError:
            return [Discard("ack-unreadable")]
        return [Discard("ack-without-leg")] if outputs is None else outputs

    def cancelled(self, arrived: CancelArrived, now: float) -> list[EndpointOutput]:
        outputs = self._legs.cancel(arrived, now)
        if outputs is None:
            outputs = self._proxy.cancel(arrived, now)
        return [Discard("cancel-without-leg")] if outputs is None else outputs

    def unacknowledged(self, failure: ServerTimedOut, now: float) -> list[EndpointOutput]:
        return [
            *self._proxy.caller_lost(failure.key, now),
            Discard("failure-unacknowledged"),
        ]

    # Connections, the DNS and time

    def flow_lost(self, flow: Flow, now: float) -> list[EndpointOutput]:
        outputs: list[EndpointOutput] = []
        for usage in self._every:
            outputs += usage.flow_lost(flow, now)
        return outputs

    def resolved(self, answer: Resolved, now: float) -> list[EndpointOutput]:
        """Take an answer of the DNS."""
        return self._deal(self._departures.resolved(answer, now), now)

    @property
    def deadline(self) -> float | None:
        first = self._departures.deadline
        for usage in self._every:
            due = usage.deadline
            if due is not None and (first is None or due < first):
                first = due
        return first

    def expire(self, now: float) -> list[EndpointOutput]:
        outputs: list[EndpointOutput] = []
        for usage in self._every:
            due = usage.deadline
            if due is not None and due <= now:
                outputs += usage.expire(now)
        if self._leaving:  # last, for what the others have just sent may be asked about at once
            outputs += self._deal(self._departures.expire(now), now)
        return outputs

    def counts(self) -> dict[str, int]:
        """Return how much of each kind is held."""
        held = self._departures.counts()
        for usage in self._every:
            held |= usage.counts()
        return held

    # Inside

    def _deal(self, said: Iterable[Said], now: float) -> list[EndpointOutput]:
        """Tell senders what has become of requests that they have sent elsewhere."""
        outputs: list[EndpointOutput] = []
        for one in said:
            if isinstance(one, ResponseArrived):
                outputs += self._hear(one, now)
            elif isinstance(one, TimedOut | Failed | Unreached):
                outputs += self._fail(one, now)
            else:
                outputs.append(one)
        return outputs

    def _hear(self, arrived: ResponseArrived, now: float) -> list[EndpointOutput]:
        response, flow, branch = arrived.response, arrived.flow, arrived.branch
        for branches, usage in self._awaiting:
            if branch in branches:
                try:
                    return usage.hear(response, flow, branch, now)
                except ParseError:
                    return self._unreadable(usage, arrived, now)
        try:
            if response.status // 100 == 2 and response.cseq().method == INVITE:
                return self._legs.hear_again(response, flow, now)
        except ParseError:
            return [Discard("response-unreadable")]
        return [Discard("response-unawaited")]  # to a BYE, or after the leg has ended

    def _unreadable(
        self, usage: Usage, arrived: ResponseArrived, now: float
    ) -> list[EndpointOutput]:
        """Let who awaits a response know that it cannot be read. After a final one nothing else
        comes: the request has failed."""
        unreadable: list[EndpointOutput] = [Discard("response-unreadable")]
        is_awaited = any(arrived.branch in branches for branches in usage.awaited)
        if arrived.response.status >= 200 and is_awaited:
            unreadable += usage.failed(arrived.branch, 502, now)
        return unreadable

    def _fail(self, failure: TimedOut | Failed | Unreached, now: float) -> list[EndpointOutput]:
        match failure:
            case TimedOut():
                status = 408
            case Failed():
                status = 503
            case Unreached(status=status):
                pass
        for branches, usage in self._awaiting:
            if failure.branch in branches:
                return usage.failed(failure.branch, status, now)
        return [Discard("failure-unawaited")]
