"""INVITE client transaction (RFC 3261, section 17.1.1, with RFC 6026)."""

from typing import ClassVar

from msgspec import Struct

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import Header, Request, Response
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

ExtraHeaders = tuple[tuple[Header | str, str], ...]


class InviteClient(Struct, gc=False, eq=False):
    """One INVITE on its way out. `invite` bears our Via, and `data` is that INVITE as bytes.

    The request is let go with the final response, so that what lingers is small.
    """

    method: ClassVar[str] = "INVITE"

    key: str
    """Our branch."""

    flow: Flow
    invite: Request | None
    data: bytes
    values: TimerValues
    state: State = State.CALLING
    lingers: float = 0.0
    """How long it stays once nothing but its last timer (D or M) is left; 0 before that."""

    cancel_headers: ExtraHeaders | None = None
    """Not None while a CANCEL waits for the first provisional response."""

    is_cancelled: bool = False
    timer_a: float = NEVER
    timer_b: float = NEVER
    """Also runs after a CANCEL, for a final response that may never come (section 9.1)."""

    timer_d: float = NEVER
    timer_m: float = NEVER
    gap: float = 0.0

    def start(self, now: float) -> list[Sent]:
        self.timer_b = now + self.values.timeout
        if not self.flow.reliable:
            self.gap = self.values.t1
            self.timer_a = now + self.gap
        return [Transmit(self.data, self.flow)]

    def receive(self, response: Response, flow: Flow, now: float) -> list[Output]:
        arrived = ResponseArrived(response, flow, self.key)
        match self.state, response.status // 100:
            case State.CALLING | State.PROCEEDING, 1:
                self._proceed()
                return [arrived]
            case State.CALLING | State.PROCEEDING, 2:
                self._accept(now)
                return [arrived]
            case State.CALLING | State.PROCEEDING, _:
                ack = self._complete(response, now)
                return [Transmit(ack, self.flow), arrived]
            case State.ACCEPTED, 2:
                return [arrived]  # a copy, or another fork
            case State.COMPLETED, 3 | 4 | 5 | 6:
                return [Transmit(self.data, self.flow)]
            case _:
                return [Discard("response-out-of-state")]

    def cancel(self, headers: ExtraHeaders) -> bool:
        """Ask for a CANCEL with `headers`; return whether there is anything to cancel."""
        if self.invite is None or self.is_cancelled or self.cancel_headers is not None:
            return False
        self.cancel_headers = headers
        return True

    def take_cancel(self, now: float) -> Request | None:
        """Return the CANCEL that may be sent now, once (section 9.1)."""
        invite, headers = self.invite, self.cancel_headers
        if self.state is not State.PROCEEDING or invite is None or headers is None:
            return None
        self.cancel_headers = None
        self.is_cancelled = True
        self.timer_b = now + self.values.timeout
        to = invite.first(Header.TO) or ""
        return _beside("CANCEL", invite, to, headers)

    def flow_lost(self) -> list[Output]:
        was_final = self.lingers > 0.0
        self._enter(State.TERMINATED)
        return [] if was_final else [Failed(self.key)]

    @property
    def deadline(self) -> float | None:
        due = min(self.timer_a, self.timer_b, self.timer_d, self.timer_m)
        return due if due < NEVER else None

    def expire(self, now: float) -> list[Output]:
        if min(self.timer_d, self.timer_m) <= now:
            self._enter(State.TERMINATED)
            return []
        if self.timer_b <= now:
            self._enter(State.TERMINATED)
            return [TimedOut(self.key)]
        if self.timer_a <= now:
            self.gap *= 2
            self.timer_a = now + self.gap
            return [Transmit(self.data, self.flow)]
        return []

    def _proceed(self) -> None:
        self.state = State.PROCEEDING
        self.timer_a = NEVER
        if not self.is_cancelled:
            self.timer_b = NEVER

    def _accept(self, now: float) -> None:
        self._enter(State.ACCEPTED)
        self.data = b""
        self.lingers = self.values.timeout
        self.timer_m = now + self.lingers

    def _complete(self, response: Response, now: float) -> bytes:
        """Return the ACK, which is what remains to be sent again."""
        assert self.invite is not None, "held until the final response"
        to = response.first(Header.TO) or ""
        self.data = _beside("ACK", self.invite, to, ()).to_bytes()
        if self.flow.reliable:
            self._enter(State.TERMINATED)
        else:
            self._enter(State.COMPLETED)
            self.lingers = self.values.retention
            self.timer_d = now + self.lingers
        return self.data

    def _enter(self, state: State) -> None:
        """Enter a state that comes after the final response."""
        self.state = state
        self.invite = self.cancel_headers = None
        self.timer_a = self.timer_b = self.timer_d = self.timer_m = NEVER


def _beside(method: str, invite: Request, to: str, headers: ExtraHeaders) -> Request:
    """Return the ACK or CANCEL that goes where `invite` went (sections 17.1.1.3 and 9.1)."""
    number = (invite.first(Header.CSEQ) or "").partition(" ")[0]
    routes = ((Header.ROUTE, route) for route in invite.values(Header.ROUTE))
    return Request.build(
        method,
        invite.uri,
        (
            (Header.VIA, invite.first(Header.VIA) or ""),
            (Header.MAX_FORWARDS, "70"),
            *routes,
            (Header.FROM, invite.first(Header.FROM) or ""),
            (Header.TO, to),
            (Header.CALL_ID, invite.first(Header.CALL_ID) or ""),
            (Header.CSEQ, f"{number} {method}"),
            *headers,
        ),
    )
