"""A stream moves from one engine to another, and its peer notices nothing."""

import msgspec
import pytest

from media.control import (
    Audible,
    Bridge,
    Close,
    Closed,
    Digit,
    Event,
    Lease,
    Leased,
    Open,
    Play,
    Played,
    Silence,
)
from media.handing import HandedOff, HandOff, Regain, TakeOver
from media.measuring import Statistics
from media.rtp import rtcp
from tests.unit.media.bench import FIRST_PORT, Bench, Peer


@pytest.fixture
def here() -> Bench:
    return Bench()


@pytest.fixture
def there() -> Bench:
    """Another engine of the machine, with a range of its own, and its clock."""
    return Bench(first=FIRST_PORT + 1000, guests=2)


def move(peer: Peer, here: Bench, there: Bench) -> list[Event]:
    """Let the stream of `peer` move; return what its old engine says besides."""
    *others, handed = here.do(HandOff(peer.stream))
    assert isinstance(handed, HandedOff)
    assert handed.port == peer.port
    take = TakeOver(handed.stream, handed.port, handed.state, handed.descriptors)
    there.now = max(there.now, here.now)
    assert there.do(take) == []
    peer.visit(there)
    return others


def test_a_moved_stream_is_bridged_there_under_the_same_name(here: Bench, there: Bench) -> None:
    one, two = here.pair()
    three = there.peer(3)
    two.talk(b"\x01" * 160)
    (before,) = one.heard()
    here.advance(0.02)
    move(one, here, there)
    there.do(Bridge(1, 3))
    three.talk(b"\x02" * 160)
    (after,) = one.heard()
    assert after.payload == b"\x02" * 160
    assert after.ssrc == before.ssrc
    assert after.sequence == before.sequence + 1
    assert after.timestamp == before.timestamp + 160
    one.talk(b"\x03" * 160)
    assert [packet.payload for packet in three.heard()] == [b"\x03" * 160]
    assert here.engine.discards == there.engine.discards == {}


def test_what_the_old_partner_says_goes_nowhere(here: Bench, there: Bench) -> None:
    one, two = here.pair()
    two.talk()
    assert one.heard()
    move(one, here, there)
    two.talk()
    assert one.heard() == []


def test_who_was_learnt_stays_learnt(here: Bench, there: Bench) -> None:
    one, _ = here.pair()
    behind_nat = ("10.0.0.1", 61_000)
    one.send(one.packet(b"\x11" * 160), source=behind_nat)
    here.poll()
    move(one, here, there)
    three = there.peer(3)
    there.do(Bridge(1, 3))
    one.send(one.packet(b"\x12" * 160), source=("10.9.9.9", 4000))
    one.send(one.packet(b"\x13" * 160), source=behind_nat)
    there.poll()
    assert [packet.payload for packet in three.heard()] == [b"\x13" * 160]
    three.talk(b"\x14" * 160)
    assert [packet.payload for packet in there.sent_to(behind_nat)] == [b"\x14" * 160]


def test_counts_go_on(here: Bench, there: Bench) -> None:
    one, two = here.pair()
    for _ in range(3):
        one.talk()
        two.talk()
    one.sequence += 1  # lost on the way
    move(one, here, there)
    one.talk()
    (closed,) = there.do(Close(1))
    assert isinstance(closed, Closed)
    assert closed.statistics.received == 4
    assert closed.statistics.sent == 3
    assert closed.statistics.lost == 1
    assert closed.statistics.jitter_ms is not None


def test_reports_go_on_and_say_goodbye_once(here: Bench, there: Bench) -> None:
    one, two = here.pair()
    one.talk()
    two.talk()
    here.advance(4.0)
    move(one, here, there)
    assert there.control_sent_to(one.address) == []
    there.advance(1.1)
    assert len(there.control_sent_to(one.address)) == 1
    here.advance(20.0)
    assert here.control_sent_to(one.address) == []
    there.do(Close(1))
    (last,) = there.control_sent_to(one.address)
    assert rtcp.goodbye(one.engine_ssrc(last)) in last


def test_a_key_held_meanwhile_is_one_press(here: Bench, there: Bench) -> None:
    one, _ = here.pair()
    start = one.timestamp
    one.press(5, duration=160, is_end=False, start=start)
    one.press(5, duration=320, is_end=False, start=start)
    move(one, here, there)
    assert one.press(5, duration=800, is_end=True, start=start) == [Digit(1, "5", 100)]
    assert one.press(5, duration=800, is_end=True, start=start) == []


def test_silence_goes_on_where_it_was(here: Bench, there: Bench) -> None:
    one = here.peer(1)
    (first,) = here.advance(3.1)
    assert isinstance(first, Silence)
    move(one, here, there)
    (second,) = there.advance(7.0)
    assert isinstance(second, Silence)
    assert (round(second.seconds), second.never) == (10, True)
    assert one.talk() == [Audible(1)]
    assert here.advance(100.0) == []


def test_what_plays_ends(here: Bench, there: Bench) -> None:
    one = here.peer(1)
    here.do(Play(1, ("tone:busy",), 7, repeat=True))
    here.advance(0.1)
    assert move(one, here, there) == [Played(1, 7, "stopped")]
    one.heard()
    there.advance(0.1)
    assert one.heard() == []
    there.do(Play(1, ("tone:busy",), 8))
    there.advance(0.1)
    assert len(one.heard()) >= 4


def test_a_guests_port_goes_home_when_it_closes(here: Bench, there: Bench) -> None:
    one = here.peer(1)
    move(one, here, there)
    (closed,) = there.do(Close(1))
    assert isinstance(closed, Closed)
    assert not there.backend.deliver(one.port, b"x", one.address)
    assert here.do(Regain(one.port)) == []
    assert here.do(Lease(1)) == [Leased((one.port,))]
    assert here.do(Regain(one.port)) == []
    assert here.engine.discards == {"port-not-away": 1}


def test_a_stream_comes_home_again(here: Bench, there: Bench) -> None:
    one, two = here.pair()
    move(one, here, there)
    move(one, there, here)
    here.do(Bridge(1, 2))
    two.talk(b"\x22" * 160)
    assert [packet.payload for packet in one.heard()] == [b"\x22" * 160]
    here.do(Close(1))
    assert here.advance(2.5) == [Leased((one.port,))]


def test_more_guests_than_there_is_room_for_are_closed(here: Bench, there: Bench) -> None:
    peers = [here.peer(stream) for stream in (1, 2, 3)]
    move(peers[0], here, there)
    move(peers[1], here, there)
    (handed,) = here.do(HandOff(3))
    assert isinstance(handed, HandedOff)
    take = TakeOver(3, handed.port, handed.state, handed.descriptors)
    assert there.do(take) == [Closed(3, Statistics())]
    assert there.engine.discards == {"not-taken-over": 1}
    there.do(Close(1))
    assert there.do(take) == []


@pytest.mark.parametrize(
    "state", [b"", b"\xc1", msgspec.msgpack.encode({"columns": {}}), b"\x80" * 10]
)
def test_what_is_no_row_is_closed_and_its_seat_is_free(there: Bench, state: bytes) -> None:
    for _ in range(5):
        assert there.do(TakeOver(1, 20_000, state, (20_000, 20_001))) == [Closed(1, Statistics())]
    assert there.do(Open(1, FIRST_PORT + 1000)) == []


def test_a_row_of_another_shape_is_refused(here: Bench, there: Bench) -> None:
    here.peer(1)
    (handed,) = here.do(HandOff(1))
    assert isinstance(handed, HandedOff)
    row = msgspec.msgpack.decode(handed.state)
    row["columns"]["streams"]["ssrc"] = b"\x00"
    take = TakeOver(1, handed.port, msgspec.msgpack.encode(row), handed.descriptors)
    assert there.do(take) == [Closed(1, Statistics())]
    assert there.do(TakeOver(1, handed.port, handed.state, handed.descriptors)) == []


def test_a_stream_that_is_not_there_is_handed_off_as_nothing(here: Bench) -> None:
    assert here.do(HandOff(9)) == [HandedOff(9, 0, b"", ())]
