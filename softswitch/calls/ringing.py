"""A Ring step at work: telephones are placed, heard, given up, and one of them wins."""

from collections.abc import Iterable, Sequence

from media import sdp
from softswitch.calls.attendant import Attendant
from softswitch.calls.caller import Caller
from softswitch.calls.conversation import SessionEvent
from softswitch.calls.early import change_early
from softswitch.calls.facts import LegPlaced, LegRedirected, LegRinging, Noted
from softswitch.calls.fork import Fork
from softswitch.calls.forking import OBJECTIONS, outcome_of
from softswitch.calls.hearing import Hearing
from softswitch.calls.holdings import Holdings
from softswitch.calls.manner import Manner, can_meet
from softswitch.calls.number import user_of
from softswitch.calls.outputs import Output
from softswitch.calls.ringing_results import Elsewhere, PortsGone, Result, Won
from softswitch.calls.serial import Waiting
from softswitch.calls.side import Side
from softswitch.calls.switchboard import LiveState, Switchboard
from softswitch.routing.decide import redirected
from softswitch.routing.hunt import HuntOutput, StartRinging, StopRinging
from softswitch.routing.model import Configuration, Dialled
from softswitch.routing.plan import HangUp, Outcome, Ring
from softswitch.sip.vocabulary import (
    Answered,
    End,
    Party,
    Place,
    Progressed,
    Refused,
    Target,
    Withdraw,
)
from softswitch.timerqueue import earlier

EARLY_DIALOG_TERMINATED = 199
"""What a telephone let hear before the answer is over, and its final response is still to come (RFC
6228). It is not passed on: the caller's own early dialog is with us, and goes on."""

MOST_TELEPHONES = 10
"""Of one extension, that ring at once for one call."""


class Ringing(Hearing):
    """Carries out what the hunt wants, for one caller.

    after   the fork that sent the call to this step
    """

    __slots__ = ("_after", "_configuration", "_dialled", "_ports_gone", "_state")

    def __init__(
        self,
        ring: Ring,
        caller: Caller,
        attendant: Attendant,
        holdings: Holdings,
        board: Switchboard,
        dialled: Dialled,
        state: LiveState,
        configuration: Configuration,
        manner: Manner,
        after: Fork | None = None,
    ) -> None:
        super().__init__(ring, caller, attendant, holdings, board, manner, state.now)
        self._after = after
        self._dialled = dialled
        self._state = state
        self._configuration = configuration
        self._ports_gone = False

    @property
    def deadline(self) -> float | None:
        due, serial = self._forking.hunt.deadline, self._forking.serial
        return earlier(due, serial.deadline) if serial.waiting else due

    def begin(self, now: float, out: list[Output]) -> Result | None:
        ring = self.ring
        self._caller.connected = Party(ring.number or self._dialled.number, ring.title)
        self._offer_ringback(out)
        return self._carry_out(self._forking.hunt.start(now), now, out)

    def expire(self, now: float, out: list[Output]) -> Result | None:
        for waiting in self._forking.serial.due(now):
            for fork in self._forking.stop_those_of(waiting):
                self._give_up(fork, out)
            self._call_next(waiting, now, out)
        return self._carry_out(self._forking.hunt.expire(now), now, out)

    def stop(self, out: list[Output], reason: str = "") -> None:
        """Give up every telephone: the caller has gone.

        reason  what they are told of it
        """
        for fork in self._forking.stop_all():
            self._give_up(fork, out, reason=reason)

    def progressed(self, event: Progressed, now: float, out: list[Output]) -> None:
        fork = self._forking.forks.get(event.leg)
        if fork is None:
            return
        if event.status == EARLY_DIALOG_TERMINATED:
            fork.brought_media = 0
            self._choose_heard(out)
            return
        if event.status == 180 or event.sdp:
            if not fork.rang:
                self._holdings.log(LegRinging(event.leg, bool(event.sdp)), now, out)
            fork.rang = True
        if event.sdp and self._manner.lets_hear(fork.extension):
            self._hear_early_media(fork, event, now, out)
        if fork.rang:
            self._caller.ring(out)

    def take(self, event: SessionEvent, out: list[Output]) -> bool:
        """Take a change of the session of a side that is not answered; False where it is."""
        fork = self._forking.forks.get(event.leg)
        side = self._caller.side if fork is None else fork.side
        if fork is None and (event.leg != side.leg or not self._caller.is_waiting):
            return False
        change_early(event, side, out, latch=self._board.settings.latch)
        return True

    def answered(self, event: Answered, now: float, out: list[Output]) -> Result | None:
        fork = self._forking.forks.get(event.leg)
        if fork is None:
            out.append(End(event.leg))  # it was given up, or another was faster
            return None
        side = fork.side
        if self._manner.direct:
            side.said = event.sdp
        else:
            try:
                side.take_answer(event.sdp)
            except sdp.SdpError as error:
                self._holdings.log(Noted("unusable-answer", str(error)), now, out)
                out.append(End(event.leg))
                return self._lose(fork, Outcome.REFUSED, now, out)
            side.settle_offer()
        self._forking.remove(fork)
        return self.taken(side, out)

    def rings_at(self, leg: str) -> str:
        """Return the extension that a telephone of this step rings at, or nothing."""
        fork = self._forking.forks.get(leg)
        return "" if fork is None else fork.extension

    def taken(self, side: Side, out: list[Output]) -> Won:
        """Stop ringing, for `side` talks to the caller from now on."""
        if self._forking.forks:
            for other in self._forking.stop_all():
                self._give_up(other, out, answered_elsewhere=True)
        self._attendant.stop_playing(out)
        return Won(side)

    def serve(self, caller: Caller, out: list[Output]) -> None:
        """Ring on for another, who has taken the caller's place and was answered before."""
        self._caller = caller
        heard = self._heard
        if heard is None or heard.side.agreed is None:
            self._offer_ringback(out)
        else:
            self._join(heard.side, out)

    def refused(self, event: Refused, now: float, out: list[Output]) -> Result | None:
        fork = self._forking.forks.get(event.leg)
        if fork is None:
            return None
        if 300 <= event.status < 400 and event.contacts:
            return self._redirect(fork, event.contacts[0], now, out)
        if event.elsewhere:  # what its user may not call in another way either
            refused = Noted(
                "redirection-refused", f"{fork.extension} to {event.elsewhere}: elsewhere"
            )
            self._holdings.log(refused, now, out)
        if event.status >= 600:
            self._forking.serial.drop(fork.member)  # he is not to be called anywhere
        objection = OBJECTIONS.get(event.status, 0)
        return self._lose(fork, outcome_of(event.status, rang=fork.rang), now, out, objection)

    @property
    def objection(self) -> int:
        """The status for a caller whose session nobody wanted; 0 when that is not why it ended."""
        return self._forking.objection

    def _lose(
        self, fork: Fork, outcome: Outcome, now: float, out: list[Output], objection: int = 0
    ) -> Result | None:
        self._holdings.close(fork.side, out)
        for other in self._forking.refused(fork, outcome, objection):
            self._give_up(other, out)
        return self._carry_out(self._settle(fork.member, now, out), now, out)

    def _carry_out(
        self, outputs: Iterable[HuntOutput], now: float, out: list[Output]
    ) -> Result | None:
        work = [*outputs]  # grows at its end while it is gone through
        for output in work:
            if isinstance(output, StartRinging):
                work += self._start(output.extension, now, out)
            elif isinstance(output, StopRinging):
                for fork in self._forking.stop(output.extension):
                    self._give_up(fork, out)
            else:
                nobody = self._ports_gone and output.outcome is Outcome.NOT_REGISTERED
                return PortsGone() if nobody else output
        if self._forking.early:
            self._choose_heard(out)
        return None

    def _start(self, extension: str, now: float, out: list[Output]) -> Sequence[HuntOutput]:
        """Call a member whose turn it is, unless it has become busy since the step began."""
        if self.ring.skip_busy and self._state.busy(extension):
            self._holdings.log(Noted("passed-over", f"{extension} is busy"), now, out)
            return self._forking.hunt.refused(extension, Outcome.BUSY, now)
        if self._place(extension, extension, self._after, now, out):
            return ()
        return self._settle(extension, now, out)

    def _settle(self, member: str, now: float, out: list[Output]) -> Sequence[HuntOutput]:
        """Go on to the next telephones of `member` when none rings any more, or tell the hunt."""
        forking = self._forking
        while not forking.rings_for(member):
            waiting = forking.serial.next_of(member)
            if waiting is None:
                return forking.settle(member, now)
            self._call_next(waiting, now, out)
        return ()

    def _call_next(self, waiting: Waiting, now: float, out: list[Output]) -> None:
        group = waiting.take(now)
        self._forking.serial.settle()
        self._call(waiting.member, waiting.extension, waiting.after, group, now, out)

    def _place(
        self, member: str, extension: str, after: Fork | None, now: float, out: list[Output]
    ) -> bool:
        """Call the telephones of `extension` on behalf of `member`. Return whether there are any.

        after  the fork that sent the call here
        """
        first, *others = self._board.locate.groups(extension, now) or ([],)
        if others:
            times = (one.timeout for one in self.ring.members if one.extension == member)
            patience = min(self.ring.timeout, *times) / (1 + len(others))
            patience = min(patience, self._board.settings.contact_timeout)
            waiting = Waiting(member, extension, after, others[:MOST_TELEPHONES], patience, now)
            self._forking.serial.add(waiting)
        return self._call(member, extension, after, first, now, out)

    def _call(
        self,
        member: str,
        extension: str,
        after: Fork | None,
        group: Sequence[Target],
        now: float,
        out: list[Output],
    ) -> bool:
        """Call a group of telephones. Return whether any is being called."""
        is_any = False
        caller, manner, holdings = self._caller, self._manner, self._holdings
        person = manner.people.get(extension)
        shown = Party(extension, "" if person is None else person.name)
        for target in group[:MOST_TELEPHONES]:
            if manner.direct and not can_meet(caller.offered.sdp, target.flow):
                passed = f"{extension} speaks another version of IP"
                holdings.log(Noted("passed-over", passed), now, out)
                continue
            leg = holdings.new_leg()
            side = Side(leg, extension, target.flow, shown)
            if person is not None:
                side.codecs = person.codecs
                side.dtmf = person.dtmf
                side.security = sdp.Security(person.srtp)
            if manner.direct:
                body = side.sent = caller.offered.sdp
            elif holdings.open(side, out, beside=caller.side):
                body = side.offer(caller.codecs(), shared=caller.theirs)
            else:
                self._ports_gone = True
                holdings.log(Noted("no-ports", extension), now, out)
                break
            fork = Fork(side, member, extension)
            if after is not None:
                fork.come_after(after)
            if after is self._after:
                fork.diversions = manner.diversions
            self._forking.forks[leg] = fork
            is_any = True
            holdings.hold(leg)
            holdings.log(LegPlaced(leg, extension, target.uri), now, out)
            out.append(
                Place(leg, target, caller.shown, extension, body, fork.diversions, "",
                      manner.referred_by, manner.claims, manner.alert)
            )  # fmt: skip
        return is_any

    def _redirect(self, fork: Fork, uri: str, now: float, out: list[Output]) -> Result | None:
        """Decide anew for one telephone, with what it was sent to in its place."""
        if fork.redirections >= self._board.settings.redirections:
            self._holdings.log(Noted("too-many-redirections", uri), now, out)
            return self._lose(fork, Outcome.REFUSED, now, out)
        number = user_of(uri)
        trail = fork.trail or next(iter(self.ring.on.values()))
        plan = redirected(
            self._configuration,
            self._dialled,
            fork.extension,
            number,
            trail.visited,
            trail.hops,
            self._state,
        )
        moved = f"{fork.extension} to {number}"
        self._holdings.log(LegRedirected(fork.side.leg, number, plan.because), now, out)
        if isinstance(plan.step, HangUp):
            refused = Noted("redirection-refused", f"{moved}: {plan.step.reason}")
            self._holdings.log(refused, now, out)
            return self._lose(fork, outcome_of(plan.step.status, rang=False), now, out)
        self._holdings.log(Noted("redirected", moved), now, out)
        if self._is_alone():
            self._holdings.close(fork.side, out)
            self._forking.remove(fork)
            fork.trail = None
            return Elsewhere(plan, fork)
        if not isinstance(plan.step, Ring):
            # A group's call does not end in the mailbox of one of its members.
            return self._lose(fork, Outcome.NO_ANSWER, now, out)
        self._holdings.close(fork.side, out)
        self._forking.remove(fork)
        fork.trail = next(iter(plan.step.on.values()))
        self._state.let_in(plan.numbers)
        manner = self._manner
        for member in plan.step.members:
            if not manner.fits(member.extension):
                passed = f"{member.extension} speaks through the switch"
                self._holdings.log(Noted("passed-over", passed), now, out)
            elif not self._forking.rings(member.extension):
                self._place(fork.member, member.extension, fork, now, out)
        return self._carry_out(self._settle(fork.member, now, out), now, out)

    def _is_alone(self) -> bool:
        """Whether the step is about one person, of whose telephones one is left."""
        ring = self.ring
        is_one = len(ring.members) == 1 and not ring.left_out
        return is_one and len(self._forking.forks) == 1 and not self._forking.serial.waiting

    def _give_up(
        self, fork: Fork, out: list[Output], *, answered_elsewhere: bool = False, reason: str = ""
    ) -> None:
        out.append(Withdraw(fork.side.leg, answered_elsewhere, reason))
        self._holdings.close(fork.side, out)
