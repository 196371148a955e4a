"""The 2xx that is repeated until its ACK comes (RFC 3261, 13.3.1.4)."""

from softswitch.sip.dialog import NotAcknowledged, UnacknowledgedAnswer
from softswitch.sip.flow import Flow
from softswitch.sip.transaction import TimerValues, Transmit

OK = Transmit(b"200", Flow("tcp", ("192.0.2.1", 5060), ("192.0.2.7", 5080), 1))


def run(answer: UnacknowledgedAnswer, until: float) -> list[tuple[float, object]]:
    log: list[tuple[float, object]] = []
    while (due := answer.deadline) is not None and due <= until:
        log += [(due, output) for output in answer.expire(due)]
    return log


def test_it_is_repeated_with_gaps_up_to_t2_and_given_up_after_64_t1() -> None:
    times = (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
    assert run(UnacknowledgedAnswer(OK, TimerValues(), 0.0), until=99.0) == [
        *((t, OK) for t in times),
        (32.0, NotAcknowledged()),
    ]


def test_the_first_ack_ends_it() -> None:
    answer = UnacknowledgedAnswer(OK, TimerValues(), 0.0)
    assert run(answer, until=2.0) == [(0.5, OK), (1.5, OK)]
    assert answer.acknowledge()
    assert not answer.acknowledge()
    assert run(answer, until=99.0) == []


def test_it_is_given_up_once() -> None:
    answer = UnacknowledgedAnswer(OK, TimerValues(), 0.0)
    assert answer.expire(40.0) == [NotAcknowledged()]
    assert answer.expire(41.0) == []
    assert not answer.acknowledge()


def test_nothing_happens_before_it_is_due() -> None:
    assert UnacknowledgedAnswer(OK, TimerValues(), 0.0).expire(0.4) == []
