"""Provisional responses that are acknowledged by PRACK (RFC 3262)."""

from typing import NamedTuple, Self

from softswitch.sip.dialog.reliable import Intervals, NotAcknowledged
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Transmit
from softswitch.sip.message import Request, Response
from softswitch.sip.message.grammar import LARGEST, is_number
from softswitch.sip.message.headers import Header


class RAck(NamedTuple):
    """Which response a PRACK acknowledges (section 7.2)."""

    number: int
    """Of its RSeq."""

    cseq: int
    method: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ParseError."""
        words = text.split()
        if len(words) != 3 or not (is_number(words[0]) and is_number(words[1])):
            raise ParseError("RAck", text, 0, "two numbers and a method")
        return cls(min(int(words[0]), LARGEST), min(int(words[1]), LARGEST), words[2])

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return that of a PRACK. Raises ParseError."""
        return cls.parse(request.first(Header.RACK) or "")

    def __str__(self) -> str:
        return f"{self.number} {self.cseq} {self.method}"


def rseq(response: Response) -> int:
    """Return the number of a reliable provisional response. Raises ParseError."""
    text = response.first(Header.RSEQ) or ""
    if not is_number(text) or not 1 <= int(text) <= LARGEST:
        raise ParseError("RSeq", text, 0, "a number of 32 bits")
    return int(text)


def first_number(draw: float) -> int:
    """Return the number to begin with: any of the lower half, so that it can be added to.

    draw  an injected random number, 0 <= draw < 1
    """
    return 1 + int(draw * (2**31 - 2))


class ReliableResponses:
    """Repeats a provisional response of ours until its PRACK comes (section 3).

    One is open at a time: the next one waits for the PRACK of the one before, as the first must,
    so that none overtakes another.

    number  of the first
    invite  CSeq of the INVITE
    """

    __slots__ = ("_gap", "_give_up_at", "_invite", "_open", "_repeat_at", "_settled", "_timers",
                 "carries_session", "number")  # fmt: skip

    def __init__(self, number: int, invite: int, timers: Intervals) -> None:
        self.number = number
        """Of the next one."""

        self.carries_session = False
        """Whether what waits for its PRACK holds an offer or an answer: the 2xx waits for it."""

        self._invite = invite
        self._timers = timers
        self._open: Transmit | None = None
        self._settled = False
        self._gap = 0.0
        self._repeat_at = 0.0
        self._give_up_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._open is not None

    def sent(self, response: Transmit, *, carries_session: bool, now: float) -> None:
        """Take note of the response that bears `number`, sent now for the first time."""
        self._open = response
        self.number += 1
        self.carries_session = carries_session
        self._gap = self._timers.t1
        self._repeat_at = now + self._gap
        self._give_up_at = now + self._timers.timeout

    def acknowledge(self, rack: RAck) -> bool:
        """Take a PRACK; False where there is nothing of this number to be acknowledged: 481."""
        is_last = rack == (self.number - 1, self._invite, "INVITE")
        if self._open is None or not is_last:
            return False
        self._open = None
        self.carries_session = False
        return True

    def settle(self) -> None:
        """Repeat nothing any more: the final response is out. A PRACK is still welcome."""
        self._settled = True

    @property
    def deadline(self) -> float | None:
        if self._open is None or self._settled:
            return None
        return min(self._repeat_at, self._give_up_at)

    def expire(self, now: float) -> list[Transmit | NotAcknowledged]:
        """NotAcknowledged means: refuse the INVITE with 5xx."""
        if self._open is None or self._settled:
            return []
        if self._give_up_at <= now:
            self._open = None
            return [NotAcknowledged()]
        if self._repeat_at <= now:
            self._gap *= 2
            self._repeat_at = now + self._gap
            return [self._open]
        return []


class ReceivedOrder:
    """Which reliable provisional responses of one early dialog count (section 4)."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def admit(self, number: int) -> bool:
        """Whether this one is next. Copies are not acknowledged anew: the PRACK is repeated by its
        own transaction. One that has overtaken another comes again."""
        if self._last and number != self._last + 1:
            return False
        self._last = number
        return True
