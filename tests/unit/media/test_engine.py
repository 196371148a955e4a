"""Ports, and the deadline that an engine asks for."""

from media.codecs.g711 import Law
from media.control import Close, Closed, Lease, Leased, LeaseFailed, Open, Ping, Play, Pong
from media.engine import LocalEngine
from media.immediate import ImmediateFiles, ImmediateSounds
from media.measuring import Statistics
from media.net import AddressBook, SimulatedBackend
from media.ports import Ports
from media.sounds import Library
from tests.unit.media.bench import Bench


def engine(first: int, last: int, *, occupied: frozenset[int] = frozenset()) -> LocalEngine:
    book = AddressBook()
    return LocalEngine(
        SimulatedBackend(book, occupied=occupied),
        book,
        Ports(first, last),
        ImmediateSounds(Library()),
        ImmediateFiles(),
        random=lambda: 7,
    )


def test_ports_are_leased_in_blocks() -> None:
    local = engine(10000, 10009)
    local.submit(Lease(3))
    assert local.poll(0.0) == [Leased((10000, 10002, 10004))]
    local.submit(Lease(3))
    assert local.poll(0.0) == [Leased((10006, 10008))]
    local.submit(Lease(3))
    assert local.poll(0.0) == [LeaseFailed("the range of ports is used up")]


def test_a_port_of_another_program_is_passed_over() -> None:
    local = engine(10000, 10009, occupied=frozenset({10000, 10004}))
    local.submit(Lease(3))
    assert local.poll(0.0) == [Leased((10002, 10006, 10008))]
    local.submit(Lease(1))
    assert local.poll(0.0) == [LeaseFailed("port 10004: Address already in use")]


def test_a_closed_streams_port_is_leased_anew_by_itself() -> None:
    bench = Bench(quarantine=2.0)
    bench.peer(1)
    bench.do(Close(1))
    assert bench.advance(1.9) == []
    assert bench.advance(0.2) == [Leased((30000,))]
    assert bench.do(Open(2, 30000)) == []


def test_a_stream_on_a_port_that_is_not_leased_is_closed_at_once() -> None:
    bench = Bench()
    assert bench.do(Open(1, 31000)) == [Closed(1, Statistics())]
    assert bench.engine.discards == {"port-not-leased": 1}


def test_a_stream_that_is_open_is_not_opened_again() -> None:
    bench = Bench()
    one = bench.peer(1)
    bench.do(Open(1, 30002))
    assert bench.engine.discards == {"stream-already-open": 1}
    one.talk()
    assert [type(event) for event in bench.do(Close(1))] == [Closed]
    assert bench.do(Open(2, 30002)) == []


def test_what_waits_is_due_at_once_and_nothing_is_due_when_idle() -> None:
    local = engine(10000, 10009)
    assert local.deadline is None
    local.submit(Lease(1))
    assert local.deadline == float("-inf")
    local.poll(0.0)
    assert local.deadline is None


def test_playing_is_due_every_twenty_milliseconds() -> None:
    bench = Bench()
    bench.peer(1, codec=Law.PCMA)
    bench.do(Play(1, ("tone:busy",), token=1, repeat=True))
    due = []
    for _ in range(4):
        deadline = bench.engine.deadline
        assert deadline is not None
        due.append(round(deadline - bench.now, 6))
        bench.advance(deadline - bench.now)
    assert due == [0.02] * 4


def test_a_port_that_is_used_again_knows_nothing_of_the_call_before() -> None:
    bench = Bench(quarantine=1.0)
    one, two = bench.pair()
    for _ in range(3):
        one.talk()
        two.talk()
    bench.do(Close(1), Close(2))
    bench.advance(1.1)
    one.talk()
    one.heard()
    again = bench.peer(1)
    assert bench.advance(2.0) == []
    (closed,) = bench.do(Close(1))
    assert closed == Closed(1, Statistics())
    assert again.heard() == []


def test_an_engine_that_turns_says_so() -> None:
    local = engine(10000, 10009)
    local.submit(Ping(7))
    assert local.poll(0.0) == [Pong(7)]
