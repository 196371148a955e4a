"""All calls of the switch."""

from media.control import Event, Leased, LeaseFailed, WorkerLost
from softswitch.calls.call import Call
from softswitch.calls.instructions import Instruction, SaveMessage
from softswitch.calls.outputs import Discard, Output
from softswitch.calls.ports import Locate, MediaPorts
from softswitch.calls.record import Cause
from softswitch.calls.settings import CallSettings
from softswitch.calls.switchboard import Switchboard
from softswitch.identifiers import Identifiers
from softswitch.routing.model import Configuration
from softswitch.sip.vocabulary import LegEvent, Offered
from softswitch.timerqueue import TimerQueue

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

    @property
    def deadline(self) -> float | None:
        return self._timers.earliest

    @property
    def calls(self) -> int:
        """Calls that are not closed."""
        return len(self._calls)

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
        out: list[Output] = []
        for call in list(self._calls.values()):
            call.end(Cause.STOPPING, now, out)
            self._keep(call)
        return out

    def leg(self, event: LegEvent, now: float) -> list[Output]:
        out: list[Output] = []
        if isinstance(event, Offered):
            if event.leg in self._board.legs:
                return [Discard("leg-offered-twice")]
            call = Call(self._identifiers.token(), event, self._board, now)
            refusal = self._refusal()
            self._calls[call.id] = call
            call.begin(refusal, now, out)
        else:
            owner = self._board.legs.get(event.leg)
            if owner is None:
                return [Discard("leg-of-no-call")]
            call = self._calls[owner]
            call.leg(event, now, out)
        self._keep(call)
        return out

    def media(self, worker: int, event: Event, now: float) -> list[Output]:
        if isinstance(event, Leased | LeaseFailed):
            return []  # for whoever leases ports
        out: list[Output] = []
        if isinstance(event, WorkerLost):
            for call in list(self._calls.values()):
                call.worker_lost(worker, now, out)
                self._keep(call)
            return out
        owner = self._board.streams.get(event.stream)
        if owner is None:
            return [Discard("stream-of-no-call")]
        call = self._calls[owner]
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
        out: list[Output] = []
        found.instruct(instruction, now, out)
        self._keep(found)
        return out

    def expire(self, now: float) -> list[Output]:
        out: list[Output] = []
        for name in list(self._timers.pop_due(now)):
            call = self._calls[name]
            call.expire(now, out)
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
        if call.is_closed:
            self._timers.file(call.id, None)
            self._calls.pop(call.id, None)
        else:
            self._timers.file(call.id, call.deadline)
