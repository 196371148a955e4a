"""Non-INVITE client transaction against RFC 3261, 17.1.2."""

from collections.abc import Callable

import pytest

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.transaction.outputs import (
    Discard,
    Failed,
    ResponseArrived,
    TimedOut,
)
from softswitch.sip.transaction.request_client import RequestClient
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import TimerValues
from tests.unit.softswitch.sip.transaction.traffic import TCP, UDP, answer, outgoing, run

MakeClient = Callable[..., RequestClient]
BYE = outgoing("BYE")


@pytest.fixture
def client() -> MakeClient:
    """Start a BYE at t=0."""

    def start(flow: Flow = UDP) -> RequestClient:
        machine = RequestClient("branch", "BYE", flow, b"BYE", TimerValues())
        assert machine.start(0.0) == [Transmit(b"BYE", flow)]
        return machine

    return start


def test_over_udp_gaps_double_up_to_t2_until_timer_f(client: MakeClient) -> None:
    times = (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
    assert run(client(), until=99.0) == [
        *((t, Transmit(b"BYE", UDP)) for t in times),
        (32.0, TimedOut("branch")),
    ]


def test_over_tcp_it_is_sent_once(client: MakeClient) -> None:
    assert run(client(TCP), until=99.0) == [(32.0, TimedOut("branch"))]


def test_after_a_provisional_response_gaps_are_t2(client: MakeClient) -> None:
    machine, trying = client(), answer(BYE, 100)
    assert machine.receive(trying, UDP, 0.1) == [ResponseArrived(trying, UDP, "branch")]
    assert machine.state is State.PROCEEDING
    assert [t for t, _ in run(machine, until=13.0)] == [0.5, 4.5, 8.5, 12.5]


def test_the_final_response_is_delivered_once_and_copies_absorbed(client: MakeClient) -> None:
    machine, ok = client(), answer(BYE, 200)
    assert machine.receive(ok, UDP, 1.0) == [ResponseArrived(ok, UDP, "branch")]
    assert machine.state is State.COMPLETED
    assert machine.receive(ok, UDP, 1.5) == [Discard("response-repeated")]
    assert machine.data == b""
    assert run(machine, until=6.0) == []
    assert machine.deadline is None


def test_over_tcp_the_final_response_ends_it(client: MakeClient) -> None:
    machine = client(TCP)
    machine.receive(answer(BYE, 481), TCP, 1.0)
    assert machine.state is State.TERMINATED


def test_a_lost_connection_fails_it(client: MakeClient) -> None:
    machine = client(TCP)
    assert machine.flow_lost() == [Failed("branch")]
    assert machine.state is State.TERMINATED
