"""Asks a STUN server from where our packets come to it, until it answers."""

from ipaddress import ip_address
from typing import Final, TypeAlias

from msgspec import Struct

from softswitch.transport.stun import ERROR, REQUEST, SUCCESS, Message, parse

INTERVAL: Final = 0.5
"""Seconds from the first request to the second; each further gap is twice as long (RFC 8489,
section 6.2.1)."""

REQUESTS: Final = 7
LAST_WAIT: Final = 16 * INTERVAL
"""Seconds after the last request."""


class Ask(Struct, frozen=True):
    """Send this to the server."""

    data: bytes


class Seen(Struct, frozen=True):
    """The server has seen our request come from there."""

    host: str
    port: int


class Unanswered(Struct, frozen=True):
    """There is nothing to be learnt from this server at present."""

    reason: str


class Ignored(Struct, frozen=True):
    """What came is no answer of ours."""

    slug: str


Output: TypeAlias = Ask | Seen | Unanswered | Ignored


class StunClient:
    """One question. It is over after Seen or Unanswered.

    transaction  12 bytes that nobody can guess
    """

    __slots__ = ("_family", "_interval", "_left", "_transaction", "deadline")

    def __init__(self, transaction: bytes, family: int) -> None:
        """family  4 or 6, of the address that is asked from"""
        self._transaction = transaction
        self._family = family
        self._left = REQUESTS
        self._interval = INTERVAL
        self.deadline: float | None = None

    def begin(self, now: float) -> list[Output]:
        return self._ask(now)

    def receive(self, data: bytes, now: float) -> list[Output]:
        message = parse(data)
        if message is None or message.transaction != self._transaction or self.deadline is None:
            return [Ignored("stun-not-ours")]
        if message.kind == ERROR:
            self.deadline = None
            return [Unanswered(f"the server answers with error {message.error()}")]
        if message.kind != SUCCESS or message.unknown():
            return [Ignored("stun-not-understood")]
        self.deadline = None
        return [self._seen(message)]

    def expire(self, now: float) -> list[Output]:
        if self.deadline is None or now < self.deadline:
            return []
        if self._left:
            return self._ask(now)
        self.deadline = None
        return [Unanswered("the server does not answer")]

    def _ask(self, now: float) -> list[Output]:
        self._left -= 1
        self.deadline = now + (self._interval if self._left else LAST_WAIT)
        self._interval *= 2
        return [Ask(bytes(Message(REQUEST, self._transaction)))]

    def _seen(self, message: Message) -> Output:
        mapped = message.mapped()
        if mapped is None:
            return Unanswered("the server names no address")
        address = ip_address(mapped[0])
        if address.version != self._family or address.is_unspecified or address.is_multicast:
            return Unanswered(f"the server names {address}, which cannot be ours")
        return Seen(*mapped)
