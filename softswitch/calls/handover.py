"""Who hands on, joins and picks up calls (RFC 5589, RFC 3891).

A transferor acts with his own rights, and only on calls that he is in: a leg that he names as one
of his has to be his extension's. What a telephone claims in Referred-By gives it no right.
"""

from media import sdp
from softswitch.calls.caller import Caller, State
from softswitch.calls.course import Course, joined
from softswitch.calls.ending import reason_for
from softswitch.calls.facts import LegLeft, Noted
from softswitch.calls.number import user_of
from softswitch.calls.outputs import Output
from softswitch.calls.record import Cause
from softswitch.calls.side import Side
from softswitch.calls.switchboard import release
from softswitch.calls.transfer import Transfer
from softswitch.routing.decide import transferred
from softswitch.routing.model import Dialled
from softswitch.routing.numbers import normal
from softswitch.routing.plan import HangUp
from softswitch.routing.rights import may_pick_up
from softswitch.sip.vocabulary import (
    AcceptTransfer,
    ChangeAnswered,
    ChangeRefused,
    Offered,
    Party,
    Refuse,
    RefuseTransfer,
    ReportTransfer,
    Transferring,
)

NOWHERE = ("unknown-number", "loop")
"""Ends of a plan for which nobody is handed on at all; any other is reported after trying."""


class Handover(Course):
    """A call whose sides may change."""

    __slots__ = ()

    # Blind

    def transfer(self, event: Transferring, now: float, out: list[Output]) -> None:
        """Let a side hand on the other to a number."""
        side = self._conversation.side_of(event.leg)
        refusal = self._refusal_to(side)
        if refusal or side is None:
            out.append(RefuseTransfer(event.leg, refusal))
        else:
            self._hand_on(event, side, event.number, now, out)
        self._close_if_done(now, out)

    def _refusal_to(self, side: Side | None) -> int:
        """Return the status for a transferor who may not change the call now, or 0."""
        if self._ended:
            return 481
        if self._transfer is not None:
            return 491
        if side is None or self._conversation.callee is None:
            return 603  # he talks to an application, which nobody can be given
        if not side.extension:
            return 403
        return 0 if self._is_settled else 491

    @property
    def _is_settled(self) -> bool:
        return self._caller.state is State.CONFIRMED and self._conversation.is_settled

    def _hand_on(
        self, event: Transferring, side: Side, number: str, now: float, out: list[Output]
    ) -> None:
        self._state.now = now
        other = self._conversation.opposite(side)
        if other is None or not number:
            out.append(RefuseTransfer(event.leg, 404))
            return
        shown = self._shown(other)
        dialled = Dialled(
            normal(number), other.extension or shown.number, self._moment(now), side.extension
        )
        configuration = self._board.configuration
        plan = transferred(
            configuration, dialled, side.extension, number, self._transfers, self._state
        )
        if isinstance(plan.step, HangUp) and plan.step.reason in NOWHERE:
            self._note_refused(side, number, plan.step.reason, now, out)
            out.append(RefuseTransfer(event.leg, plan.step.status))
            return
        if not self.holdings.open(other, out):
            out.append(RefuseTransfer(event.leg, 503))
            return
        self._configuration, self._dialled = configuration, dialled
        out.append(AcceptTransfer(event.leg))
        self._begin_transfer(event, side, dialled.number, now, out)
        if other is not self._caller.side:
            self._serve(Caller.handed(other, shown, dialled.number), now, out)
        self._conversation.part(out)
        self._enter(plan, now, out)

    def _begin_transfer(
        self, event: Transferring, side: Side, number: str, now: float, out: list[Output]
    ) -> None:
        # What a telephone says of somebody else is not passed on in its name.
        is_true = bool(event.referred_by) and _claimed(event.referred_by) == side.extension
        referred_by = event.referred_by if is_true else ""
        self._transfers += 1
        self._transfer = Transfer(
            event.leg, side, number, referred_by, latch=self._board.settings.latch
        )
        self.holdings.log(Noted("transfer", f"{side.extension} to {number}"), now, out)

    def _note_refused(
        self, side: Side, number: str, reason: str, now: float, out: list[Output]
    ) -> None:
        refused = Noted("transfer-refused", f"{side.extension} to {number}: {reason}")
        self.holdings.log(refused, now, out)

    def _shown(self, side: Side) -> Party:
        """Return who a side is to whoever is called for it."""
        if side is self._caller.side:
            return self._caller.shown
        person = self._board.configuration.employees.get(side.extension)
        return Party(side.extension, "" if person is None else person.name)

    # Attended

    def join(self, other: "Handover", event: Transferring, now: float, out: list[Output]) -> None:
        """Let a side hand on whom it talks with into `other`, where it takes its place."""
        self._state.now = other._state.now = now
        side = self._conversation.side_of(event.leg)
        replaced = other._conversation.side_of(event.replaces)
        refusal = self._refusal_to(side)
        if not refusal and (replaced is None or other._ended):
            refusal = 481
        if side is None or replaced is None or refusal:
            out.append(RefuseTransfer(event.leg, refusal))
        elif side.extension != replaced.extension:
            self._note_refused(side, "another's call", "not-allowed", now, out)
            out.append(RefuseTransfer(event.leg, 403))
        else:
            self._join(other, event, side, replaced, now, out)
        other._close_if_done(now, out)
        self._close_if_done(now, out)

    def _join(
        self,
        other: "Handover",
        event: Transferring,
        side: Side,
        replaced: Side,
        now: float,
        out: list[Output],
    ) -> None:
        comes = self._conversation.opposite(side)
        stays = other._conversation.opposite(replaced)
        if comes is None or other._transfer is not None:
            out.append(RefuseTransfer(event.leg, 491))
        elif stays is not None and other._ringing is None:
            if other._is_settled:
                self._join_talk(other, event, (side, comes), (replaced, stays), now, out)
            else:
                out.append(RefuseTransfer(event.leg, 491))
        elif other._ringing is not None and replaced.port is not None:
            self._join_ringing(other, event, (side, comes), replaced, now, out)
        else:
            # With an application, or where telephones ring for the transferor's own description.
            number = other._dialled.number
            other._finish(Cause.TRANSFERRED, self.id, "caller", 487, now, out)
            self._hand_on(event, side, number, now, out)

    def _join_talk(
        self,
        other: "Handover",
        event: Transferring,
        ours: tuple[Side, Side],
        theirs: tuple[Side, Side],
        now: float,
        out: list[Output],
    ) -> None:
        (side, comes), (replaced, stays) = ours, theirs
        shown = self._shown(comes)
        if not self.holdings.open(comes, out) or not self._seat(comes, other, stays, now, out):
            out.append(RefuseTransfer(event.leg, 503))
            return
        out += [AcceptTransfer(event.leg), ReportTransfer(event.leg, 200)]
        noted = Noted("transferred", f"by {side.extension} into call {other.id}")
        self.holdings.log(noted, now, out)
        other._state.take_over(self._state)
        other._transfers = max(self._transfers, other._transfers) + 1
        self._finish(Cause.TRANSFERRED, other.id, self._person(side), 200, now, out)
        handed = Caller.handed(comes, shown, other._dialled.number)
        other._replace(replaced, comes, handed, now, out)

    def _seat(
        self, side: Side, other: "Handover", beside: Side, now: float, out: list[Output]
    ) -> bool:
        """Move a side to `other`, where its stream can be joined with that of `beside`."""
        self.holdings.cede(side, other.holdings)
        if not other.holdings.bring_together(side, beside, out):
            other.holdings.cede(side, self.holdings)
            return False
        self._conversation.forget(side)
        self.holdings.log(LegLeft(side.leg, other.id), now, out)
        self._board.lines[side.extension] += 1
        other.holdings.log(joined(side, self.id), now, out)
        return True

    def _join_ringing(
        self,
        other: "Handover",
        event: Transferring,
        ours: tuple[Side, Side],
        replaced: Side,
        now: float,
        out: list[Output],
    ) -> None:
        """Let telephones ring on for whom the transferor hands on; the transferor, who waits for
        it in the first call, comes along."""
        side, comes = ours
        shown, ringing, former = self._shown(comes), other._ringing, other._caller
        if ringing is None or not self._seat(comes, other, replaced, now, out):
            out.append(RefuseTransfer(event.leg, 503))
            return
        self._seat(side, other, replaced, now, out)
        out.append(AcceptTransfer(event.leg))
        other._state.take_over(self._state)
        self._finish(Cause.TRANSFERRED, other.id, self._person(side), 200, now, out)
        number = other._dialled.number
        other._dialled = Dialled(
            number, comes.extension or shown.number, other._dialled.at, side.extension
        )
        other._transfers = max(self._transfers, other._transfers)
        other._begin_transfer(event, side, number, now, out)
        caller = Caller.handed(comes, shown, number)
        other._serve(caller, now, out)
        other._conversation.part(out)
        if other._leave_by is None:
            other._leave_by = now + self._board.settings.maximum_duration
        former.dismiss(487, reason_for(Cause.TRANSFERRED), out)
        other.holdings.close(former.side, out)
        other._conversation.forget(former.side)
        release(self._board.lines, former.side.extension)
        ringing.serve(caller, out)

    # In the place of somebody

    def pick_up(self, offered: Offered, now: float, out: list[Output]) -> None:
        """Let whoever calls take the place of the leg that he names."""
        self._state.now = now
        by = offered.identity.extension or ""
        rings_at = "" if self._ringing is None else self._ringing.rings_at(offered.replaces)
        replaced = self._conversation.side_of(offered.replaces)
        of = rings_at or ("" if replaced is None else replaced.extension)
        is_allowed = (
            may_pick_up(self._board.configuration, by, of) if rings_at else bool(by) and by == of
        )
        status = 0
        if self._ended or not of:
            status = 481
        elif not is_allowed:
            self.holdings.log(Noted("pick-up-refused", f"{by or 'a stranger'} of {of}"), now, out)
            status = 403
        elif not rings_at and (self._transfer is not None or not self._is_settled):
            status = 491
        else:
            status = self._take_in(offered, None if rings_at else replaced, now, out)
        if status:
            out.append(Refuse(offered.leg, status))
        self._close_if_done(now, out)

    def _take_in(
        self, offered: Offered, replaced: Side | None, now: float, out: list[Output]
    ) -> int:
        """Answer who picks up. Return the status to refuse him with, or 0.

        replaced  None when he answers in the place of telephones that ring
        """
        person = self._board.configuration.employees.get(offered.identity.extension or "")
        comer = Caller(offered, person)
        try:
            comer.read_offer()
        except sdp.SdpError:
            return 488
        if replaced is None and not self._prepare_caller(now, out):
            return 503
        stays = self._caller.side if replaced is None else self._conversation.opposite(replaced)
        if stays is None or not self.holdings.bring_together(comer.side, stays, out):
            return 503
        try:
            body = comer.describe("" if stays.agreed is None else stays.agreed.codec)
        except sdp.NotAcceptable:
            self.holdings.close(comer.side, out)
            return 488
        self.holdings.hold(offered.leg)
        self.holdings.log(joined(comer.side), now, out)
        picked = Noted("picked-up", f"by {comer.side.extension}")
        self.holdings.log(picked, now, out)
        comer.connected = stays.shown
        comer.accept(body, out)
        if replaced is None and self._ringing is not None:
            self._settle(self._ringing.taken(comer.side, out), now, out)
        elif replaced is not None:
            self._board.lines[comer.side.extension] += 1
            self._replace(replaced, comer.side, comer, now, out)
        return 0

    # Both

    def _replace(
        self, replaced: Side, comes: Side, caller: Caller, now: float, out: list[Output]
    ) -> None:
        """Let `comes` talk in the place of `replaced`, who is told to go.

        caller  the same as `comes`, for where the caller is replaced
        """
        stays = self._conversation.opposite(replaced)
        self._let_go(replaced, out)
        if replaced is self._caller.side:
            self._serve(caller, now, out)
            if stays is not None:
                self._rejoin(stays, now, out)
        else:
            self._rejoin(comes, now, out)

    def _person(self, side: Side) -> str:
        """Return who a side is in the record: the first leg is the caller's."""
        return "caller" if side.leg == self._first else "callee"

    def _is_adrift(self, event: ChangeAnswered | ChangeRefused) -> bool:
        """Whether a telephone has refused its new stream, so that nobody can hear it."""
        side = self._conversation.side_of(event.leg)
        return side is not None and side.is_adrift


def _claimed(referred_by: str) -> str:
    """Return the user that a value of Referred-By names."""
    _, bracket, rest = referred_by.partition("<")
    return user_of((rest if bracket else referred_by).partition(">")[0])
