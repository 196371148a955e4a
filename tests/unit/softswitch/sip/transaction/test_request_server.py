"""Non-INVITE server transaction against RFC 3261, 17.2.2."""

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.transaction.outputs import Discard
from softswitch.sip.transaction.request_server import RequestServer
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import TimerValues
from tests.unit.softswitch.sip.transaction.traffic import TCP, UDP, run


def server(flow: Flow = UDP) -> RequestServer:
    return RequestServer("key", flow, TimerValues())


def test_copies_are_ignored_until_there_is_a_response() -> None:
    assert server().repeat() == [Discard("request-repeated")]


def test_copies_get_the_provisional_and_then_the_final_response() -> None:
    machine = server()
    assert machine.respond(100, b"100", 0.0) == [Transmit(b"100", UDP)]
    assert machine.repeat() == [Transmit(b"100", UDP)]
    assert machine.respond(200, b"200", 1.0) == [Transmit(b"200", UDP)]
    assert machine.repeat() == [Transmit(b"200", UDP)]


def test_over_udp_the_response_is_kept_for_timer_j() -> None:
    machine = server()
    machine.respond(200, b"200", 1.0)
    assert machine.deadline == 33.0
    assert run(machine, until=33.0) == []
    assert machine.state is State.TERMINATED


def test_over_tcp_the_final_response_ends_it() -> None:
    machine = server(TCP)
    machine.respond(200, b"200", 1.0)
    assert machine.state is State.TERMINATED
    assert machine.deadline is None


def test_a_second_final_response_is_discarded() -> None:
    machine = server()
    machine.respond(200, b"200", 1.0)
    assert machine.respond(500, b"500", 1.0) == [Discard("response-after-final")]
    assert machine.repeat() == [Transmit(b"200", UDP)]


def test_a_lost_connection_ends_it_in_silence() -> None:
    machine = server(TCP)
    assert machine.flow_lost() == []
    assert machine.state is State.TERMINATED
