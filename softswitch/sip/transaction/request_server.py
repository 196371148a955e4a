"""Non-INVITE server transaction (RFC 3261, section 17.2.2)."""

from msgspec import Struct

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.transaction.outputs import Discard, Output, Sent
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import NEVER, TimerValues


class RequestServer(Struct, gc=False, eq=False):
    """One request other than INVITE and ACK that came in; of responses it keeps the last."""

    key: str
    flow: Flow
    values: TimerValues
    state: State = State.TRYING
    lingers: float = 0.0
    """How long it stays once nothing but its last timer (J) is left; 0 before that."""

    response: bytes = b""
    timer_j: float = NEVER

    def repeat(self) -> list[Output]:
        """Take a retransmission of the request."""
        match self.state:
            case State.PROCEEDING | State.COMPLETED:
                return [Transmit(self.response, self.flow)]
            case _:
                return [Discard("request-repeated")]

    def respond(self, status: int, data: bytes, now: float) -> list[Sent]:
        match self.state:
            case State.TRYING | State.PROCEEDING if status < 200:
                self.state = State.PROCEEDING
                self.response = data
            case State.TRYING | State.PROCEEDING:
                self._complete(data, now)
            case _:
                return [Discard("response-after-final")]
        return [Transmit(data, self.flow)]

    def flow_lost(self) -> list[Output]:
        self.state = State.TERMINATED
        self.timer_j = NEVER
        return []

    @property
    def has_answered(self) -> bool:
        """Whether a final response has been sent."""
        return self.state is State.COMPLETED

    @property
    def deadline(self) -> float | None:
        return self.timer_j if self.timer_j < NEVER else None

    def expire(self, now: float) -> list[Output]:
        if self.timer_j <= now:
            self.state = State.TERMINATED
            self.timer_j = NEVER
        return []

    def _complete(self, data: bytes, now: float) -> None:
        if self.flow.reliable:
            self.state = State.TERMINATED
            return
        self.state = State.COMPLETED
        self.response = data
        self.lingers = self.values.timeout
        self.timer_j = now + self.lingers
