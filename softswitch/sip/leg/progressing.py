"""Provisional responses to a caller who acknowledges them, one after the other (RFC 3262)."""

from collections import deque

from softswitch.sip.dialog import NotAcknowledged, RAck, ReliableResponses, first_number
from softswitch.sip.message import Header, Request
from softswitch.sip.methods import Headers
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Transmit

_MOST_WAITING = 8
_REQUIRED = (Header.REQUIRE, "100rel")


class Progressing:
    """What is to be told to a caller before the answer, and waits for its turn.

    invite       CSeq of the INVITE
    is_required  the caller wants every response acknowledged, and not only a session
    """

    __slots__ = ("_responses", "_waiting", "is_required")

    def __init__(self, invite: int, stack: Stack, *, is_required: bool) -> None:
        self.is_required = is_required
        number = first_number(stack.identifiers.draw())
        self._responses = ReliableResponses(number, invite, stack.timers)
        self._waiting: deque[tuple[int, bytes]] = deque()

    def add(self, status: int, sdp: bytes) -> bool:
        """Take a status and a session into the queue; whether it is its turn now.

        Of more than can wait, those without a session are left out: the caller knows as much.
        """
        if sdp or len(self._waiting) < _MOST_WAITING:
            self._waiting.append((status, sdp))
        return not self._responses.is_open

    def next(self) -> tuple[int, bytes] | None:
        """Return whose turn it is now; `sent` comes next."""
        if self._responses.is_open or not self._waiting:
            return None
        return self._waiting.popleft()

    def headers(self) -> Headers:
        """Return what the next one carries."""
        return _REQUIRED, (Header.RSEQ, str(self._responses.number))

    def sent(self, response: Transmit, *, carries_session: bool, now: float) -> None:
        self._responses.sent(response, carries_session=carries_session, now=now)

    def acknowledge(self, prack: Request) -> bool:
        """Whether a PRACK acknowledges what is open. Raises ParseError."""
        return self._responses.acknowledge(RAck.of(prack))

    @property
    def holds_answer(self) -> bool:
        """Whether a session has not been acknowledged, or not even been sent: the 2xx waits."""
        return self._responses.carries_session or any(sdp for _, sdp in self._waiting)

    def settle(self) -> None:
        """The final response goes out: nothing waits or is repeated any more."""
        self._waiting.clear()
        self._responses.settle()

    @property
    def deadline(self) -> float | None:
        return self._responses.deadline

    def expire(self, now: float) -> list[Transmit | NotAcknowledged]:
        return self._responses.expire(now)
