"""Non-INVITE client transaction (RFC 3261, section 17.1.2)."""

from msgspec import Struct

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import Response
from softswitch.sip.transaction.outputs import (
    Discard,
    Failed,
    Output,
    ResponseArrived,
    Sent,
    TimedOut,
)
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import NEVER, TimerValues


class RequestClient(Struct, gc=False, eq=False):
    """One request other than INVITE and ACK on its way out; `data` bears our Via."""

    key: str
    """Our branch."""

    method: str
    flow: Flow
    data: bytes
    values: TimerValues
    state: State = State.TRYING
    lingers: float = 0.0
    """How long it stays once nothing but its last timer (K) is left; 0 before that."""

    timer_e: float = NEVER
    timer_f: float = NEVER
    timer_k: float = NEVER
    gap: float = 0.0

    def start(self, now: float) -> list[Sent]:
        self.timer_f = now + self.values.timeout
        if not self.flow.reliable:
            self.gap = self.values.t1
            self.timer_e = now + self.gap
        return [Transmit(self.data, self.flow)]

    def receive(self, response: Response, flow: Flow, now: float) -> list[Output]:
        match self.state, response.status // 100:
            case State.TRYING | State.PROCEEDING, 1:
                self.state = State.PROCEEDING
                return [ResponseArrived(response, flow, self.key)]
            case State.TRYING | State.PROCEEDING, _:
                self._complete(now)
                return [ResponseArrived(response, flow, self.key)]
            case _:
                return [Discard("response-repeated")]

    def flow_lost(self) -> list[Output]:
        was_final = self.lingers > 0.0
        self._enter(State.TERMINATED)
        return [] if was_final else [Failed(self.key)]

    @property
    def deadline(self) -> float | None:
        due = min(self.timer_e, self.timer_f, self.timer_k)
        return due if due < NEVER else None

    def expire(self, now: float) -> list[Output]:
        if self.timer_k <= now:
            self._enter(State.TERMINATED)
            return []
        if self.timer_f <= now:
            self._enter(State.TERMINATED)
            return [TimedOut(self.key)]
        if self.timer_e <= now:
            is_answered = self.state is State.PROCEEDING
            self.gap = self.values.t2 if is_answered else min(2 * self.gap, self.values.t2)
            self.timer_e = now + self.gap
            return [Transmit(self.data, self.flow)]
        return []

    def _complete(self, now: float) -> None:
        if self.flow.reliable:
            self._enter(State.TERMINATED)
            return
        self._enter(State.COMPLETED)
        self.lingers = self.values.t4
        self.timer_k = now + self.lingers

    def _enter(self, state: State) -> None:
        """Enter a state that comes after the final response."""
        self.state = state
        self.data = b""
        self.timer_e = self.timer_f = self.timer_k = NEVER
