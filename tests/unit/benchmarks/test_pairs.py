"""A pair that calls, over against a switch that is one socket, answered by hand."""

import socket
import time
from collections.abc import Iterator

import pytest

from benchmarks.ground import Ground
from benchmarks.outcome import Outcome
from benchmarks.pair import Pair
from benchmarks.pairs import Pairs
from benchmarks.sip import CALL_ID, CSEQ, FROM, TO, VIA, describe, field

CHALLENGE = b'WWW-Authenticate: Digest realm="softswitch", nonce="n", algorithm=MD5, qop="auth"\r\n'
SDP = b"Content-Type: application/sdp\r\n"


class Desk:
    """Both sides of a switch between the two telephones of a pair."""

    def __init__(self, *, is_challenged: bool = True) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(2.0)
        self.outcome = Outcome()
        self.connected: list[Pair] = []
        self.ended: list[Pair] = []
        self.ground = Ground(self.socket.getsockname())
        self.pairs = Pairs(
            self.ground,
            self.socket.getsockname(),
            1,
            (("127.0.0.1", 6000), ("127.0.0.1", 6002)),
            self.outcome,
            ringing=0.0,
            talking=None,
            connected=self.connected.append,
            ended=self.ended.append,
            is_challenged=is_challenged,
        )
        self.pair = self.pairs.pairs[0]
        self.caller = ("", 0)

    def place(self) -> bytes:
        """Let the caller call; return its INVITE."""
        self.pairs.place(self.pair, time.monotonic())
        invite, self.caller = self.socket.recvfrom(65535)
        return invite

    def tell(self, data: bytes) -> bytes:
        """Send a message to the caller; return what it says to it, or nothing."""
        return self._send(data, self.caller)

    def ring(self) -> bytes:
        """Call the other telephone; return its 180."""
        return self.ask(b"INVITE", 1, body=describe(("127.0.0.1", 6000)))

    def ask(self, method: bytes, cseq: int, *, to: bytes = b"", body: bytes = b"") -> bytes:
        """Send a request to the called telephone; return what it says to it, or nothing."""
        door = self.pairs.called_door(self.pair)
        request = (
            b"%b sip:10001@there SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bK%b\r\n"
            b"From: <sip:10000@us>;tag=u\r\nTo: %b\r\nCall-ID: theirs\r\nCSeq: %d %b\r\n\r\n%b"
        ) % (method, method, to or b"<sip:10001@us>", cseq, method, body)
        return self._send(request, (door.host, door.port))

    def next(self) -> bytes:
        """Return what is said next."""
        self.run()
        return self.socket.recv(65535)

    def run(self) -> None:
        self.ground.run(time.monotonic() + 0.01, lambda: False)

    def connect(self) -> bytes:
        """Bring a call up, as far as its caller is concerned; return its ACK."""
        invite = self.place()
        self.tell(answer(invite, b"401 Unauthorized", CHALLENGE))
        proved = self.socket.recv(65535)
        self.ring()
        self.next()  # its 200
        self.tell(answer(proved, b"180 Ringing"))
        contact = SDP + b"Contact: <sip:us>\r\n"
        return self.tell(answer(proved, b"200 OK", contact, describe(("127.0.0.1", 6002))))

    def _send(self, data: bytes, to: tuple[str, int]) -> bytes:
        self.socket.sendto(data, to)
        self.run()
        self.socket.settimeout(0.0)
        try:
            return self.socket.recv(65535)
        except BlockingIOError:
            return b""
        finally:
            self.socket.settimeout(2.0)


def answer(
    request: bytes, status: bytes, headers: bytes = b"", body: bytes = b"", tag: bytes = b"s"
) -> bytes:
    return (
        b"SIP/2.0 %b\r\nVia: %b\r\nFrom: %b\r\nTo: %b;tag=%b\r\nCall-ID: %b\r\nCSeq: %b\r\n%b\r\n%b"
    ) % (
        *(status, field(request, VIA), field(request, FROM), field(request, TO), tag),
        *(field(request, CALL_ID), field(request, CSEQ), headers, body),
    )


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.ground.close()
    made.socket.close()


def test_a_challenge_is_acknowledged_and_then_answered(desk: Desk) -> None:
    invite = desk.place()
    ack = desk.tell(answer(invite, b"401 Unauthorized", CHALLENGE))
    assert ack.startswith(b"ACK sip:10001@")
    assert field(ack, VIA) == field(invite, VIA)
    proved = desk.socket.recv(65535)
    assert b'Authorization: Digest username="10000"' in proved
    assert field(proved, CSEQ) == b"2 INVITE"


def test_a_whole_call_is_one_unit(desk: Desk) -> None:
    assert desk.connect().startswith(b"ACK sip:us ")
    ours = b"<sip:10001@us>;tag=10001"
    desk.ask(b"ACK", 1, to=ours)
    assert desk.pair.is_up
    assert desk.connected == [desk.pair]
    assert (desk.pair.told_called, desk.pair.told_caller) == (
        ("127.0.0.1", 6000),
        ("127.0.0.1", 6002),
    )
    desk.pairs.hang_up(desk.pair, time.monotonic())
    bye = desk.next()
    assert bye.startswith(b"BYE sip:us ")
    assert field(bye, TO).endswith(b";tag=s")
    assert desk.ask(b"BYE", 2, to=ours).startswith(b"SIP/2.0 200 ")
    assert desk.ended == []
    desk.tell(answer(bye, b"200 OK").replace(b";tag=s;tag=s", b";tag=s"))
    assert desk.ended == [desk.pair]
    assert (desk.outcome.failures, desk.outcome.retransmissions) == (0, 0)


def test_an_answer_with_another_tag_than_it_rang_with_is_a_failure(desk: Desk) -> None:
    invite = desk.place()
    desk.tell(answer(invite, b"401 Unauthorized", CHALLENGE))
    proved = desk.socket.recv(65535)
    desk.tell(answer(proved, b"180 Ringing"))
    desk.tell(answer(proved, b"200 OK", SDP, describe(("127.0.0.1", 1)), tag=b"another"))
    assert desk.outcome.complaints == ["a call was answered with another tag than it rang with"]


def test_a_caller_that_is_not_asked_who_it_is_is_a_failure(desk: Desk) -> None:
    invite = desk.place()
    desk.tell(answer(invite, b"180 Ringing"))
    desk.tell(answer(invite, b"200 OK", SDP, describe(("127.0.0.1", 1))))
    assert desk.outcome.complaints == ["a caller was not asked who it is"]


def test_a_refusal_is_acknowledged_and_is_a_failure(desk: Desk) -> None:
    invite = desk.place()
    assert desk.tell(answer(invite, b"503 Service Unavailable")).startswith(b"ACK ")
    assert desk.outcome.complaints == ["a call was refused with 503"]


def test_an_answer_that_is_said_again_is_counted_and_confirmed_again(desk: Desk) -> None:
    ack = desk.connect()
    cseq = b"2 INVITE"
    again = (b"SIP/2.0 200 OK\r\nFrom: %b\r\nTo: %b\r\nCall-ID: %b\r\nCSeq: %b\r\n\r\n") % (
        desk.pair.from_,
        desk.pair.to,
        desk.pair.call_id,
        cseq,
    )
    assert desk.tell(again) == ack
    assert (desk.outcome.failures, desk.outcome.retransmissions) == (0, 1)


def test_an_invite_that_is_said_again_is_counted_and_answered_again(desk: Desk) -> None:
    desk.place()
    first = desk.ring()
    desk.next()
    assert first.startswith(b"SIP/2.0 180 ")
    assert desk.ring().startswith(b"SIP/2.0 200 ")
    assert (desk.outcome.failures, desk.outcome.retransmissions) == (0, 1)


def test_a_bye_before_the_ack_is_a_failure(desk: Desk) -> None:
    desk.place()
    desk.ring()
    desk.next()
    desk.ask(b"BYE", 2, to=b"<sip:10001@us>;tag=10001")
    assert desk.outcome.complaints == ["a called party never saw its answer confirmed"]


def test_a_request_with_another_tag_than_the_telephones_own_is_a_failure(desk: Desk) -> None:
    desk.place()
    desk.ring()
    desk.ask(b"ACK", 1, to=b"<sip:10001@us>;tag=x")
    assert desk.outcome.complaints == ["a called party heard another tag than its own"]


def test_a_call_that_does_not_end_before_the_next_is_a_failure(desk: Desk) -> None:
    desk.place()
    desk.place()
    assert desk.outcome.complaints == ["a call lasted until its telephones were wanted again"]
