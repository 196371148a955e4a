"""One side of a call: what offered and placed legs have in common, from the answer on.

A leg owns one dialog. The endpoint calls it with what the transaction layer found out, and by
the same way tells it what to do; both return what to send and what to say. When a leg has said
its last word (Ended or Refused) the call is over for everybody above, but it may stay until
the peer knows it too.
"""

from softswitch.sip.dialog import Due, NotAcknowledged, Turn
from softswitch.sip.leg.changing import Changing
from softswitch.sip.leg.core import OUT_OF_STATE, LegOutput, State
from softswitch.sip.leg.info import RELAY, write_digit
from softswitch.sip.message import Request
from softswitch.sip.methods import INFO
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import (
    AcceptChange,
    Change,
    Confirm,
    DigitNotTaken,
    End,
    Ended,
    Identify,
    LegCommand,
    RefuseChange,
    SendDigit,
)
from softswitch.timerqueue import earlier


class Leg(Changing):
    """A dialog with its changes, its BYE and its lost ACKs."""

    __slots__ = ()

    # What the peer does

    def hung_up(self, request: Request, key: str, now: float, reason: str) -> list[LegOutput]:
        """Take a BYE."""
        outputs = self.reply(key, request, 200, now)
        return outputs + self.leave("bye", now, reason)

    def pracked(self, request: Request, key: str, now: float) -> list[LegOutput]:
        """Take a PRACK: there is nothing to be acknowledged. Raises ParseError."""
        return self.reply(key, request, 481, now)

    def lose(self, now: float) -> list[LegOutput]:
        """The connection that the peer was reached by is gone."""
        return self.terminate("lost", now)

    # What the calls want

    def perform(self, command: LegCommand, now: float) -> list[LegOutput]:
        if self.has_ended or self.dialog is None:
            return [Discard(OUT_OF_STATE)]
        match command:
            case End(reason=reason):
                return self._hang_up("ended", now, reason)
            case Change(sdp=sdp, connected=connected):
                self.show(connected)
                return self.change(sdp, now)
            case AcceptChange(sdp=sdp):
                return self.accept_change(sdp, now)
            case RefuseChange(status=status, warning=warning):
                return self.refuse_change(status, warning, now)
            case Confirm(sdp=sdp):
                return self._confirm(sdp, now)
            case Identify(connected=connected):
                self.show(connected)
                return self.refresh(now) if "update" in self.allows else []
            case SendDigit(key=key, milliseconds=milliseconds):
                return self._send_digit(key, milliseconds, now)
            case _:
                return [Discard(OUT_OF_STATE)]

    # Time

    @property
    def deadline(self) -> float | None:
        due = None if self.timer is None else self.timer.deadline
        if self.answer is not None:
            due = earlier(due, self.answer.deadline)
        return due if self.asked is None else earlier(due, self.asked.due)

    def expire(self, now: float) -> list[LegOutput]:
        outputs = self._expire_answer(now)
        if self.state is State.TERMINATED:
            return outputs
        outputs += self.expire_change(now)
        if self.timer is None or self.has_ended:
            return outputs
        match self.timer.expire(now):
            case Due.REFRESH:
                outputs += self.refresh(now)
            case Due.EXPIRED:
                reason = 'SIP;cause=408;text="Session Expired"'
                outputs += [*self.bye(now, reason), *self.terminate("expired", now)]
            case None:
                pass
        return outputs

    # Inside

    def _expire_answer(self, now: float) -> list[LegOutput]:
        outputs: list[LegOutput] = []
        for output in () if self.answer is None else self.answer.expire(now):
            if isinstance(output, NotAcknowledged):
                self.answer = None
                self.offers.failed()
                if self.state is State.LINGERING:
                    return outputs + self.terminate("no-ack", now)
                outputs += [*self.bye(now), *self.terminate("no-ack", now)]
            else:
                outputs.append(output)
        return outputs

    def _confirm(self, sdp: bytes, now: float) -> list[LegOutput]:
        if self.offers.turn is not Turn.OUR_ANSWER_IN_ACK:
            return [Discard(OUT_OF_STATE)]
        return [*self.acknowledge_peer(sdp), *self.change_next(now)]

    def _send_digit(self, key: str, milliseconds: int, now: float) -> list[LegOutput]:
        dialog = self.dialog
        if dialog is None or "info" not in self.allows:
            return [DigitNotTaken(self.name, key, milliseconds)]
        body = write_digit(key, milliseconds)
        request = dialog.request(INFO, (self.stack.user_agent,), body, RELAY)
        return [*self.stack.layer.request(request, dialog.flow, now)[1]]

    def _hang_up(self, cause: str, now: float, reason: str) -> list[LegOutput]:
        """End an answered leg. A caller who does not know yet that we answered hears BYE only
        after his ACK, or when none comes (section 15): so long the leg lingers."""
        if self.state is State.ACCEPTED and self.answer is not None:
            self.has_ended = True
            self.forget_change()  # nobody is left who wants to hear how it went
            return [Ended(self.name, cause)]
        outputs: list[LegOutput] = []
        if self.offers.turn is Turn.OUR_ANSWER_IN_ACK:
            outputs += self.acknowledge_peer(b"")
        return [*outputs, *self.bye(now, reason), *self.leave(cause, now)]
