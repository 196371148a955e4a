"""Encrypted streams through the engine; the telephones encrypt with sessions of their own."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from media.control import Bridge, Close, Closed, Open, Play, SendDigits
from media.handing import HandedOff, HandOff, TakeOver
from media.measuring import Keys, Statistics
from media.rtp import rtcp
from media.rtp.header import RtpPacket
from media.rtp.srtp import Receiver, Sender
from tests.unit.media.bench import EVENT, FIRST_PORT, Bench, Peer

EIGHTY, THIRTY_TWO = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"
OURS, THEIRS, OTHER = b"A" * 30, b"B" * 30, b"C" * 30


class SafePeer:
    """A telephone that encrypts."""

    def __init__(
        self, bench: Bench, stream: int, suite: str = EIGHTY, codec: str = "PCMU", **more: object
    ) -> None:
        self.bench = bench
        self.keys = Keys(suite, OURS, THEIRS)
        self.plain: Peer = bench.peer(stream, codec, keys=self.keys, **more)
        self.sender, self.receiver = Sender(suite, THEIRS), Receiver(suite, OURS)

    def protected(self, payload: bytes = b"\x11" * 160) -> bytes:
        return self.sender.protect(bytes(self.plain.packet(payload))) or b""

    def talk(self, payload: bytes = b"\x11" * 160) -> None:
        self.plain.send(self.protected(payload))
        self.bench.poll()

    def heard(self) -> list[RtpPacket]:
        """Return what was sent to it; fails for what is not protected with its key."""
        packets = []
        for data in self.bench.datagrams_to(self.plain.address):
            opened = self.receiver.open(data)
            assert opened is not None
            packet = RtpPacket.parse(opened)
            assert packet is not None
            packets.append(packet)
        return packets

    def reports(self) -> list[bytes]:
        opened = map(self.receiver.open_control, self.bench.control_sent_to(self.plain.address))
        return [each for each in opened if each is not None]

    def report(self, data: bytes) -> None:
        address, port = self.plain.address
        self.bench.backend.deliver(self.plain.port + 1, data, (address, port + 1))
        self.bench.poll()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ended(bench: Bench, stream: int) -> Statistics:
    (closed,) = (event for event in bench.do(Close(stream)) if isinstance(event, Closed))
    return closed.statistics


@pytest.mark.parametrize("suite", [EIGHTY, THIRTY_TWO])
@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_speech_passes_between_an_encrypted_and_a_plain_side(
    bench: Bench, suite: str, codec: str
) -> None:
    one, two = SafePeer(bench, 1, suite), bench.peer(2, codec)
    bench.do(Bridge(1, 2))
    said = bytes(range(160))
    for _ in range(3):
        one.talk(said)
        two.talk(said)
        bench.advance(0.02)
    heard, back = two.heard(), one.heard()
    assert len(heard) == len(back) == 3
    assert len(heard[0].payload) == 160
    assert (heard[0].payload == said) is (back[0].payload == said) is (codec == "PCMU")


def test_two_encrypted_sides_have_each_its_own_keys(bench: Bench) -> None:
    one, two = SafePeer(bench, 1), SafePeer(bench, 2, THIRTY_TWO)
    bench.do(Bridge(1, 2))
    one.talk(b"\x22" * 160)
    assert [packet.payload for packet in two.heard()] == [b"\x22" * 160]


def test_prompts_digits_and_reports_are_encrypted_too(bench: Bench) -> None:
    one = SafePeer(bench, 1)
    bench.do(Play(1, ("tone:busy",), token=1, repeat=True))
    bench.advance(0.2)
    assert len(one.heard()) >= 10
    bench.do(SendDigits(1, "5"))
    bench.advance(0.5)
    assert EVENT in {packet.payload_type for packet in one.heard()}
    bench.advance(5.0)
    assert one.heard()
    assert len(one.reports()) == 1
    bench.do(Close(1))
    (goodbye,) = one.reports()
    assert goodbye[-8:-4] == b"\x81\xcb\x00\x01"


def test_what_is_not_authentic_is_dropped_counted_and_no_life(bench: Bench) -> None:
    one, two = SafePeer(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2))
    one.talk()
    again = one.protected()
    forged = again[:-1] + bytes((again[-1] ^ 1,))
    one.plain.send(forged, again, again, bytes(one.plain.packet(b"\x11" * 160)), b"\x80\x00")
    bench.poll()
    assert len(two.heard()) == 2
    statistics = ended(bench, 1)
    assert (statistics.received, statistics.unauthentic, statistics.dropped) == (2, 3, 4)


def test_no_source_is_learnt_from_what_is_not_authentic(bench: Bench) -> None:
    one, two = SafePeer(bench, 1, signalling_address="10.0.0.99"), bench.peer(2)
    bench.do(Bridge(1, 2))
    intruder = ("10.0.0.99", 4444)
    one.plain.send(bytes(one.plain.packet(b"\x00" * 160)), source=intruder)
    bench.poll()
    two.talk()
    assert bench.sent_to(intruder) == []
    assert len(one.heard()) == 1
    one.plain.send(one.protected(), source=intruder)  # the telephone itself, behind its router
    bench.poll()
    two.talk()
    assert len(bench.datagrams_to(intruder)) == 1


def test_a_strangers_packets_are_not_even_opened(bench: Bench) -> None:
    one = SafePeer(bench, 1)
    one.talk()
    one.plain.send(one.protected(), b"\x80\x00" + bytes(200), source=("6.6.6.6", 6))
    bench.poll()
    statistics = ended(bench, 1)
    assert (statistics.dropped, statistics.unauthentic) == (2, 0)


def test_reports_have_to_be_authentic(bench: Bench) -> None:
    one = SafePeer(bench, 1)
    report = rtcp.report(one.plain.ssrc, None, ())
    one.report(report)
    one.report(one.sender.protect_control(report) or b"")
    statistics = ended(bench, 1)
    assert (statistics.dropped, statistics.unauthentic) == (1, 1)


def test_counters_go_on_when_the_same_is_directed_again(bench: Bench) -> None:
    one, two = SafePeer(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2))
    one.plain.sequence = 65_530
    for k in range(20):
        if k % 5 == 0:
            bench.do(bench.direct(one.plain, keys=Keys(EIGHTY, OURS, THEIRS)))
        one.talk()
        two.talk()
        bench.advance(0.02)
    assert len(two.heard()) == len(one.heard()) == 20


def test_a_new_source_of_the_peer_is_heard(bench: Bench) -> None:
    one, two = SafePeer(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2))
    one.talk()
    one.plain.ssrc, one.plain.sequence = 99, 7
    one.talk()
    assert len(two.heard()) == 2


def test_the_peer_may_change_its_key_and_ours_goes_on(bench: Bench) -> None:
    one, two = SafePeer(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2))
    one.talk()
    two.talk()
    bench.do(bench.direct(one.plain, keys=Keys(EIGHTY, OURS, OTHER)))
    one.talk()
    one.sender = Sender(EIGHTY, OTHER)
    one.talk()
    two.talk()
    assert (len(two.heard()), len(one.heard())) == (2, 2)


def test_an_encrypted_stream_that_becomes_plain_is_plain(bench: Bench) -> None:
    one, two = SafePeer(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2), bench.direct(one.plain))
    one.plain.talk()
    two.talk()
    assert len(one.plain.heard()) == len(two.heard()) == 1


def test_keys_that_make_no_sense_direct_nothing(bench: Bench) -> None:
    one, two = bench.peer(1), bench.peer(2, keys=Keys("ROT13", OURS, THEIRS))
    bench.do(Bridge(1, 2))
    one.talk()
    assert two.heard() == []
    assert bench.engine.discards == {"unknown-keys": 1}


def test_a_port_keeps_no_keys_for_its_next_stream(bench: Bench) -> None:
    one = SafePeer(bench, 1)
    one.talk()
    bench.do(Close(1))
    bench.advance(3.0)
    two = bench.peer(2)
    again = Peer(bench, 1, "PCMU")
    again.stream = 11
    bench.do(Open(11, again.port), bench.direct(again), Bridge(11, 2))
    again.talk()
    two.talk()
    assert len(again.heard()) == len(two.heard()) == 1


def test_keys_are_never_shown_and_pass_to_a_worker() -> None:
    direct = Bench.direct(Peer(Bench(), 1, "PCMU"), keys=Keys(EIGHTY, OURS, THEIRS))
    for shown in (repr(direct), str(direct), pretty_repr(direct), f"{direct.keys}"):
        assert EIGHTY in shown
        assert "AAAA" not in shown
        assert "BBBB" not in shown
    packed = msgspec.msgpack.encode(direct)
    assert msgspec.msgpack.decode(packed, type=type(direct)) == direct


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_disturb_an_encrypted_stream(noise: list[bytes]) -> None:
    bench = Bench(rows=2)
    one, two = SafePeer(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2))
    for data in noise:
        one.plain.send(data, bytes(one.plain.packet(data))[:12] + data)
        one.report(data)
    bench.poll()
    assert two.heard() == []
    one.talk()
    assert len(two.heard()) == 1


def test_an_encrypted_stream_that_moves_is_mute_until_it_has_keys_again() -> None:
    here, there = Bench(), Bench(first=FIRST_PORT + 1000, guests=2)
    one = SafePeer(here, 1)
    one.talk()
    (handed,) = here.do(HandOff(1))
    assert isinstance(handed, HandedOff)
    there.do(TakeOver(1, handed.port, handed.state, handed.descriptors))
    there.do(Play(1, ("tone:busy",), token=1, repeat=True))
    there.advance(0.2)
    assert there.datagrams_to(one.plain.address) == []
    there.do(there.direct(one.plain, keys=Keys(EIGHTY, OTHER, THEIRS)))
    there.advance(0.2)
    receiver = Receiver(EIGHTY, OTHER)
    sent = there.datagrams_to(one.plain.address)
    assert sent
    assert None not in map(receiver.open, sent)
