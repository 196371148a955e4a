import pytest

from media.control import (
    Bridge,
    Close,
    Closed,
    Command,
    Lease,
    Leased,
    LeaseFailed,
    Open,
    Stop,
    WorkerLost,
)
from media.handing import HandedOff, HandOff, Regain, TakeOver
from media.measuring import Measure, Statistics
from media.worker import GUESTS
from softswitch.calls.ports import LeasedPort
from softswitch.daemon.media_link import BLOCK, FIRST, LOW_WATER, RISE, ROOM, MediaLink
from softswitch.sip.flow import Flow

LOCAL = ("0.0.0.0", 5060)
PEER = Flow("udp", LOCAL, ("198.51.100.7", 5060))
NEIGHBOUR = Flow("udp", LOCAL, ("10.1.1.1", 5060))
OURS = {NEIGHBOUR: "10.0.0.1"}


class Engine:
    def __init__(self) -> None:
        self.submitted: list[Command] = []
        """What was asked of it, but for quality."""

        self.measures: list[float] = []

    def submit(self, command: Command) -> None:
        if isinstance(command, Measure):
            self.measures.append(command.interval)
        else:
            self.submitted.append(command)


@pytest.fixture
def engines() -> list[Engine]:
    return [Engine(), Engine()]


@pytest.fixture
def link(engines: list[Engine]) -> MediaLink:
    link = MediaLink(engines, lambda flow: OURS.get(flow, "192.0.2.1"))
    link.prepare()
    return link


def ports(first: int, count: int = BLOCK) -> Leased:
    return Leased(tuple(range(first, first + 2 * count, 2)))


def test_ports_are_leased_before_they_are_needed(engines: list[Engine], link: MediaLink) -> None:
    assert [engine.submitted for engine in engines] == [[Lease(FIRST)], [Lease(FIRST)]]
    assert link.take("call", PEER) is None


def test_each_engine_measures_quality_once_a_second_and_after_a_restart_too(
    engines: list[Engine], link: MediaLink
) -> None:
    link.restarted(1)
    assert [engine.measures for engine in engines] == [[1.0], [1.0, 1.0]]


def test_a_call_goes_to_the_least_loaded_worker_and_stays_there(link: MediaLink) -> None:
    link.hear(0, ports(10_000))
    link.hear(1, ports(20_000))
    assert link.take("one", PEER) == LeasedPort(0, 1, "192.0.2.1", 10_000)
    assert link.take_beside(0, "one", PEER) == LeasedPort(0, 2, "192.0.2.1", 10_002)
    assert link.take("two", PEER) == LeasedPort(1, 3, "192.0.2.1", 20_000)


def test_a_worker_whose_streams_have_closed_is_chosen_again(link: MediaLink) -> None:
    link.hear(0, ports(10_000))
    link.hear(1, ports(20_000))
    for _ in range(3):
        link.take("one", PEER)
    link.hear(0, Closed(1, Statistics()))
    link.hear(0, Closed(3, Statistics()))
    taken = link.take("two", PEER)
    assert taken is not None
    assert taken.worker == 0
    assert [count["streams"] for count in link.counts()] == [1, 1]


def test_the_next_block_is_asked_for_once_at_the_low_water_mark(
    engines: list[Engine], link: MediaLink
) -> None:
    link.hear(0, ports(10_000, BLOCK))
    for _ in range(BLOCK - LOW_WATER):
        assert link.take_beside(0, "call", PEER)
    assert engines[0].submitted == [Lease(FIRST)]
    for _ in range(LOW_WATER):
        assert link.take_beside(0, "call", PEER)
    assert engines[0].submitted == [Lease(FIRST), Lease(BLOCK)]
    assert link.take_beside(0, "call", PEER) is None


def test_the_mark_rises_with_each_block_until_enough_ports_are_ahead(
    engines: list[Engine], link: MediaLink
) -> None:
    link.hear(0, ports(10_000, LOW_WATER))
    link.take("call", PEER)
    assert engines[0].submitted == [Lease(FIRST), Lease(BLOCK)]
    link.hear(0, ports(20_000, RISE))  # fewer than were asked for: still below the mark
    assert engines[0].submitted == [Lease(FIRST), Lease(BLOCK), Lease(BLOCK)]
    link.hear(0, ports(30_000, BLOCK))
    assert len(engines[0].submitted) == 3


def test_a_worker_without_ports_is_asked_again_when_a_call_finds_none(
    engines: list[Engine], link: MediaLink
) -> None:
    for worker in (0, 1):
        link.hear(worker, LeaseFailed("no port left"))
    assert link.take("one", PEER) is None
    assert link.take("two", PEER) is None
    assert engines[0].submitted == [Lease(FIRST), Lease(BLOCK)]


def test_the_ports_of_a_lost_worker_are_void(engines: list[Engine], link: MediaLink) -> None:
    link.hear(0, ports(10_000))
    assert link.take("one", PEER)
    link.hear(0, WorkerLost("killed"))
    assert link.take("two", PEER) is None
    link.restarted(0)
    link.hear(0, ports(10_000, 1))
    assert link.take("three", PEER) == LeasedPort(0, 2, "192.0.2.1", 10_000)


def test_a_telephone_is_told_the_address_that_it_reaches(link: MediaLink) -> None:
    link.hear(0, ports(10_000))
    outside, inside = link.take("call", PEER), link.take_beside(0, "call", NEIGHBOUR)
    assert outside is not None
    assert inside is not None
    assert (outside.address, inside.address) == ("192.0.2.1", "10.0.0.1")


def test_a_telephone_is_told_another_address_when_there_is_one(link: MediaLink) -> None:
    link.hear(0, ports(10_000))
    before = link.take("call", PEER)
    link.readdress(lambda flow: "203.0.113.9")
    after = link.take("call", PEER)
    assert before is not None
    assert after is not None
    assert (before.address, after.address) == ("192.0.2.1", "203.0.113.9")


def test_a_worker_that_is_nearly_full_is_passed_over(link: MediaLink) -> None:
    link.hear(0, ports(10_000, 3))
    link.hear(1, ports(20_000, ROOM + 5))
    for _ in range(5):
        taken = link.take("call", PEER)
        assert taken is not None
        assert taken.worker == 1


def test_calls_have_both_their_ports_until_all_workers_are_full(link: MediaLink) -> None:
    link.hear(0, ports(10_000, 7))
    link.hear(1, ports(20_000, 5))
    for _ in range(5):  # then a port is left over on each
        taken = link.take("call", PEER)
        assert taken is not None
        assert link.take_beside(taken.worker, "call", PEER)
    assert [count["free"] for count in link.counts()] == [1, 1]


def test_commands_reach_the_engine_of_their_worker(engines: list[Engine], link: MediaLink) -> None:
    link.submit(1, Open(7, 20_000))
    assert engines[1].submitted[-1] == Open(7, 20_000)


# Streams that move


def moved(engines: list[Engine], link: MediaLink) -> tuple[LeasedPort, LeasedPort]:
    """Let a stream of worker 0 move to 1; return its port before and after."""
    link.hear(0, ports(10_000))
    link.hear(1, ports(20_000))
    taken = link.take("call", PEER)
    assert taken is not None
    after = link.move(taken, 1)
    assert after is not None
    for engine in engines:
        engine.submitted.clear()
    return taken, after


HANDED = HandedOff(1, 10_000, b"all of it", (7, 8))
TAKEN = TakeOver(1, 10_000, b"all of it", (7, 8))


def test_a_stream_moves_with_its_port_and_number(engines: list[Engine], link: MediaLink) -> None:
    link.hear(0, ports(10_000))
    link.hear(1, ports(20_000))
    taken = link.take("call", PEER)
    assert taken is not None
    assert link.move(taken, 1) == LeasedPort(1, 1, "192.0.2.1", 10_000)
    assert engines[0].submitted[-1] == HandOff(1)
    assert [count["streams"] for count in link.counts()] == [0, 1]
    link.hear(0, HANDED)
    assert engines[1].submitted[-1] == TAKEN


def test_what_is_asked_of_it_meanwhile_waits(engines: list[Engine], link: MediaLink) -> None:
    moved(engines, link)
    for command in (Bridge(1, 9), Stop(9), Bridge(9, 1), Close(1), Close(9)):
        link.submit(1, command)
    assert engines[1].submitted == [Stop(9)]
    link.hear(0, HANDED)
    assert engines[1].submitted[1:] == [TAKEN, Bridge(1, 9), Bridge(9, 1), Close(1), Close(9)]
    link.submit(1, Stop(1))
    assert engines[1].submitted[-1] == Stop(1)


def test_its_port_goes_home_when_it_closes(engines: list[Engine], link: MediaLink) -> None:
    moved(engines, link)
    link.hear(0, HANDED)
    link.hear(1, Closed(1, Statistics()))
    assert engines[0].submitted == [Regain(10_000)]
    assert [count["streams"] for count in link.counts()] == [0, 0]


def test_a_stream_that_is_back_home_has_nothing_to_send_there(
    engines: list[Engine], link: MediaLink
) -> None:
    _, after = moved(engines, link)
    link.hear(0, HANDED)
    assert link.move(after, 0) == LeasedPort(0, 1, "192.0.2.1", 10_000)
    link.hear(1, HANDED)
    link.hear(0, Closed(1, Statistics()))
    assert engines[0].submitted == [TAKEN]


def test_a_stream_under_way_does_not_move_on(engines: list[Engine], link: MediaLink) -> None:
    _, after = moved(engines, link)
    assert link.move(after, 0) is None


def test_two_streams_that_move_are_joined_when_both_are_there(
    engines: list[Engine], link: MediaLink
) -> None:
    moved(engines, link)
    second = link.take_beside(0, "call", PEER)
    assert second is not None
    link.move(second, 1)
    link.submit(1, Bridge(1, 2))
    link.hear(0, HANDED)
    assert engines[1].submitted == [TAKEN]
    link.hear(0, HandedOff(2, 10_002, b"", (9, 10)))
    assert engines[1].submitted[-1] == Bridge(1, 2)


def test_a_worker_takes_no_more_guests_than_it_has_room_for(
    engines: list[Engine], link: MediaLink
) -> None:
    link.hear(0, ports(10_000, GUESTS + 1))
    taken = [link.take_beside(0, "call", PEER) for _ in range(GUESTS + 1)]
    assert all(port is not None and link.move(port, 1) for port in taken[:-1])
    assert taken[-1] is not None
    assert link.move(taken[-1], 1) is None


def test_a_stream_whose_worker_dies_while_it_moves_is_asked_for_in_vain(
    engines: list[Engine], link: MediaLink
) -> None:
    moved(engines, link)
    link.submit(1, Bridge(1, 9))
    link.hear(0, WorkerLost("killed"))
    assert engines[1].submitted == [TakeOver(1, 10_000, b"", ()), Bridge(1, 9)]
    link.hear(1, Closed(1, Statistics()))
    assert engines[0].submitted == []  # who follows there knows nothing of that port


def test_a_stream_whose_new_worker_dies_while_it_moves_is_closed_at_home(
    engines: list[Engine], link: MediaLink
) -> None:
    moved(engines, link)
    link.hear(1, WorkerLost("killed"))
    link.hear(0, HANDED)
    assert engines[0].submitted == [TAKEN, Close(1)]
    link.hear(0, Closed(1, Statistics()))
    assert engines[0].submitted == [TAKEN, Close(1)]


def test_the_port_of_a_guest_whose_worker_dies_goes_home(
    engines: list[Engine], link: MediaLink
) -> None:
    moved(engines, link)
    link.hear(0, HANDED)
    link.hear(1, WorkerLost("killed"))
    assert engines[0].submitted == [Regain(10_000)]


def test_a_guest_outlives_the_worker_that_it_came_from(
    engines: list[Engine], link: MediaLink
) -> None:
    moved(engines, link)
    link.hear(0, HANDED)
    link.hear(0, WorkerLost("killed"))
    link.hear(1, Closed(1, Statistics()))
    assert engines[0].submitted == []


def test_what_follows_a_bridge_that_waits_is_not_done_before_it(
    engines: list[Engine], link: MediaLink
) -> None:
    moved(engines, link)
    for command in (Bridge(9, 1), Bridge(9, 8), Stop(7)):
        link.submit(1, command)
    assert engines[1].submitted == [Stop(7)]
    link.hear(0, HANDED)
    assert engines[1].submitted == [Stop(7), TAKEN, Bridge(9, 1), Bridge(9, 8)]
