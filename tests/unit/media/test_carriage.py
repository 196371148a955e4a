"""Datagrams that are no RTP: passed on untouched, to whom they belong."""

import pytest

from media.control import Bridge, Carry, Close, Closed, Open, Play, Silence
from tests.unit.media.bench import Bench, Peer

UDPTL = b"\x00\x07\x06\x1a\x3c\x00\x11\x22\x33"
"""A packet as T.38 has it: a sequence number first, which is no RTP version."""


@pytest.fixture
def bench() -> Bench:
    return Bench()


def carrying(bench: Bench, stream: int) -> Peer:
    peer = Peer(bench, stream, "PCMU")
    bench.do(Open(stream, peer.port), Carry(stream, *peer.address))
    return peer


def pair(bench: Bench) -> tuple[Peer, Peer]:
    one, two = carrying(bench, 1), carrying(bench, 2)
    bench.do(Bridge(1, 2))
    return one, two


def test_what_comes_is_passed_on_untouched_in_its_order(bench: Bench) -> None:
    one, two = pair(bench)
    packets = [bytes((0, number)) + UDPTL[2:] for number in range(5)]
    one.send(*packets)
    bench.poll()
    assert bench.datagrams_to(two.address) == packets
    assert bench.datagrams_to(one.address) == []
    two.send(UDPTL, b"\x80" * 172)
    bench.poll()
    assert bench.datagrams_to(one.address) == [UDPTL, b"\x80" * 172]


def test_both_are_counted_and_nothing_unmeasured_is_claimed(bench: Bench) -> None:
    one, _ = pair(bench)
    one.send(UDPTL, UDPTL)
    bench.poll()
    (first,) = bench.do(Close(1))
    (second,) = bench.do(Close(2))
    assert isinstance(first, Closed)
    assert isinstance(second, Closed)
    assert (first.statistics.received, first.statistics.received_bytes) == (2, 2 * len(UDPTL))
    assert first.statistics.jitter_ms is None
    assert (first.statistics.lost, second.statistics.sent) == (0, 2)


def test_strangers_and_endless_datagrams_are_dropped(bench: Bench) -> None:
    one, two = pair(bench)
    one.send(UDPTL)
    one.send(UDPTL, source=("10.9.9.9", 4000))
    one.send(b"x" * 1520)
    bench.poll()
    assert bench.datagrams_to(two.address) == [UDPTL]
    (closed,) = bench.do(Close(1))
    assert isinstance(closed, Closed)
    assert closed.statistics.dropped == 2


def test_a_call_changes_to_fax_and_back(bench: Bench) -> None:
    one, two = bench.pair()
    one.talk()
    assert len(two.heard()) == 1
    bench.do(Carry(1, *one.address), Carry(2, *two.address))
    one.send(UDPTL)
    bench.poll()
    assert bench.datagrams_to(two.address) == [UDPTL]
    bench.do(bench.direct(one), bench.direct(two))
    one.talk()
    assert len(two.heard()) == 1
    one.send(UDPTL)
    bench.poll()
    assert bench.datagrams_to(two.address) == []


def test_a_side_that_still_speaks_rtp_gets_none_of_it(bench: Bench) -> None:
    one, two = bench.pair()
    bench.do(Carry(1, *one.address))
    one.send(UDPTL)
    two.talk()
    assert bench.datagrams_to(two.address) == []
    assert bench.datagrams_to(one.address) == []


def test_in_one_batch_with_rtp_each_goes_its_way(bench: Bench) -> None:
    one, two = pair(bench)
    three, four = bench.peer(3), bench.peer(4)
    bench.do(Bridge(3, 4))
    one.send(UDPTL)
    three.send(three.packet(b"\x11" * 160))
    bench.poll()
    assert bench.datagrams_to(two.address) == [UDPTL]
    assert [packet.payload for packet in four.heard()] == [b"\x11" * 160]


def test_pages_may_take_their_time(bench: Bench) -> None:
    pair(bench)
    assert bench.advance(120.0) == []


def test_a_silent_telephone_that_turns_to_fax_is_no_alarm_any_more(bench: Bench) -> None:
    one, _ = bench.pair()
    assert any(isinstance(event, Silence) for event in bench.advance(3.5))
    bench.do(Carry(1, *one.address), Carry(2, "10.0.0.2", 4000))
    assert bench.advance(60.0) == []


def test_a_prompt_does_not_disturb_it(bench: Bench) -> None:
    one, two = pair(bench)
    bench.do(Play(2, ("tone:busy",), 1))
    bench.advance(0.1)
    one.send(UDPTL)
    bench.poll()
    assert bench.datagrams_to(two.address) == [UDPTL]
