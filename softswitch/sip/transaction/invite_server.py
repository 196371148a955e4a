"""INVITE server transaction (RFC 3261, section 17.2.1, with RFC 6026)."""

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import Request, parse
from softswitch.sip.transaction.outputs import (
    AckArrived,
    Discard,
    Output,
    Sent,
    ServerTimedOut,
)
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import NEVER, TimerValues


class InviteServer(Struct, gc=False, eq=False):
    """One INVITE that came in. It keeps no request, and of responses only the last one's bytes.

    Trying at once is left to the user of the layer, who sends 100 as any other response.
    """

    key: str
    flow: Flow
    values: TimerValues
    merge_key: str = ""
    """What a copy of the INVITE by another path has in common with it; empty in a dialog."""

    state: State = State.PROCEEDING
    lingers: float = 0.0
    """How long it stays once nothing but its last timer (I or L) is left; 0 before that."""

    response: bytes = b""
    timer_g: float = NEVER
    timer_h: float = NEVER
    timer_i: float = NEVER
    timer_l: float = NEVER
    gap: float = 0.0

    def repeat(self) -> list[Output]:
        """Take a retransmission of the INVITE."""
        match self.state:
            case State.PROCEEDING | State.COMPLETED if self.response:
                return [Transmit(self.response, self.flow)]
            case _:
                return [Discard("invite-repeated")]

    def acknowledge(self, ack: Request, flow: Flow, now: float) -> list[Output]:
        match self.state:
            case State.COMPLETED:
                self._confirm(now)
                return []
            case State.ACCEPTED:
                return [AckArrived(ack, flow, self.key)]  # its sender reused the branch
            case State.CONFIRMED:
                return [Discard("ack-repeated")]
            case _:
                return [Discard("ack-before-final")]

    def respond(self, status: int, data: bytes, now: float) -> list[Sent]:
        match self.state, status // 100:
            case State.PROCEEDING, 1:
                self.response = data
            case State.PROCEEDING, 2:
                self._accept(data, now)
            case State.PROCEEDING, _:
                self._complete(data, now)
            case State.ACCEPTED, 2:
                pass  # the user of the layer repeats it until the ACK comes
            case _:
                return [Discard("response-after-final")]
        return [Transmit(data, self.flow)]

    def to_tag(self) -> str:
        """Return the tag that the responses so far have in To; empty when none had one."""
        if not self.response:
            return ""
        try:
            return parse(self.response).to().tag or ""
        except ParseError:  # copied from an INVITE that was refused for it
            return ""

    def flow_lost(self) -> list[Output]:
        was_settled = self.lingers > 0.0
        self._enter(State.TERMINATED)
        return [] if was_settled else [ServerTimedOut(self.key)]

    @property
    def has_answered(self) -> bool:
        """Whether a final response has been sent."""
        return self.state is not State.PROCEEDING

    @property
    def deadline(self) -> float | None:
        due = min(self.timer_g, self.timer_h, self.timer_i, self.timer_l)
        return due if due < NEVER else None

    def expire(self, now: float) -> list[Output]:
        if min(self.timer_i, self.timer_l) <= now:
            self._enter(State.TERMINATED)
            return []
        if self.timer_h <= now:
            self._enter(State.TERMINATED)
            return [ServerTimedOut(self.key)]
        if self.timer_g <= now:
            self.gap = min(2 * self.gap, self.values.t2)
            self.timer_g = now + self.gap
            return [Transmit(self.response, self.flow)]
        return []

    def _accept(self, data: bytes, now: float) -> None:
        self._enter(State.ACCEPTED)
        self.response = data  # never sent again from here: a late CANCEL is answered with its tag
        self.lingers = self.values.timeout
        self.timer_l = now + self.lingers

    def _complete(self, data: bytes, now: float) -> None:
        self._enter(State.COMPLETED)
        self.response = data
        self.timer_h = now + self.values.timeout
        if not self.flow.reliable:
            self.gap = self.values.t1
            self.timer_g = now + self.gap

    def _confirm(self, now: float) -> None:
        if self.flow.reliable:
            self._enter(State.TERMINATED)
            return
        self._enter(State.CONFIRMED)
        self.response = b""
        self.lingers = self.values.t4
        self.timer_i = now + self.lingers

    def _enter(self, state: State) -> None:
        self.state = state
        self.timer_g = self.timer_h = self.timer_i = self.timer_l = NEVER
