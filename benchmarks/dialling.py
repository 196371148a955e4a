"""Callers: INVITE, 401, ACK, INVITE with digest, 100, 180, 200, ACK, BYE, 200.

A message out of this order, of another dialog, with another tag or said twice is noticed.
"""

from benchmarks.ground import RUN, T1, Footing
from benchmarks.office import REALM, password
from benchmarks.pair import Calling, Desk, Pair
from benchmarks.sip import (
    CALL_ID,
    CONTACT,
    CSEQ,
    FROM,
    RECORD_ROUTE,
    TO,
    Credential,
    Place,
    enclosed,
    field,
    fields,
    key_of,
    place_of,
)


class Dialling:
    """The callers of one socket.

    offer          their session description
    is_challenged  whether the switch has to ask who they are
    """

    def __init__(
        self, ground: Footing, server: Place, offer: bytes, desk: Desk, *, is_challenged: bool
    ) -> None:
        self.door = ground.open(self.hear)
        self._server = b"%b:%d" % (server[0].encode(), server[1])
        self._offer = offer
        self._desk = desk
        self._outcome = desk.outcome
        self._is_challenged = is_challenged
        self._calls = 0
        self._pairs: dict[bytes, Pair] = {}
        self._credentials: dict[str, Credential] = {}
        self._tails: dict[str, bytes] = {}

    def add(self, pair: Pair) -> None:
        number = pair.caller
        self._credentials[number] = Credential(number, REALM, password(number))
        self._tails[number] = (
            b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\nUser-Agent: softswitch benchmark\r\n"
            b"Contact: <sip:%b@%b>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b"
        ) % (number.encode(), self.door.name, len(self._offer), self._offer)

    def call(self, pair: Pair, now: float) -> None:
        self._calls += 1
        number = pair.caller.encode()
        pair.call_id = b"%b%b-%d" % (RUN, number, self._calls)
        pair.from_ = b"<sip:%b@%b>;tag=%b" % (number, self._server, pair.call_id)
        pair.to = pair.ack = b""
        pair.cseq = 0
        pair.step = Calling.INVITED
        pair.placed_at, pair.added = now, 0.0
        self._pairs[pair.call_id] = pair
        self._invite(pair, b"", now)

    def hang_up(self, pair: Pair, now: float) -> None:
        pair.step = Calling.LEAVING
        pair.cseq += 1
        pair.asked = now
        tail = b"User-Agent: softswitch benchmark\r\nContent-Length: 0\r\n\r\n"
        self._send(self._request(pair, b"BYE", pair.target, pair.to, pair.route) + tail)

    def forget(self, pair: Pair) -> None:
        self._pairs.pop(pair.call_id, None)
        pair.step = Calling.FREE
        pair.asked = 0.0

    def hear(self, data: bytes, now: float) -> None:
        pair = self._pairs.get(field(data, CALL_ID))
        if pair is None:
            self._desk.others(data, now)
            return
        self._outcome.received += 1
        cseq = field(data, CSEQ)
        if not data.startswith(b"SIP/2.0 ") or field(data, FROM) != pair.from_:
            self._desk.broken(pair, "a caller heard a message of another dialog")
        elif cseq == b"%d INVITE" % pair.cseq and pair.step < Calling.TALKING:
            self._is_answered(pair, now)
            self._invited(pair, data, now)
        elif cseq == b"%d BYE" % pair.cseq and pair.step is Calling.LEAVING:
            self._is_answered(pair, now)
            self._left(pair, data)
        else:
            self._outcome.retransmissions += 1
            if pair.ack and cseq.endswith(b"INVITE") and not data.startswith(b"SIP/2.0 1"):
                self._send(pair.ack)

    # Inside

    def _is_answered(self, pair: Pair, now: float) -> None:
        if pair.asked and now - pair.asked > T1:
            self._outcome.retransmissions += 1  # a telephone would have asked again
        pair.asked = 0.0

    def _invited(self, pair: Pair, data: bytes, now: float) -> None:
        to = field(data, TO)
        match int(data[8:11]):
            case 100:
                pass
            case 401 | 407 if pair.step is Calling.INVITED:
                self._acknowledge(pair, pair.uri, to)
                proof = self._credentials[pair.caller].answer(data, b"INVITE", pair.uri)
                pair.step = Calling.PROVED
                self._invite(pair, proof, now)
            case 180 if not pair.to or pair.to == to:
                pair.to = to
            case 180:
                self._desk.broken(pair, "a call rang with two tags")
            case 200:
                self._is_up(pair, data, to, now)
            case status:
                self._acknowledge(pair, pair.uri, to)
                self._desk.broken(pair, f"a call was refused with {status}")

    def _is_up(self, pair: Pair, data: bytes, to: bytes, now: float) -> None:
        if self._is_challenged and pair.step is not Calling.PROVED:
            self._desk.broken(pair, "a caller was not asked who it is")
        elif not to or to != pair.to:
            self._desk.broken(pair, "a call was answered with another tag than it rang with")
        else:
            pair.told_caller = place_of(data)
            pair.key = key_of(data)
            pair.target = enclosed(field(data, CONTACT))
            pair.route = b"".join(
                b"Route: %b\r\n" % one for one in reversed(fields(data, RECORD_ROUTE))
            )
            pair.step = Calling.TALKING
            self._acknowledge(pair, pair.target, to, pair.route, b"-ack")
            self._desk.is_up(pair, now)

    def _left(self, pair: Pair, data: bytes) -> None:
        if not data.startswith(b"SIP/2.0 200 ") or field(data, TO) != pair.to:
            status = data[8:11].decode("ascii", "replace")
            self._desk.broken(pair, f"a caller's BYE was answered with {status}")
            return
        self.forget(pair)
        self._desk.is_over(pair)

    def _invite(self, pair: Pair, proof: bytes, now: float) -> None:
        pair.cseq += 1
        pair.asked = now
        request = self._request(pair, b"INVITE", pair.uri, b"<%b>" % pair.uri)
        self._send(request + proof + self._tails[pair.caller])

    def _acknowledge(
        self, pair: Pair, uri: bytes, to: bytes, route: bytes = b"", branch: bytes = b""
    ) -> None:
        request = self._request(pair, b"ACK", uri, to, route, branch)
        pair.ack = request + b"Content-Length: 0\r\n\r\n"
        self._send(pair.ack)

    def _request(
        self,
        pair: Pair,
        method: bytes,
        uri: bytes,
        to: bytes,
        route: bytes = b"",
        branch: bytes = b"",
    ) -> bytes:
        return (
            b"%b %b SIP/2.0\r\nVia: SIP/2.0/UDP %b;rport;branch=z9hG4bK%b-%d%b\r\n"
            b"Max-Forwards: 70\r\n%bFrom: %b\r\nTo: %b\r\nCall-ID: %b\r\nCSeq: %d %b\r\n"
        ) % (
            *(method, uri, self.door.name, pair.call_id, pair.cseq, branch),
            *(route, pair.from_, to, pair.call_id, pair.cseq, method),
        )

    def _send(self, data: bytes) -> None:
        self._outcome.sent += 1
        self.door.send(data)
