"""The course of one call: the steps of its plan, and its end."""

from datetime import UTC, datetime

from msgspec.structs import replace

from media import sdp
from softswitch.calls.attendant import Application, Attendant
from softswitch.calls.caller import Caller, State
from softswitch.calls.conversation import Conversation
from softswitch.calls.digits import Digits
from softswitch.calls.ending import reason_for, warning_of
from softswitch.calls.facts import (
    CallClosed,
    CallEnded,
    CallerChanged,
    LegAnswered,
    LegJoined,
    Noted,
    PartnerChanged,
    entered,
)
from softswitch.calls.fork import Fork
from softswitch.calls.holdings import LEFT_BEHIND, Holdings
from softswitch.calls.manner import Manner, can_meet, diversion, is_direct
from softswitch.calls.outputs import Output
from softswitch.calls.record import UNANSWERED, Cause, Closed
from softswitch.calls.ringing import Ringing
from softswitch.calls.ringing_results import Elsewhere, PortsGone, Result, Won
from softswitch.calls.side import Side
from softswitch.calls.switchboard import LiveState, Switchboard, release
from softswitch.calls.taping import Taping
from softswitch.calls.transfer import Transfer
from softswitch.routing.decide import decide, follow, returned
from softswitch.routing.hunt import Exhausted
from softswitch.routing.model import Dialled
from softswitch.routing.numbers import normal
from softswitch.routing.plan import (
    EnterEcho,
    EnterMenu,
    EnterVoicemail,
    Forwarded,
    HangUp,
    Next,
    Outcome,
    Ring,
    RoutePlan,
)
from softswitch.sip.vocabulary import Diversion, End, Offered, Party
from softswitch.timerqueue import earlier

NOBODY = Party("", "")
"""Who is not to be shown."""


class Course:
    """Where one call is in its plan, who talks meanwhile, and how it ends."""

    __slots__ = ("_alert", "_attendant", "_board", "_caller", "_configuration", "_conversation",
                 "_dialled", "_digits", "_diversions", "_ended", "_entering", "_first",
                 "_is_direct", "_leave_by", "_ringing", "_state", "_taping", "_transfer",
                 "_transfers", "holdings", "id", "is_closed")  # fmt: skip

    def __init__(self, call: str, offered: Offered, board: Switchboard, now: float) -> None:
        self.id = call
        self._first = offered.leg
        """The caller's, whoever calls later."""

        self.is_closed = False
        self._board = board
        self.holdings = Holdings(call, board)
        self._configuration = board.configuration  # its continuations name what is in this one
        person = board.configuration.employees.get(offered.identity.extension or "")
        self._caller = Caller(offered, person)
        claims = offered.claims
        self._is_direct = (
            board.settings.direct or (person is not None and person.is_direct)
        ) and not (claims is not None and claims.hides_session)
        """Speech may pass the switch by, for what is known of the caller."""

        self._diversions: tuple[Diversion, ...] = ()  # by whom the call has come, newest first
        self._alert = ""
        self._attendant = Attendant(call, self._caller.side)
        self._dialled = Dialled(
            normal(offered.dialled),
            offered.identity.extension or offered.caller.number,
            self._moment(now),
            hops=0 if claims is None else claims.forwardings,
        )
        self._state = LiveState(board, now)
        self._ringing: Ringing | None = None
        self._conversation = Conversation(self._caller, self.holdings, board.settings)
        self._digits = Digits(self._attendant, self._conversation)
        self._taping = Taping(call, offered.dialled, self.holdings, board)
        self._entering: Application | None = None  # begins when the caller's ACK has come
        self._transfer: Transfer | None = None
        self._transfers = 0
        """How often somebody was handed on in this call, or before he came to it."""

        self._ended = False
        self._leave_by: float | None = None
        """The end of the longest duration or, once ended, of all patience."""

    @property
    def deadline(self) -> float | None:
        due = self._leave_by
        if self._ended:
            return due
        if self._ringing is not None:
            due = self._ringing.deadline if due is None else earlier(due, self._ringing.deadline)
        if self._conversation.silent:
            due = earlier(due, self._conversation.dead_at)
        return due

    # The plan

    def begin(self, refusal: Cause | None, now: float, out: list[Output]) -> None:
        """Take the call, or refuse it at once with 503 for the sake of `refusal`."""
        side, board = self._caller.side, self._board
        self.holdings.hold(side.leg)
        self.holdings.log(self._caller.introduction(), now, out)
        board.lines[side.extension] += 1
        if refusal is not None:
            self._finish(refusal, "", "switch", 503, now, out)
        elif self._is_direct or self._read_offer(now, out):
            self._enter(decide(self._configuration, self._dialled, self._state), now, out)

    def _enter(
        self, plan: RoutePlan, now: float, out: list[Output], by: Fork | None = None
    ) -> None:
        self.holdings.log(entered(plan), now, out)
        if plan.numbers:
            self._state.let_in(plan.numbers)
        self._alert = plan.alert or self._alert
        for forwarded in plan.forwarded:
            self._diversions = (diversion(forwarded), *self._diversions)
        match plan.step:
            case Ring() as step:
                self._ring(step, now, out, by)
            case HangUp(status, reason):
                self._give_up(Cause.PLAN, reason, status, now, out)
            case EnterMenu() | EnterVoicemail() | EnterEcho() as step:
                self._enter_application(step, now, out)

    def _follow(self, following: Next | None, now: float, out: list[Output]) -> None:
        if following is None:  # an outcome that the step has no rule for
            self._give_up(Cause.PLAN, "no-rule", 480, now, out)
        else:
            plan = follow(self._configuration, following, self._dialled, self._state)
            self._enter(plan, now, out)

    def _ring(self, ring: Ring, now: float, out: list[Output], after: Fork | None) -> None:
        caller = self._caller
        direct = (
            self._is_direct
            and caller.is_waiting
            and caller.side.port is None
            and bool(caller.offered.sdp)
            and is_direct(ring, self._board.settings, self._configuration)
            and self._can_meet(ring, now)
        )
        if not direct and not self._prepare_caller(now, out):
            return
        transfer = self._transfer
        manner = Manner(
            direct=direct,
            people=self._configuration.employees,
            override=self._board.settings.direct,
            early_media=ring.early_media,
            diversions=self._diversions if transfer is None else (),
            claims=caller.side.claims,
            alert=ring.alert or self._alert,
            referred_by="" if transfer is None else transfer.referred_by,
        )
        self._ringing = Ringing(
            ring, caller, self._attendant, self.holdings, self._board, self._dialled,
            self._state, self._configuration, manner, after,
        )  # fmt: skip
        self._settle(self._ringing.begin(now, out), now, out)

    def _can_meet(self, ring: Ring, now: float) -> bool:
        """Whether the caller's telephone and all that are to ring can send speech to each other."""
        described, groups_of = self._caller.offered.sdp, self._board.locate.groups
        for member in ring.members:
            for group in groups_of(member.extension, now):
                for target in group:
                    if not can_meet(described, target.flow):
                        return False
        return True

    def _settle(self, result: Result | None, now: float, out: list[Output]) -> None:
        """Go on after a Ring step, if it is over."""
        if result is None or self._ringing is None:
            return
        ring, objection = self._ringing.ring, self._ringing.objection
        self._ringing = None
        match result:
            case Won(side):
                self._connect(side, now, out)
            case Exhausted(outcome):
                if ring.number:
                    forwarded = Forwarded(ring.number, outcome)
                    self._diversions = (diversion(forwarded), *self._diversions)
                following = ring.on.get(outcome)
                if following is not None and objection and outcome is Outcome.REFUSED:
                    following = replace(following, status=objection)
                self._follow(following, now, out)
            case Elsewhere(plan, fork):
                self._diversions = fork.sent_on
                self._enter(plan, now, out, fork)
            case PortsGone():
                self._give_up(Cause.NO_PORTS, "", 503, now, out)

    def _connect(self, callee: Side, now: float, out: list[Output]) -> None:
        self._board.lines[callee.extension] += 1
        self.holdings.log(LegAnswered(callee.leg), now, out)
        was_waiting = self._caller.is_waiting
        self._conversation.join(callee, out)
        self._taping.talk(self._caller.side, callee, now, out)
        if was_waiting:
            self._note_answer(now, out)
        if callee.extension != self._dialled.number or not was_waiting:
            self._note_partner(self._caller.side, callee.shown, now, out)
        if self._transfer is not None:
            self._arrive(self._transfer, now, out)

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
        if self._transfer is not None:
            self._note_partner(caller.side, Party(self._transfer.number, ""), now, out)
            self._arrive(self._transfer, now, out)

    # A transfer on its way

    def _serve(self, caller: Caller, now: float, out: list[Output]) -> None:
        """Let another be whom this call is made for."""
        self._caller = self._conversation.caller = caller
        self._attendant.serve(caller.side)
        self._taping.serve(caller.side, out)
        shown = caller.side.shown or NOBODY
        changed = CallerChanged(caller.side.leg, shown.number, shown.name)
        self.holdings.log(changed, now, out)

    def _arrive(self, transfer: Transfer, now: float, out: list[Output]) -> None:
        """Let go of a transferor: whom he has handed on is where he should be."""
        self._transfer = None
        transfer.report(200, out)
        self.holdings.log(Noted("transferred", transfer.number), now, out)
        if transfer.side is not None:
            self._let_go(transfer.side, out)

    def _let_go(self, side: Side, out: list[Output]) -> None:
        """Regard a side as out of the call, and tell it so if it does not know."""
        if side.leg in self.holdings.legs:
            out.append(End(side.leg, reason_for(Cause.TRANSFERRED)))
        self.holdings.close(side, out)
        self._conversation.forget(side)
        release(self._board.lines, side.extension)

    def _give_up(
        self, cause: Cause, reason: str, status: int, now: float, out: list[Output]
    ) -> None:
        """End the call, whose plan leads nowhere; or end the transfer, where it is one's."""
        transfer, self._transfer = self._transfer, None
        if transfer is None:
            self._finish(cause, reason, "switch", status, now, out)
            return
        transfer.report(status, out)
        failed = Noted("transfer-failed", f"{transfer.number}: {reason or cause}")
        self.holdings.log(failed, now, out)
        if transfer.side is not None:
            self._come_back(transfer.side, now, out)
            return
        self._dialled = Dialled(transfer.by, self._dialled.caller, self._moment(now))
        plan = returned(self._configuration, self._dialled, transfer.by, self._state)
        self._enter(plan, now, out)

    def _come_back(self, side: Side, now: float, out: list[Output]) -> None:
        """Let the caller talk again to a transferor who has stayed."""
        self._attendant.stop_playing(out)
        if not self.holdings.bring_together(side, self._caller.side, out):
            self._let_go(side, out)
            self._finish(Cause.NO_PORTS, "", "switch", 503, now, out)
            return
        self.holdings.log(joined(side), now, out)
        self._rejoin(side, now, out)

    def _rejoin(self, callee: Side, now: float, out: list[Output]) -> None:
        """Let the caller talk to `callee`, both of whom were answered before."""
        caller = self._caller.side
        self._conversation.rejoin(callee, out)
        self._taping.talk(caller, callee, now, out)
        self._note_partner(caller, callee.shown, now, out)
        self._note_partner(callee, caller.shown, now, out)

    def _note_partner(
        self, side: Side, partner: Party | None, now: float, out: list[Output]
    ) -> None:
        shown = partner or NOBODY
        self.holdings.log(PartnerChanged(side.leg, shown.number, shown.name), now, out)

    def _moment(self, now: float) -> datetime:
        return datetime.fromtimestamp(self._board.epoch + now, UTC)

    # The caller

    def _read_offer(self, now: float, out: list[Output]) -> bool:
        """Understand the caller's offer; False when that has ended the call."""
        try:
            self._caller.read_offer()
        except sdp.SdpError as error:
            self._caller.objection = warning_of(error)
            self._finish(Cause.NOT_ACCEPTABLE, str(error), "switch", 488, now, out)
            return False
        return True

    def _prepare_caller(self, now: float, out: list[Output]) -> bool:
        """Give the caller a stream; False when that has ended the call."""
        if self._caller.side.port is not None:
            return True
        if self._caller.description is None and not self._read_offer(now, out):
            return False
        if not self.holdings.open(self._caller.side, out):
            self._finish(Cause.NO_PORTS, "", "switch", 503, now, out)
            return False
        return True

    def _note_answer(self, now: float, out: list[Output]) -> None:
        self._leave_by = now + self._board.settings.maximum_duration
        self.holdings.log(LegAnswered(self._caller.side.leg), now, out)

    # The end

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
        # An answer may wait for a PRACK: who goes before that has not got it.
        is_unanswered = caller.is_waiting or cause in UNANSWERED
        ended = CallEnded(cause, reason, by, status if is_unanswered else 200)
        holdings.log(ended, now, out)
        said = said or reason_for(cause)
        transfer, self._transfer = self._transfer, None
        if transfer is not None:
            transfer.report(status if status >= 400 else 487, out)
            if transfer.side is not None:
                self._let_go(transfer.side, out)
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
            caller.dismiss(status, said, out)
        caller.leave()
        if holdings.sides:
            holdings.close_all(out)
        release(self._board.lines, caller.side.extension)
        self._state.leave()

    def _close_if_done(self, now: float, out: list[Output]) -> None:
        holdings = self.holdings
        if self._ended and not (self.is_closed or holdings.legs or holdings.sides):
            self.is_closed = True
            holdings.log(CallClosed(), now, out)
            out.append(Closed(holdings.journal.record()))


def joined(side: Side, call: str = "") -> LegJoined:
    """Return the entry for a side that talks in this call, and comes from `call`."""
    host, port = side.flow.remote
    return LegJoined(side.leg, side.extension, f"{host}:{port}", call)
