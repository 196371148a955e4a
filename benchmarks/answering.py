"""Called parties: INVITE, 180, 200, ACK, BYE, 200.

A message out of this order, of another dialog, with another tag or said twice is noticed.
"""

from benchmarks.ground import T1, Footing
from benchmarks.pair import Called, Desk, Pair
from benchmarks.sip import CALL_ID, CSEQ, FROM, RECORD_ROUTE, TO, VIA, field, fields, place_of


class Answering:
    """The called parties of one socket.

    answer  their session description
    """

    def __init__(self, ground: Footing, answer: bytes, desk: Desk) -> None:
        self.door = ground.open(self.hear)
        self._body = (b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b") % (
            len(answer),
            answer,
        )
        self._desk = desk
        self._outcome = desk.outcome
        self._numbers: dict[bytes, Pair] = {}
        self._pairs: dict[bytes, Pair] = {}

    def add(self, pair: Pair) -> None:
        self._numbers[pair.called.encode()] = pair

    def answer(self, pair: Pair, now: float) -> None:
        """Take the call that rings."""
        pair.called_step = Called.ANSWERED
        pair.answered_at = pair.called_asked = now
        pair.said = b"SIP/2.0 200 OK\r\n%b%b" % (pair.final, self._body)
        self._send(pair.said)

    def forget(self, pair: Pair) -> None:
        self._pairs.pop(pair.called_id, None)
        pair.called_id = b""
        pair.called_step = Called.FREE

    def hear(self, data: bytes, now: float) -> None:
        call_id = field(data, CALL_ID)
        pair = self._pairs.get(call_id)
        if pair is None and not data.startswith(b"INVITE "):
            self._desk.others(data, now)
            return
        self._outcome.received += 1
        if pair is None:
            self._invited(data, call_id, now)
        elif field(data, FROM) + field(data, TO).partition(b";tag=")[0] != pair.dialog:
            self._desk.broken(pair, "a called party heard a message of another dialog")
        elif data.startswith(b"INVITE "):
            self._outcome.retransmissions += 1
            self._send(pair.said)
        elif b";tag=%b" % pair.called.encode() not in field(data, TO):
            self._desk.broken(pair, "a called party heard another tag than its own")
        elif data.startswith(b"ACK "):
            self._acknowledged(pair, data, now)
        elif data.startswith(b"BYE "):
            self._left(pair, data)
        else:
            self._desk.broken(pair, f"unexpected: {data[:20]!r}")

    # Inside

    def _invited(self, data: bytes, call_id: bytes, now: float) -> None:
        number = data[11 : data.find(b"@")]
        pair = self._numbers.get(number)
        if pair is None or not pair.call_id:
            self._outcome.retransmissions += 1  # of a call that is over
            return
        if pair.called_step is not Called.FREE:
            self._desk.broken(pair, "one call came in twice")
            return
        pair.called_step, pair.called_id = Called.RINGING, call_id
        self._pairs[call_id] = pair
        pair.added = now - pair.placed_at
        pair.told_called = place_of(data)
        pair.dialog = field(data, FROM) + field(data, TO)
        pair.invite_cseq = field(data, CSEQ).partition(b" ")[0]
        pair.final = self._common(data, b";tag=%b" % number) + b"Contact: <sip:%b@%b>\r\n" % (
            number,
            self.door.name,
        )
        pair.said = b"SIP/2.0 180 Ringing\r\n%bContent-Length: 0\r\n\r\n" % pair.final
        self._send(pair.said)
        self._desk.rings(pair, now)

    def _acknowledged(self, pair: Pair, data: bytes, now: float) -> None:
        if pair.called_step > Called.ANSWERED:
            self._outcome.retransmissions += 1
        elif (
            pair.called_step < Called.ANSWERED or field(data, CSEQ) != b"%b ACK" % pair.invite_cseq
        ):
            self._desk.broken(pair, "a called party heard an ACK of something else")
        else:
            self._outcome.retransmissions += now - pair.called_asked > T1
            pair.called_step = Called.TALKING

    def _left(self, pair: Pair, data: bytes) -> None:
        if pair.called_step is not Called.TALKING:
            self._desk.broken(pair, "a called party never saw its answer confirmed")
            return
        if int(field(data, CSEQ).partition(b" ")[0]) <= int(pair.invite_cseq):
            self._desk.broken(pair, "a BYE is not numbered after its INVITE")
            return
        self._send(b"SIP/2.0 200 OK\r\n%bContent-Length: 0\r\n\r\n" % self._common(data, b""))
        self.forget(pair)
        self._desk.is_over(pair)

    def _common(self, data: bytes, tag: bytes) -> bytes:
        """Return what every response to a request has from it."""
        return b"".join(
            [
                *(b"Via: %b\r\n" % via for via in fields(data, VIA)),
                *(b"Record-Route: %b\r\n" % one for one in fields(data, RECORD_ROUTE)),
                b"From: %b\r\nTo: %b%b\r\nCall-ID: %b\r\nCSeq: %b\r\n"
                % (
                    field(data, FROM),
                    field(data, TO),
                    tag,
                    field(data, CALL_ID),
                    field(data, CSEQ),
                ),
            ]
        )

    def _send(self, data: bytes) -> None:
        self._outcome.sent += 1
        self.door.send(data)
