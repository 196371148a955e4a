"""Pairs of telephones that call each other, for benchmarks of calls."""

from collections.abc import Callable

from benchmarks.answering import Answering
from benchmarks.dialling import Dialling
from benchmarks.enrolment import Enrolment
from benchmarks.ground import Door, Footing
from benchmarks.office import extension
from benchmarks.outcome import Outcome
from benchmarks.pair import Called, Calling, Pair
from benchmarks.sip import CSEQ, Place, describe, field

SOCKETS = 4
"""Of each side: at so many addresses the switch sees callers, and at so many it calls others."""


class Pairs:
    """Calls between pairs: placed when told, answered and ended by a clock.

    server         where the switch listens
    count          pairs
    media          where the callers and where the called parties want their media
    ringing        seconds from the INVITE at the called party to its answer
    talking        seconds from the answer to the caller's BYE; None: until `hang_up`
    connected      is told when a caller has its answer
    ended          is told when a call that went well is over
    is_challenged  whether the switch has to ask callers who they are
    describe_caller  returns the callers' session description
    """

    def __init__(
        self,
        ground: Footing,
        server: Place,
        count: int,
        media: tuple[Place, Place],
        outcome: Outcome,
        *,
        ringing: float,
        talking: float | None,
        connected: Callable[[Pair], None],
        ended: Callable[[Pair], None],
        is_challenged: bool = True,
        describe_caller: Callable[[Place], bytes] = describe,
    ) -> None:
        self.ground = ground
        self.outcome = outcome
        self._ringing = ringing
        self._talking = talking
        self._connected = connected
        self._ended = ended
        self._enrolment = Enrolment(ground, server, Outcome())
        offer, answer = describe_caller(media[0]), describe(media[1])
        self._dialling = [
            Dialling(ground, server, offer, self, is_challenged=is_challenged)
            for _ in range(SOCKETS)
        ]
        self._answering = [Answering(ground, answer, self) for _ in range(SOCKETS)]
        name = f"{server[0]}:{server[1]}"
        self.pairs: list[Pair] = []
        for index in range(count):
            called = extension(2 * index + 1)
            pair = Pair(index, extension(2 * index), called, f"sip:{called}@{name}".encode())
            self._dialling[index % SOCKETS].add(pair)
            self._answering[index % SOCKETS].add(pair)
            self.pairs.append(pair)

    def enrol(self) -> None:
        """Register every telephone. Raises RuntimeError."""
        telephones = []
        for pair in self.pairs:
            at = pair.index % SOCKETS
            telephones.append(self._enrolment.add(pair.caller, self._dialling[at].door))
            telephones.append(self._enrolment.add(pair.called, self.called_door(pair)))
        self._enrolment.all(telephones)

    def place(self, pair: Pair, now: float) -> None:
        """Let the caller of `pair` call."""
        if pair.call_id:
            self.broken(pair, "a call lasted until its telephones were wanted again")
        self._dialling[pair.index % SOCKETS].call(pair, now)

    def hang_up(self, pair: Pair, now: float) -> None:
        if pair.step is Calling.TALKING:
            self._dialling[pair.index % SOCKETS].hang_up(pair, now)

    def called_door(self, pair: Pair) -> Door:
        """Return the socket of who is called."""
        return self._answering[pair.index % SOCKETS].door

    # What callers and called parties tell

    def rings(self, pair: Pair, now: float) -> None:
        self.ground.at(now + self._ringing, self._answer, (pair, pair.call_id))

    def is_up(self, pair: Pair, now: float) -> None:
        pair.added += now - pair.answered_at
        self._connected(pair)
        if self._talking is not None:
            self.ground.at(now + self._talking, self._end, (pair, pair.call_id))

    def is_over(self, pair: Pair) -> None:
        """One of the two has ended."""
        if pair.call_id and pair.step is Calling.FREE and pair.called_step is Called.FREE:
            pair.call_id = b""
            self._ended(pair)

    def others(self, data: bytes, now: float) -> None:
        """Hear something that belongs to no call that is on: to a registration, or said twice."""
        if field(data, CSEQ).endswith(b" REGISTER"):
            self._enrolment.hear(data, now)
        else:
            self.outcome.received += 1
            self.outcome.retransmissions += 1

    def broken(self, pair: Pair, reason: str) -> None:
        """Count a call as failed, and hear no more of it."""
        if pair.call_id:
            self.outcome.fail(reason)
        self._dialling[pair.index % SOCKETS].forget(pair)
        self._answering[pair.index % SOCKETS].forget(pair)
        pair.call_id = b""

    def _answer(self, ringing: tuple[Pair, bytes], now: float) -> None:
        pair, call = ringing
        if pair.call_id == call and pair.called_step is Called.RINGING:
            self._answering[pair.index % SOCKETS].answer(pair, now)

    def _end(self, talking: tuple[Pair, bytes], now: float) -> None:
        pair, call = talking
        if pair.call_id == call:
            self.hang_up(pair, now)
