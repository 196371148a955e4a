"""Pairs of telephones that call each other, for benchmarks of calls."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.office import extension, password
from benchmarks.outcome import Outcome
from benchmarks.swarm import Line, Swarm
from softswitch.phone.events import (
    CallRefused,
    Cancelled,
    Complaint,
    Confirmed,
    Connected,
    Ended,
    HungUp,
    Incoming,
    NoAck,
    PhoneOutput,
    Registered,
    RegistrationFailed,
)

ENROLMENT_RATE = 400
"""Registrations a second, before what is measured begins."""

ENROLMENT_PATIENCE = 30.0
"""Seconds beyond what the rate needs."""

Place = tuple[str, int]
"""Address and port where media is expected."""

_CONNECTION = re.compile(rb"^c=IN IP4 (\S+)", re.MULTILINE)
_AUDIO = re.compile(rb"^m=audio (\d+)", re.MULTILINE)


def describe(place: Place) -> bytes:
    """Return the session description of a telephone that knows G.711 and digits."""
    address, port = place
    return (
        f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    ).encode()


def place_of(description: bytes) -> Place:
    """Return where a description wants media; raises ValueError."""
    connection, audio = _CONNECTION.search(description), _AUDIO.search(description)
    if connection is None or audio is None:
        raise ValueError("a description without an address or without audio")
    return connection[1].decode(), int(audio[1])


@dataclass(slots=True, eq=False)
class Pair:
    """Two telephones, and the one call that they have at a time."""

    index: int
    caller: Line
    called: Line
    call: str = ""
    """The caller's name for the call; empty when there is none."""

    incoming: str = ""
    placed_at: float = 0.0
    answered_at: float = 0.0
    added: float = 0.0
    """Seconds that the switch has taken so far, from INVITE to INVITE and from answer to answer."""

    told_caller: Place = ("", 0)
    """Where the caller was told to send its media."""

    told_called: Place = ("", 0)
    is_confirmed: bool = False
    is_hung_up: bool = False
    is_ended: bool = False
    is_broken: bool = False


class Pairs:
    """Calls between pairs: placed when told, answered and ended by a clock.

    count      pairs
    media      where the callers and where the called parties want their media
    ringing    seconds from the INVITE at the called party to its answer
    talking    seconds from the answer to the caller's BYE; None: until `hang_up`
    outcome    takes failures
    connected  is told when a call is up
    ended      is told when a call that went well is over
    """

    def __init__(
        self,
        server: Place,
        count: int,
        media: tuple[Place, Place],
        *,
        ringing: float,
        talking: float | None,
        outcome: Outcome,
        connected: Callable[[Pair], None],
        ended: Callable[[Pair], None],
    ) -> None:
        self.swarm = Swarm(server, self._hear)
        self._descriptions = describe(media[0]), describe(media[1])
        self._ringing = ringing
        self._talking = talking
        self._outcome = outcome
        self._connected = connected
        self._ended = ended
        self._enrolled = 0
        self.pairs = [
            Pair(index, self._line(2 * index), self._line(2 * index + 1)) for index in range(count)
        ]
        self._pair_of = {p.caller.number: p for p in self.pairs}
        self._pair_of |= {p.called.number: p for p in self.pairs}

    def enrol(self) -> None:
        """Register every telephone."""
        lines = [line for pair in self.pairs for line in (pair.caller, pair.called)]
        enrol(self.swarm, lines, lambda: self._enrolled == len(lines))
        if self._enrolled < len(lines) or self._outcome.failures:
            raise RuntimeError(
                f"{self._enrolled} of {len(lines)} registered: {self._outcome.complaints}"
            )

    def place(self, pair: Pair, now: float) -> None:
        if pair.call and not pair.is_broken:
            self._outcome.fail("a call lasted until its telephones were wanted again")
        pair.is_confirmed = pair.is_hung_up = pair.is_ended = pair.is_broken = False
        pair.placed_at, pair.added = now, 0.0
        pair.incoming = ""
        number, offer = pair.called.number, self._descriptions[0]
        pair.call, outputs = pair.caller.phone.call(number, offer, now)
        self.swarm.tell(pair.caller, outputs, now)

    def hang_up(self, pair: Pair, now: float) -> None:
        if pair.call and not pair.is_broken:
            self.swarm.tell(pair.caller, pair.caller.phone.hang_up(pair.call, now), now)

    def close(self) -> None:
        self.swarm.close()

    # Inside

    def _line(self, index: int) -> Line:
        number = extension(index)
        return self.swarm.add(number, password(number))

    def _hear(self, line: Line, event: PhoneOutput, now: float) -> None:
        pair = self._pair_of[line.number]
        match event:
            case Registered():
                self._enrolled += 1
            case Incoming():
                self._rings(pair, event, now)
            case Connected() if line is pair.caller:
                self._is_up(pair, event, now)
            case Confirmed():
                pair.is_confirmed = True
            case HungUp() if line is pair.called:
                pair.is_hung_up = True
                self._finish(pair)
            case Ended(status=200):
                pair.is_ended = True
                self._finish(pair)
            case CallRefused(status=status):
                self._break(pair, f"a call was refused with {status}")
            case RegistrationFailed(status=status):
                self._outcome.fail(f"a registration failed with {status}")
            case Complaint(what=what):
                self._break(pair, what)
            case Ended() | HungUp() | Cancelled() | NoAck():
                self._break(pair, f"unexpected: {type(event).__name__}")
            case _:
                pass

    def _rings(self, pair: Pair, event: Incoming, now: float) -> None:
        if pair.incoming:
            self._break(pair, "one call came in twice")
            return
        pair.added = now - pair.placed_at
        pair.incoming = event.call
        pair.told_called = place_of(event.sdp)
        self.swarm.tell(pair.called, pair.called.phone.ring(event.call, now), now)
        self.swarm.at(now + self._ringing, lambda then: self._answer(pair, event.call, then))

    def _answer(self, pair: Pair, incoming: str, now: float) -> None:
        if pair.is_broken or pair.incoming != incoming:
            return
        pair.answered_at = now
        answer = pair.called.phone.answer(incoming, self._descriptions[1], now)
        self.swarm.tell(pair.called, answer, now)

    def _is_up(self, pair: Pair, event: Connected, now: float) -> None:
        pair.added += now - pair.answered_at
        pair.told_caller = place_of(event.sdp)
        self._connected(pair)
        if self._talking is not None:
            call = event.call

            def end(then: float) -> None:
                if pair.call == call:
                    self.hang_up(pair, then)

            self.swarm.at(now + self._talking, end)

    def _finish(self, pair: Pair) -> None:
        if not (pair.is_ended and pair.is_hung_up) or pair.is_broken:
            return
        pair.call = ""
        if pair.is_confirmed:
            self._ended(pair)
        else:
            self._outcome.fail("a called party never saw its answer confirmed")

    def _break(self, pair: Pair, reason: str) -> None:
        if not pair.is_broken:
            pair.is_broken = True
            self._outcome.fail(reason)


def enrol(swarm: Swarm, lines: list[Line], is_done: Callable[[], bool]) -> None:
    """Register telephones one after the other, not faster than a switch at work would like."""
    now = time.monotonic()
    for index, line in enumerate(lines):

        def register(then: float, line: Line = line) -> None:
            swarm.tell(line, line.phone.register(then), then)

        swarm.at(now + index / ENROLMENT_RATE, register)
    swarm.run(now + len(lines) / ENROLMENT_RATE + ENROLMENT_PATIENCE, is_done)
