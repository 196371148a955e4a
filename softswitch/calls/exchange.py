"""All calls of the switch."""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from msgspec.structs import replace

from media.conferencing import Announced, RoomRecorded
from media.control import Event, Leased, LeaseFailed, Pong, Started, WorkerLost
from media.handing import HandedOff
from media.measuring import Quality
from softswitch.calls.call import Call
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import Instruction, SaveMessage
from softswitch.calls.journal import Progress
from softswitch.calls.outputs import Discard, Output
from softswitch.calls.ports import Locate, MediaPorts
from softswitch.calls.record import Cause
from softswitch.calls.settings import CallSettings
from softswitch.calls.switchboard import Switchboard
from softswitch.identifiers import Identifiers
from softswitch.routing.model import Configuration
from softswitch.routing.rights import may_pick_up
from softswitch.sip.vocabulary import (
    Ended,
    LegEvent,
    Offered,
    Refuse,
    RefuseTransfer,
    Transferring,
)
from softswitch.timerqueue import TimerQueue

Step = Callable[[Call, float, list[Output]], None]
"""One thing for a call to do."""

NOBODY = Configuration({}, {}, {}, {}, {}, {}, {})
"""Until `configure`: every number is unknown."""


class Exchange:
    """Finds the call that an event belongs to, and begins and forgets calls.

    locate  the telephones of an extension
    ports   ports of the media workers
    epoch   Unix time at `now` 0
    """

    def __init__(
        self,
        settings: CallSettings,
        locate: Locate,
        ports: MediaPorts,
        identifiers: Identifiers,
        epoch: float,
    ) -> None:
        self._board = Switchboard(settings, locate, ports, epoch, NOBODY)
        self._identifiers = identifiers
        self._calls: dict[str, Call] = {}
        self._timers: TimerQueue[str] = TimerQueue()
        self._is_draining = False
        self._at_hand: Call | None = None
        self._asked: list[Output] = []
        """What the call at hand, and those before it, ask for."""

        self._given_up: Call | None = None
        self._work: deque[tuple[Call, Step]] = deque()

    @property
    def deadline(self) -> float | None:
        return self._timers.earliest

    @property
    def calls(self) -> int:
        """Calls that are not closed."""
        return len(self._calls)

    def progress(self) -> list[Progress]:
        """Return how far each call is, the oldest first."""
        return [
            replace(call.holdings.journal.progress(), legs=call.holdings.measured())
            for call in self._calls.values()
        ]

    def logged(self) -> Iterator[Logged]:
        """Yield what the calls that are on have logged, call by call."""
        for call in self._calls.values():
            yield from call.holdings.journal.entries

    def knows(self, extension: str) -> bool:
        """Return whether it is an extension of the configuration."""
        return extension in self._board.configuration.employees

    def may_pick_up(self, by: str, of: str) -> bool:
        """Return whether extension `by` may take calls that ring at `of`."""
        return may_pick_up(self._board.configuration, by, of)

    def counts(self) -> dict[str, int]:
        """Return how much is kept, for status and for finding leaks."""
        return {
            "calls": len(self._calls),
            "timers": len(self._timers),
            **self._board.counts(),
        }

    def configure(self, configuration: Configuration) -> None:
        """Use `configuration` for every decision from now on."""
        self._board.configuration = configuration

    def drain(self) -> None:
        """Refuse new calls from now on."""
        self._is_draining = True

    def end_all(self, now: float) -> list[Output]:
        """End every call, because the switch stops."""
        return self._for_each(list(self._calls.values()), _stop, now)

    def resume(self, now: float) -> list[Output]:
        """Go on after an input that raised: what it has asked for counts, and the call in which it
        raised is ended. If that raises too, its legs and streams are told to go."""
        call, out = self._at_hand, self._asked
        if call is None:
            return []
        if call is not self._given_up:
            self._given_up = call
            call.end(Cause.SWITCH_FAILED, now, out)
        else:
            call.abandon(out)
        self._keep(call)
        return self._carry_on(now)

    def owns(self, leg: str) -> bool:
        """Return whether `leg` belongs to a call."""
        return leg in self._board.legs

    def give_up(self, leg: str, call: str, now: float) -> list[Output]:
        """End a call whose leg, or whose application, has failed; it says nothing any more.

        leg, call  one of them is empty
        """
        out = self._asked = []
        found = self._at_hand = self._calls.get(call or self._board.legs.get(leg, ""))
        if found is not None:
            found.end(Cause.SWITCH_FAILED, now, out)
            if leg:
                found.leg(Ended(leg, "failed"), now, out)
            self._keep(found)
        return out

    def leg(self, event: LegEvent, now: float) -> list[Output]:
        legs = self._board.legs
        out = self._asked = []
        is_known = event.leg in legs
        if type(event) is Offered:
            if is_known:
                return [Discard("leg-offered-twice")]
            if event.replaces:
                return self._pick_up(event, now, out)
            call = Call(self._identifiers.token(), event, self._board, now)
            refusal = self._refusal()
            self._calls[call.id] = self._at_hand = call
            call.begin(refusal, now, out)
        else:
            if not is_known:
                return [Discard("leg-of-no-call")]
            call = self._at_hand = self._calls[legs[event.leg]]
            if type(event) is Transferring:
                self._transfer(call, event, now, out)
            else:
                call.leg(event, now, out)
        self._keep(call)
        return out

    def _transfer(self, call: Call, event: Transferring, now: float, out: list[Output]) -> None:
        """Let somebody hand on whom he talks with: to a number, or into another call of his."""
        if not event.replaces:
            call.transfer(event, now, out)
            return
        other = self._calls.get(self._board.legs.get(event.replaces, ""))
        if other is None or other is call:
            out.append(RefuseTransfer(event.leg, 481 if other is None else 603))
            return
        call.join(other, event, now, out)
        self._keep(other)

    def _pick_up(self, event: Offered, now: float, out: list[Output]) -> list[Output]:
        """Let somebody take the place of another in his call."""
        call = self._at_hand = self._calls.get(self._board.legs.get(event.replaces, ""))
        if call is None:
            return [Refuse(event.leg, 481)]
        call.pick_up(event, now, out)
        self._keep(call)
        return out

    def media(self, worker: int, event: Event, now: float) -> list[Output]:
        if isinstance(event, Quality):
            self._board.note_quality(event)
            return []
        if isinstance(event, Leased | LeaseFailed | HandedOff | Pong | Started):
            return []  # for whoever leases ports and keeps workers
        if isinstance(event, Announced | RoomRecorded):
            return []  # of a room, and of no call
        if isinstance(event, WorkerLost):
            calls = list(self._calls.values())
            return self._for_each(calls, partial(_lose_worker, worker), now)
        streams = self._board.streams
        if event.stream not in streams:
            return [Discard("stream-of-no-call")]
        out = self._asked = []
        call = self._at_hand = self._calls[streams[event.stream]]
        call.media(event, now, out)
        self._keep(call)
        return out

    def instruct(self, call: str, instruction: Instruction, now: float) -> list[Output]:
        """Carry out what the application of `call` wants. A message is saved even when nothing is
        left of its call."""
        found = self._calls.get(call)
        if found is None:
            if isinstance(instruction, SaveMessage):
                return [instruction]
            return [Discard("instruction-of-no-call")]
        out = self._asked = []
        self._at_hand = found
        found.instruct(instruction, now, out)
        self._keep(found)
        return out

    def expire(self, now: float) -> list[Output]:
        due = [self._calls[name] for name in self._timers.pop_due(now)]
        return self._for_each(due, Call.expire, now)

    def _for_each(self, calls: list[Call], step: Step, now: float) -> list[Output]:
        self._asked = []
        self._work.extend((call, step) for call in calls)
        return self._carry_on(now)

    def _carry_on(self, now: float) -> list[Output]:
        out = self._asked
        while self._work:
            call, step = self._work.popleft()
            self._at_hand = call
            step(call, now, out)
            self._keep(call)
        return out

    def _refusal(self) -> Cause | None:
        if self._is_draining:
            return Cause.STOPPING
        if len(self._calls) >= self._board.settings.maximum_calls:
            return Cause.TOO_MANY_CALLS
        return None

    def _keep(self, call: Call) -> None:
        """File what `call` waits for, or forget it."""
        self._at_hand = None
        if call.is_closed:
            self._timers.file(call.id, None)
            if call.id in self._calls:
                del self._calls[call.id]
        else:
            self._timers.file(call.id, call.deadline)


def _stop(call: Call, now: float, out: list[Output]) -> None:
    call.end(Cause.STOPPING, now, out)


def _lose_worker(worker: int, call: Call, now: float, out: list[Output]) -> None:
    call.worker_lost(worker, now, out)
