"""The switch, whole, and free of I/O: endpoint, exchange and applications in one machine.

The daemon's shell drives it with sockets and a clock, tests with a simulated network and a
virtual one; both carry out the same effects.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, get_args

from media.control import Event
from softswitch.applications import Instructed, Troupe
from softswitch.calls.exchange import Exchange
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import ApplicationWanted, Heard, SaveMessage
from softswitch.calls.outputs import Discard as CallDiscard
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.record import Closed
from softswitch.sip.binding import (
    Binding,
    BindingRemoved,
    BindingSaved,
    PhoneReachable,
    PhoneUnreachable,
)
from softswitch.sip.denied import Denied
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.flow import Flow
from softswitch.sip.guard import BanBegan, BanLifted
from softswitch.sip.locate import Resolve, Resolved
from softswitch.sip.outputs import CallPassedOn, CloseFlow, KeepFlow
from softswitch.sip.transaction import Discard, Transmit
from softswitch.sip.vocabulary import LegCommand, LegEvent, Offered, Refuse
from softswitch.sip.watching import SubscriptionCommand, SubscriptionEvent
from softswitch.timerqueue import earlier
from softswitch.watch import Watch

Effect = (
    Transmit
    | CloseFlow
    | KeepFlow
    | CallPassedOn
    | Resolve
    | ToMedia
    | BindingSaved
    | BindingRemoved
    | PhoneReachable
    | PhoneUnreachable
    | BanBegan
    | BanLifted
    | Denied
    | SaveMessage
    | Logged
    | Closed
)
"""What the shell has to do, in order."""

EFFECTS = frozenset(get_args(Effect))

Route: TypeAlias = Callable[[Any, float], Sequence[object]]

ReachChange = BindingSaved | BindingRemoved | PhoneReachable | PhoneUnreachable
"""A phone has come, has gone, answers again, or does not any more."""

Hear: TypeAlias = Callable[[ReachChange, float], Sequence[object]]
"""Takes one of them, now, and returns what it asks of the parts."""


class Switch:
    """Lets its parts talk until nothing is left to say, and returns what is for others.

    What is discarded is counted here, by slug.

    watch  whoever serves the packages that `endpoint` offers
    """

    def __init__(
        self, endpoint: Endpoint, exchange: Exchange, troupe: Troupe, watch: Watch
    ) -> None:
        self.watch = watch
        self.endpoint = endpoint
        self.exchange = exchange
        self.troupe = troupe
        self.discards: Counter[str] = Counter()
        self._inner = self._routes()
        self._left: Iterator[Any] = iter(())
        """What was said and is still to be told."""

        self._at_hand: Any = None
        """What is being told to one of the parts."""

        self._effects: list[Effect] = []
        self._told: list[Hear] = []

    def receive(self, data: bytes, flow: Flow, now: float) -> list[Effect]:
        """Take one message that came by `flow`."""
        return self._settle(self.endpoint.receive(data, flow, now), now)

    def media(self, worker: int, event: Event, now: float) -> list[Effect]:
        """Take an event of a media engine."""
        return self._settle(self.exchange.media(worker, event, now), now)

    def flow_lost(self, flow: Flow, now: float) -> list[Effect]:
        return self._settle(self.endpoint.flow_lost(flow, now), now)

    def resolved(self, answer: Resolved, now: float) -> list[Effect]:
        """Take what the DNS has answered."""
        return self._settle(self.endpoint.resolved(answer, now), now)

    def expire(self, now: float) -> list[Effect]:
        effects: list[Effect] = []
        if _is_due(self.endpoint.deadline, now):
            effects += self._settle(self.endpoint.expire(now), now)
        if _is_due(self.exchange.deadline, now):
            effects += self._settle(self.exchange.expire(now), now)
        if _is_due(self.troupe.deadline, now):
            effects += self._settle(self._instruct(self.troupe.expire(now), now), now)
        return effects

    def resume(self, now: float) -> list[Effect]:
        """Go on after an input that raised something that nobody foresaw. What was asked for
        before counts, what others were to hear is told to them, and the call at fault is ended.

        It may raise in its turn, but not for the same thing again.
        """
        culprit, self._at_hand = self._at_hand, None
        self._left = iter([*self.exchange.resume(now), *self._left])
        failed = self.troupe.give_up()
        self._left = iter([*self._give_up(culprit, failed, now), *self._left])
        instructed = self._instruct(self.troupe.resume(now), now)
        return self._settle((*self._left, *instructed), now)

    @property
    def deadline(self) -> float | None:
        calls = earlier(self.exchange.deadline, self.troupe.deadline)
        return earlier(self.endpoint.deadline, calls)

    def restore(self, bindings: Iterable[Binding], now: float) -> list[Effect]:
        """Take the registrations of before a restart."""
        return self._settle(self.endpoint.restore(bindings, now), now)

    def unban(self, address: str, now: float) -> list[Effect]:
        """End the bans of an address; of a host, those of all its ports."""
        return self._settle(self.endpoint.unban(address, now), now)

    def note_lag(self, lag: float, backlog: float, now: float) -> None:
        """Take how far behind the process is (`sip.guard.Overload`)."""
        self.endpoint.overload.note(lag, backlog, now)

    def announce(self, hear: Hear) -> None:
        """Let `hear` know from now on of phones that come and go, and not of mere refreshes."""
        self._told.append(hear)
        self._inner |= dict.fromkeys(get_args(ReachChange), self._announce)

    def drain(self) -> None:
        """Refuse new calls from now on; those that are on go on."""
        self.exchange.drain()

    def end_all(self, now: float) -> list[Effect]:
        """End every call, because the switch stops."""
        return self._settle(self.exchange.end_all(now), now)

    @property
    def is_idle(self) -> bool:
        """No call is on, and no telephone still owes an answer about one."""
        return not self.exchange.calls and not self.endpoint.counts()["dialogs"]

    def _settle(self, outputs: Iterable[object], now: float) -> list[Effect]:
        """Carry outputs to the parts that they are for."""
        effects, routes = self._effects, self._inner
        work: list[Any] = [*outputs]  # grows at its end while it is gone through
        self._left = left = iter(work)
        for output in left:
            route = routes[type(output)]
            if route is None:
                effects.append(output)
                continue
            self._at_hand = output
            if said := route(output, now):
                work += said
        self._at_hand = None
        self._effects = []
        return effects

    def _give_up(self, culprit: Any, application: str, now: float) -> list[Output]:
        """End the call in which something has failed.

        culprit      what was told to one of the parts
        application  the call whose application has raised, or nothing
        """
        if application or isinstance(culprit, ApplicationWanted | Heard):
            return self.exchange.give_up("", application or culprit.call, now)
        if isinstance(culprit, Offered) and not self.exchange.owns(culprit.leg):
            return [Refuse(culprit.leg, 500)]
        if isinstance(culprit, get_args(LegCommand)):
            return self.exchange.give_up(culprit.leg, "", now)
        return []

    def _routes(self) -> dict[type, Route | None]:
        """Return who takes what the parts say to each other. None is for the shell."""
        routes: dict[type, Route | None] = {
            **dict.fromkeys(EFFECTS),
            ApplicationWanted: lambda wanted, now: self._instruct(
                self.troupe.begin(wanted, now), now
            ),
            Heard: lambda heard, now: self._instruct(self.troupe.hear(heard, now), now),
            Discard: self._discard,
            CallDiscard: self._discard,
        }
        routes |= dict.fromkeys(get_args(LegEvent), self.exchange.leg)
        routes |= dict.fromkeys(get_args(LegCommand), self.endpoint.perform)
        routes |= dict.fromkeys(get_args(SubscriptionEvent), self._watch)
        routes |= dict.fromkeys(get_args(SubscriptionCommand), self.endpoint.perform)
        return routes

    def _watch(self, event: SubscriptionEvent, now: float) -> list[SubscriptionCommand]:
        """Let those who watch hear what calls log, as long as there are any."""
        commands = self.watch.hear(event)
        self._inner[Logged] = self._logged if self.watch.is_on else None
        return commands

    def _logged(self, logged: Logged, now: float) -> list[SubscriptionCommand]:
        self._effects.append(logged)
        return self.watch.note(logged)

    def _announce(self, change: ReachChange, now: float) -> list[object]:
        self._effects.append(change)
        if isinstance(change, BindingSaved) and change.is_refresh:
            return []
        return [said for hear in self._told for said in hear(change, now)]

    def _instruct(self, instructions: Iterable[Instructed], now: float) -> list[object]:
        outputs: list[object] = []
        for call, instruction in instructions:
            outputs += self.exchange.instruct(call, instruction, now)
        return outputs

    def _discard(self, discard: Discard | CallDiscard, now: float) -> tuple[()]:
        self.discards[discard.slug] += 1
        return ()


def _is_due(deadline: float | None, now: float) -> bool:
    return deadline is not None and deadline <= now
