"""One call: it walks its plan until somebody talks to the caller, and cleans up after itself."""

from datetime import UTC, datetime

from media import sdp
from media.control import Audible, Event, Played, Recorded, Silence
from media.control import Closed as StreamClosed
from media.control import Digit as KeyHeard
from softswitch.calls.attendant import Application, Attendant, Departure, following
from softswitch.calls.caller import Caller, State
from softswitch.calls.conversation import Conversation, SessionEvent
from softswitch.calls.digits import Digits
from softswitch.calls.ending import cause_of, reason_for
from softswitch.calls.facts import (
    CallClosed,
    CallEnded,
    LegAnswered,
    LegEnded,
    LegRefused,
    Noted,
    entered,
)
from softswitch.calls.forking import Fork
from softswitch.calls.holdings import LEFT_BEHIND, Holdings
from softswitch.calls.instructions import (
    HangUpCall,
    Instruction,
    Note,
    SaveMessage,
)
from softswitch.calls.outputs import Discard, Output
from softswitch.calls.record import Cause, Closed
from softswitch.calls.ringing import Elsewhere, PortsGone, Result, Ringing, Won
from softswitch.calls.side import Side
from softswitch.calls.switchboard import LiveState, Switchboard, release
from softswitch.routing.decide import decide, follow
from softswitch.routing.hunt import Exhausted
from softswitch.routing.model import Dialled
from softswitch.routing.numbers import normal
from softswitch.routing.plan import (
    EnterEcho,
    EnterMenu,
    EnterVoicemail,
    HangUp,
    Next,
    Ring,
    RoutePlan,
)
from softswitch.sip.vocabulary import (
    Answered,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirmed,
    Digit,
    End,
    Ended,
    LegEvent,
    Offered,
    Progressed,
    RefuseChange,
    Refused,
)
from softswitch.timerqueue import earlier


class Call:
    """Owned by the exchange, which hands it every event of its legs and streams. Each input adds
    what it asks for to `out`."""

    __slots__ = ("_attendant", "_board", "_caller", "_configuration", "_conversation", "_dialled",
                 "_digits", "_ended", "_entering", "_leave_by", "_ringing", "_state", "holdings",
                 "id", "is_closed")  # fmt: skip

    def __init__(self, call: str, offered: Offered, board: Switchboard, now: float) -> None:
        self.id = call
        self.is_closed = False
        self._board = board
        self.holdings = Holdings(call, board)
        self._configuration = board.configuration  # its continuations name what is in this one
        person = board.configuration.employees.get(offered.identity.extension or "")
        self._caller = Caller(offered, "" if person is None else person.name)
        self._attendant = Attendant(call, self._caller.side)
        self._dialled = Dialled(
            normal(offered.dialled),
            offered.identity.extension or offered.caller.number,
            datetime.fromtimestamp(board.epoch + now, UTC),
        )
        self._state = LiveState(board, now)
        self._ringing: Ringing | None = None
        self._conversation = Conversation(self._caller, self.holdings, board.settings)
        self._digits = Digits(self._attendant, self._conversation)
        self._entering: Application | None = None
        """What begins when the caller's ACK has come."""

        self._ended = False
        self._leave_by: float | None = None
        """The end of the longest duration or, once ended, of all patience."""

    @property
    def deadline(self) -> float | None:
        if self._ended:
            return self._leave_by
        ringing = None if self._ringing is None else self._ringing.deadline
        return earlier(earlier(self._leave_by, ringing), self._conversation.dead_at)

    # Inputs

    def begin(self, refusal: Cause | None, now: float, out: list[Output]) -> None:
        """Take the call, or refuse it at once with 503 for the sake of `refusal`."""
        side, board = self._caller.side, self._board
        self.holdings.hold(side.leg)
        self.holdings.log(self._caller.introduction(), now, out)
        board.lines[side.extension] += 1
        if refusal is not None:
            self._finish(refusal, "", "switch", 503, now, out)
        elif board.settings.direct or self._read_offer(now, out):
            self._enter(decide(self._configuration, self._dialled, self._state), now, out)

    def leg(self, event: LegEvent, now: float, out: list[Output]) -> None:
        self._state.now = now
        match event:
            case Progressed():
                if self._ringing is not None:
                    self._ringing.progressed(event, now, out)
            case Answered(leg):
                if self._conversation.side_of(leg) is not None:
                    out.append(Discard("answered-twice"))
                elif self._ringing is None:
                    out.append(End(leg))
                else:
                    self._settle(self._ringing.answered(event, now, out), now, out)
            case Refused(leg, status, reason):
                self.holdings.drop(leg)
                self.holdings.log(LegRefused(leg, status, reason), now, out)
                if self._ringing is not None:
                    self._settle(self._ringing.refused(event, now, out), now, out)
            case Digit(leg, key, milliseconds):
                self._digits.informed(leg, key, milliseconds, now, out)
            case Ended():
                self._leg_ended(event, now, out)
            case Confirmed() | Changed() | ChangeAnswered() | ChangeRefused():
                self._take_session(event, now, out)
            case _:
                out.append(Discard("offered-twice"))
        self._close_if_done(now, out)

    def media(self, event: Event, now: float, out: list[Output]) -> None:
        self._state.now = now
        match event:
            case Played(stream, token, reason):
                if stream == self._caller.side.stream:
                    self._attendant.played(token, reason, out)
            case Recorded():
                self._attendant.recorded(event, out)
            case KeyHeard(stream, key, milliseconds):
                self._digits.heard(stream, key, milliseconds, now, out)
            case Silence() | Audible():
                self._conversation.listen(event, now)
            case StreamClosed():
                self.holdings.count(event, now, out)
            case _:
                out.append(Discard("media-event-of-no-call"))
        self._close_if_done(now, out)

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

    # The plan

    def _enter(
        self, plan: RoutePlan, now: float, out: list[Output], by: Fork | None = None
    ) -> None:
        self.holdings.log(entered(plan), now, out)
        self._state.let_in(plan.numbers)
        match plan.step:
            case Ring() as step:
                self._ring(step, now, out, by)
            case HangUp(status, reason):
                self._finish(Cause.PLAN, reason, "switch", status, now, out)
            case EnterMenu() | EnterVoicemail() | EnterEcho() as step:
                self._enter_application(step, now, out)

    def _follow(self, following: Next | None, now: float, out: list[Output]) -> None:
        if following is None:  # an outcome that the step has no rule for
            self._finish(Cause.PLAN, "no-rule", "switch", 480, now, out)
        else:
            plan = follow(self._configuration, following, self._dialled, self._state)
            self._enter(plan, now, out)

    def _ring(self, ring: Ring, now: float, out: list[Output], after: Fork | None) -> None:
        caller = self._caller
        direct = (
            self._board.settings.direct
            and caller.is_waiting
            and caller.side.port is None
            and bool(caller.offered.sdp)
        )
        if not direct and not self._prepare_caller(now, out):
            return
        self._ringing = Ringing(
            ring, caller, self._attendant, self.holdings, self._board, self._dialled,
            self._state, self._configuration, direct=direct, after=after,
        )  # fmt: skip
        self._settle(self._ringing.begin(now, out), now, out)

    def _settle(self, result: Result | None, now: float, out: list[Output]) -> None:
        """Go on after a Ring step, if it is over."""
        if result is None or self._ringing is None:
            return
        ring, self._ringing = self._ringing.ring, None
        match result:
            case Won(side):
                self._connect(side, now, out)
            case Exhausted(outcome):
                self._follow(ring.on.get(outcome), now, out)
            case Elsewhere(plan, fork):
                self._enter(plan, now, out, fork)
            case PortsGone():
                self._finish(Cause.NO_PORTS, "", "switch", 503, now, out)

    def _connect(self, callee: Side, now: float, out: list[Output]) -> None:
        self._board.lines[callee.extension] += 1
        self.holdings.log(LegAnswered(callee.leg), now, out)
        was_waiting = self._caller.is_waiting
        self._conversation.join(callee, out)
        if was_waiting:
            self._note_answer(now, out)

    def _enter_application(self, step: Application, now: float, out: list[Output]) -> None:
        caller = self._caller
        if not self._prepare_caller(now, out):
            return
        if caller.is_waiting:
            self._conversation.begin_alone(out)
            self._note_answer(now, out)
        if caller.state is State.CONFIRMED:
            self._attendant.enter(step, caller, out)
        else:
            self._entering = step  # what is played before the ACK is not heard everywhere

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

    # The caller

    def _read_offer(self, now: float, out: list[Output]) -> bool:
        """Understand the caller's offer; False when that has ended the call."""
        try:
            self._caller.read_offer()
        except sdp.SdpError as error:
            self._finish(Cause.NOT_ACCEPTABLE, str(error), "switch", 488, now, out)
            return False
        return True

    def _prepare_caller(self, now: float, out: list[Output]) -> bool:
        """Give the caller a stream; False when that has ended the call."""
        if self._caller.side.port is not None:
            return True
        if not self._read_offer(now, out):
            return False
        if not self.holdings.open(self._caller.side, out):
            self._finish(Cause.NO_PORTS, "", "switch", 503, now, out)
            return False
        return True

    def _note_answer(self, now: float, out: list[Output]) -> None:
        self._leave_by = now + self._board.settings.maximum_duration
        self.holdings.log(LegAnswered(self._caller.side.leg), now, out)

    def _take_session(self, event: SessionEvent, now: float, out: list[Output]) -> None:
        if self._ended:
            if isinstance(event, Changed):
                out.append(RefuseChange(event.leg, 481))
            return
        ringing, caller = self._ringing, self._caller
        if ringing is None or not ringing.take(event, out):
            self._conversation.take(event, now, out)
        is_ack = isinstance(event, Confirmed) and event.leg == caller.side.leg
        if not is_ack or caller.state is not State.ACCEPTED:
            return
        caller.state = State.CONFIRMED
        if caller.side.port is not None and caller.side.agreed is None:
            self._finish(Cause.NOT_ACCEPTABLE, "no answer in ACK", "switch", 488, now, out)
        elif self._entering is not None:
            step, self._entering = self._entering, None
            self._attendant.enter(step, caller, out)

    # The end

    def _leg_ended(self, event: Ended, now: float, out: list[Output]) -> None:
        self.holdings.drop(event.leg)
        self.holdings.log(LegEnded(event.leg, event.cause, event.reason), now, out)
        side = self._conversation.side_of(event.leg)
        if side is None:
            return  # a telephone that answered too late
        person = "caller" if side is self._caller.side else "callee"
        cause, by = cause_of(event, person)
        self._finish(cause, "", by, 487, now, out, event.reason)

    def _finish(
        self,
        cause: Cause,
        reason: str,
        by: str,
        status: int,
        now: float,
        out: list[Output],
        said: str = "",
    ) -> None:
        """End the call, once: whatever is left of it is told to go.

        said  by the telephone that has ended it, to the other
        """
        if self._ended:
            return
        self._ended = True
        self._leave_by = now + LEFT_BEHIND  # first, so that nothing below can keep it for ever
        caller, callee, holdings = self._caller, self._conversation.callee, self.holdings
        ended = CallEnded(cause, reason, by, status if caller.is_waiting else 200)
        holdings.log(ended, now, out)
        said = said or reason_for(cause)
        ringing, self._ringing = self._ringing, None
        if ringing is not None:
            ringing.stop(out, said)
        if callee is not None:
            release(self._board.lines, callee.extension)
            if callee.leg in holdings.legs:
                out.append(End(callee.leg, said))
        self._entering = None
        self._attendant.lose_caller(out)
        if caller.side.leg in holdings.legs:
            caller.dismiss(status, reason, said, out)
        caller.state = State.GONE
        holdings.close_all(out)
        release(self._board.lines, caller.side.extension)
        self._state.leave()

    def _close_if_done(self, now: float, out: list[Output]) -> None:
        if self._ended and not self.is_closed and self.holdings.is_empty:
            self.is_closed = True
            self.holdings.log(CallClosed(), now, out)
            out.append(Closed(self.holdings.journal.record()))
