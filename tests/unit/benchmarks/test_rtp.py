"""The two sides speak to each other directly here: there is no switch between them."""

from collections.abc import Iterator

import pytest

from benchmarks.rtp import Side, Speech
from benchmarks.wire import Datagrams, sockaddr, udp_socket

PACKETS = 3


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    a, b = Side(1, seed=1), Side(1, seed=2)
    a.connect(0, ("127.0.0.1", b.port))
    b.connect(0, ("127.0.0.1", a.port))
    yield a, b
    a.close()
    b.close()


def test_what_arrives_as_it_was_sent_is_no_fault(sides: tuple[Side, Side]) -> None:
    a, b = sides
    speech = Speech()
    for tick in range(PACKETS):
        a.speak(tick, 0, 1)
    assert b.listen(a, speech) == PACKETS
    assert (speech.received, speech.wrong, speech.out_of_order, speech.renumbered) == (
        PACKETS,
        0,
        0,
        0,
    )
    assert a.sent == PACKETS


def test_a_packet_of_another_leg_is_wrong(sides: tuple[Side, Side]) -> None:
    a, b = sides
    speech = Speech()
    a.speak(0, 0, 1)
    b.listen(b, speech)  # compared with what it says itself
    assert speech.wrong == 1


def test_a_packet_that_overtakes_is_taken_as_out_of_order(sides: tuple[Side, Side]) -> None:
    a, b = sides
    speech = Speech()
    for tick in (1, 0):
        a.speak(tick, 0, 1)
        b.listen(a, speech)
    assert (speech.received, speech.out_of_order) == (2, 1)


def test_a_repeated_packet_is_out_of_order(sides: tuple[Side, Side]) -> None:
    a, b = sides
    speech = Speech()
    a.speak(5, 0, 1)
    b.listen(a, speech)
    a.speak(5, 0, 1)
    b.listen(a, speech)
    assert speech.out_of_order == 1


def test_sequence_numbers_wrap_without_a_fault(sides: tuple[Side, Side]) -> None:
    a, b = sides
    speech = Speech()
    for tick in (65534, 65535, 65536, 65537):
        a.speak(tick, 0, 1)
        b.listen(a, speech)
    assert (speech.received, speech.out_of_order, speech.renumbered) == (4, 0, 0)


def test_packets_of_strangers_are_not_counted(sides: tuple[Side, Side]) -> None:
    a, b = sides
    stranger, speech = udp_socket(), Speech()
    datagrams = Datagrams(1)
    datagrams.lengths[:] = 172
    datagrams.addresses[:] = list(sockaddr("127.0.0.1", b.port))
    assert datagrams.send(stranger, 1) == 1
    assert b.listen(a, speech) == 1
    assert speech.received == 0
    stranger.close()


def test_rtp_has_an_even_port(sides: tuple[Side, Side]) -> None:
    assert [side.port % 2 for side in sides] == [0, 0]
