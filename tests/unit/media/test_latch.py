"""Whose packets are taken: learn, then lock."""

import pytest

from media.control import Bridge, Close, Closed
from tests.unit.media.bench import Bench, Peer

NAT = ("203.0.113.9", 31000)
STRANGER = ("198.51.100.66", 4000)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def behind_nat(bench: Bench) -> tuple[Peer, Peer]:
    """Return a telephone whose signalling comes from the NAT's address, and its partner."""
    inside = bench.peer(1, signalling_address=NAT[0])
    partner = bench.peer(2)
    bench.do(Bridge(1, 2))
    return inside, partner


def takes(bench: Bench, peer: Peer, partner: Peer, source: tuple[str, int]) -> bool:
    """Return whether a packet of `peer` from `source` reaches its partner."""
    peer.send(peer.packet(b"\x11" * 160), source=source)
    bench.poll()
    return bool(partner.heard())


def reaches(bench: Bench, peer: Peer, partner: Peer, address: tuple[str, int]) -> bool:
    """Return whether what the partner says is sent to `address`."""
    partner.talk()
    return bool(bench.sent_to(address))


def test_until_something_arrives_we_send_as_the_description_says(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    assert reaches(bench, inside, partner, inside.address)


def test_a_nat_is_learnt_where_the_signalling_comes_from(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    assert takes(bench, inside, partner, NAT)
    assert reaches(bench, inside, partner, NAT)
    assert not reaches(bench, inside, partner, inside.address)


def test_a_stranger_is_dropped_counted_and_never_answered(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    for _ in range(50):
        assert not takes(bench, inside, partner, STRANGER)
        bench.advance(0.02)
    assert not reaches(bench, inside, partner, STRANGER)
    (closed,) = bench.do(Close(1))
    assert isinstance(closed, Closed)
    assert closed.statistics.dropped == 50
    assert closed.statistics.received == 0


def test_once_locked_another_port_of_the_same_host_is_a_stranger(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    assert takes(bench, inside, partner, NAT)
    assert not takes(bench, inside, partner, (NAT[0], 31002))


def test_a_source_exactly_as_described_displaces_one_that_was_learnt(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    assert takes(bench, inside, partner, NAT)
    assert takes(bench, inside, partner, inside.address)
    assert reaches(bench, inside, partner, inside.address)
    assert not takes(bench, inside, partner, NAT)


def test_after_silence_a_permitted_source_is_learnt_anew(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    moved = (NAT[0], 32000)
    assert takes(bench, inside, partner, NAT)
    bench.advance(4.9)
    assert not takes(bench, inside, partner, moved)
    bench.advance(0.2)
    assert not takes(bench, inside, partner, STRANGER)
    assert takes(bench, inside, partner, moved)
    assert not takes(bench, inside, partner, NAT)


def test_learning_and_what_follows_may_come_in_one_batch(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    inside.send(*(inside.packet(b"\x11" * 160) for _ in range(3)), source=NAT)
    inside.send(inside.packet(b"\x11" * 160), source=STRANGER)
    bench.poll()
    assert len(partner.heard()) == 3


def test_without_any_address_the_first_source_is_learnt(bench: Bench) -> None:
    unknown, partner = bench.peer(1, address=""), bench.peer(2)
    bench.do(Bridge(1, 2))
    assert not reaches(bench, unknown, partner, unknown.address)
    assert takes(bench, unknown, partner, NAT)
    assert not takes(bench, unknown, partner, STRANGER)
    bench.advance(10.0)
    assert not takes(bench, unknown, partner, STRANGER)


def test_without_latching_only_the_description_counts(bench: Bench) -> None:
    fixed = bench.peer(1, latch=False, signalling_address=NAT[0])
    partner = bench.peer(2)
    bench.do(Bridge(1, 2))
    assert not takes(bench, fixed, partner, NAT)
    assert takes(bench, fixed, partner, fixed.address)


def test_the_same_direct_again_keeps_what_was_learnt(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    assert takes(bench, inside, partner, NAT)
    bench.do(bench.direct(inside, signalling_address=NAT[0], sends=True))
    assert reaches(bench, inside, partner, NAT)


def test_a_new_address_is_learnt_at_once(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    assert takes(bench, inside, partner, NAT)
    inside.address = ("10.0.0.77", 6000)
    bench.do(bench.direct(inside))
    assert reaches(bench, inside, partner, inside.address)
    assert takes(bench, inside, partner, inside.address)
    assert not takes(bench, inside, partner, NAT)


def test_ipv6_peers_are_told_apart_too(bench: Bench) -> None:
    six, partner = bench.peer(1, address="2001:db8::1"), bench.peer(2)
    bench.do(Bridge(1, 2))
    assert takes(bench, six, partner, ("2001:db8::1", 4000))
    assert not takes(bench, six, partner, ("2001:db8::2", 4000))
    assert reaches(bench, six, partner, ("2001:db8::1", 4000))


def test_a_packet_of_a_foreign_kind_teaches_nothing(bench: Bench) -> None:
    inside, partner = behind_nat(bench)
    inside.send(inside.packet(b"x" * 160)._replace(payload_type=98), source=NAT)
    bench.poll()
    assert reaches(bench, inside, partner, inside.address)
