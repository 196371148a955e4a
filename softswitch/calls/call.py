"""One call: it walks its plan until somebody talks to the caller, and cleans up after itself."""

from collections.abc import Callable, Mapping
from typing import Any

from media.control import Audible, Event, Played, Recorded, Silence
from media.control import Closed as StreamClosed
from media.control import Digit as KeyHeard
from softswitch.calls.attendant import Application, Departure, following
from softswitch.calls.caller import State
from softswitch.calls.conversation import SessionEvent
from softswitch.calls.ending import cause_of
from softswitch.calls.facts import LegEnded, LegRefused, Noted
from softswitch.calls.handover import Handover
from softswitch.calls.instructions import (
    HangUpCall,
    Instruction,
    Note,
    SaveMessage,
)
from softswitch.calls.outputs import Discard, Output
from softswitch.calls.record import Cause
from softswitch.calls.taping import TOKEN
from softswitch.sip.vocabulary import (
    Answered,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirmed,
    Digit,
    DigitNotTaken,
    End,
    Ended,
    LegEvent,
    Progressed,
    RefuseChange,
    Refused,
)


class Call(Handover):
    """Owned by the exchange, which hands it every event of its legs and streams. Each input adds
    what it asks for to `out`."""

    __slots__ = ()

    # Inputs

    def leg(self, event: LegEvent, now: float, out: list[Output]) -> None:
        self._state.now = now
        _TAKEN[type(event)](self, event, now, out)
        if self._ended:
            self._close_if_done(now, out)

    def media(self, event: Event, now: float, out: list[Output]) -> None:
        self._state.now = now
        match event:
            case Played(stream, token, reason):
                if stream == self._caller.side.stream:
                    self._attendant.played(token, reason, out)
            case Recorded():
                self._recorded(event, now, out)
            case KeyHeard():
                self._digits.heard(event, now, out)
            case Silence() | Audible():
                self._conversation.listen(event, now, out)
            case StreamClosed():
                if not self.holdings.count(event, now, out):  # lost on its way to a worker
                    self._finish(Cause.WORKER_LOST, "", "switch", 503, now, out)
            case _:
                out.append(Discard("media-event-of-no-call"))
        if self._ended:
            self._close_if_done(now, out)

    def _recorded(self, event: Recorded, now: float, out: list[Output]) -> None:
        """Hear that what was said in the call is in a file, or to its application."""
        if event.token != TOKEN:
            self._attendant.recorded(event, out)
            return
        callee = self._conversation.callee
        if self._taping.ended(event, now, out) and callee is not None and not self._ended:
            self._taping.talk(self._caller.side, callee, now, out)

    def worker_lost(self, worker: int, now: float, out: list[Output]) -> None:
        if not (lost := self.holdings.lose_worker(worker)):
            return
        self._state.now = now
        if self._caller.side in lost:
            self._attendant.lose_stream(out)
        self._finish(Cause.WORKER_LOST, "", "switch", 503, now, out)
        self._close_if_done(now, out)

    def instruct(self, instruction: Instruction, now: float, out: list[Output]) -> None:
        self._state.now = now
        if isinstance(instruction, SaveMessage):
            self.holdings.log(Noted("message-saved", instruction.box), now, out)
            out.append(instruction)
        elif isinstance(instruction, Note):
            self.holdings.log(Noted(instruction.kind, instruction.detail), now, out)
        elif self._ended or self._attendant.step is None:
            out.append(Discard("instruction-too-late"))
        elif isinstance(instruction, Departure | HangUpCall):
            self._leave(instruction, self._attendant.step, now, out)
        else:
            self._attendant.instruct(instruction, out)
        self._close_if_done(now, out)

    def expire(self, now: float, out: list[Output]) -> None:
        self._state.now = now
        if self._leave_by is not None and now >= self._leave_by:
            if self._ended:
                self.holdings.log(Noted("left-behind", self.holdings.abandon()), now, out)
            else:
                self._finish(Cause.MAXIMUM_DURATION, "", "switch", 480, now, out)
        elif self._conversation.is_dead(now):
            self._finish(Cause.DEAD_MEDIA, "", "switch", 480, now, out)
        elif self._ringing is not None:
            self._settle(self._ringing.expire(now, out), now, out)
        self._close_if_done(now, out)

    def abandon(self, out: list[Output]) -> None:
        """Tell all that is left to go, whatever the call knows of it."""
        out += [End(leg) for leg in sorted(self.holdings.legs)]
        self.holdings.close_all(out)

    def end(self, cause: Cause, now: float, out: list[Output]) -> None:
        """End the call for a reason of the switch."""
        self._finish(cause, "", "switch", 503, now, out)
        self._close_if_done(now, out)

    # Events of legs

    def _progressed(self, event: Progressed, now: float, out: list[Output]) -> None:
        if self._ringing is not None:
            self._ringing.progressed(event, now, out)
            if self._transfer is not None and event.status == 180:
                self._transfer.report(180, out)

    def _answered(self, event: Answered, now: float, out: list[Output]) -> None:
        if self._conversation.side_of(event.leg) is not None:
            out.append(Discard("answered-twice"))
        elif self._ringing is None:
            out.append(End(event.leg))
        else:
            self._settle(self._ringing.answered(event, now, out), now, out)

    def _refused(self, event: Refused, now: float, out: list[Output]) -> None:
        self.holdings.drop(event.leg)
        self.holdings.log(LegRefused(event.leg, event.status, event.reason), now, out)
        if self._ringing is not None:
            self._settle(self._ringing.refused(event, now, out), now, out)

    def _informed(self, event: Digit, now: float, out: list[Output]) -> None:
        self._digits.informed(event.leg, event.key, event.milliseconds, now, out)

    def _not_taken(self, event: DigitNotTaken, now: float, out: list[Output]) -> None:
        self._digits.not_taken(event.leg, event.key, event.milliseconds, out)

    def _leave(
        self,
        instruction: Departure | HangUpCall,
        step: Application,
        now: float,
        out: list[Output],
    ) -> None:
        """Leave an application in the way that it wants."""
        self._attendant.leave(instruction, now, out)
        if isinstance(instruction, HangUpCall):
            self._finish(Cause.APPLICATION, instruction.cause, "switch", 200, now, out)
        else:
            self._follow(following(instruction, step), now, out)

    def _take_session(self, event: SessionEvent, now: float, out: list[Output]) -> None:
        if self._ended:
            if isinstance(event, Changed):
                out.append(RefuseChange(event.leg, 481))
            return
        ringing, caller = self._ringing, self._caller
        if self._transfer is not None and self._transfer.stays_at(event.leg):
            self._transfer.take(event, out)
            return
        if ringing is None or not ringing.take(event, out):
            self._conversation.take(event, now, out)
        if not isinstance(event, Confirmed):
            if not isinstance(event, Changed) and self._is_adrift(event):
                self._finish(Cause.NOT_ACCEPTABLE, "no session anew", "switch", 488, now, out)
            return
        if event.leg != caller.side.leg or caller.state is not State.ACCEPTED:
            return
        caller.state = State.CONFIRMED
        if caller.side.port is not None and caller.side.agreed is None:
            self._finish(Cause.NOT_ACCEPTABLE, "no answer in ACK", "switch", 488, now, out)
        elif self._entering is not None:
            step, self._entering = self._entering, None
            self._attendant.enter(step, caller, out)

    def _leg_ended(self, event: Ended, now: float, out: list[Output]) -> None:
        self.holdings.drop(event.leg)
        self.holdings.log(LegEnded(event.leg, event.cause, event.reason), now, out)
        if self._ended:
            return
        transfer = self._transfer
        if transfer is not None and transfer.side is not None and transfer.stays_at(event.leg):
            self._let_go(transfer.side, out)  # who is handed on stays
            transfer.side = None
            return
        side = self._conversation.side_of(event.leg)
        if side is None:
            return  # a telephone that answered too late, or has left the call
        person = self._person(side)
        cause, by = cause_of(event, person)
        status = 504 if cause is Cause.NO_PRACK else 487
        self._finish(cause, "", by, status, now, out, event.reason)


_TAKEN: Mapping[type, Callable[[Call, Any, float, list[Output]], None]] = {
    Progressed: Call._progressed,
    Answered: Call._answered,
    Refused: Call._refused,
    Digit: Call._informed,
    DigitNotTaken: Call._not_taken,
    Ended: Call._leg_ended,
    Confirmed: Call._take_session,
    Changed: Call._take_session,
    ChangeAnswered: Call._take_session,
    ChangeRefused: Call._take_session,
}
"""Who takes what happens to a leg. The exchange takes what is not here."""
