"""INVITE server transaction against RFC 3261, 17.2.1, and RFC 6026."""

import pytest

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import respond
from softswitch.sip.transaction.invite_server import InviteServer
from softswitch.sip.transaction.outputs import (
    AckArrived,
    Discard,
    ServerTimedOut,
)
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import TimerValues
from tests.unit.softswitch.sip.transaction.traffic import TCP, UDP, incoming, run

ACK = incoming("ACK")


def server(flow: Flow = UDP) -> InviteServer:
    return InviteServer("key", flow, TimerValues())


def test_a_repeated_invite_gets_the_last_provisional_response() -> None:
    machine = server()
    assert machine.repeat() == [Discard("invite-repeated")]
    assert machine.respond(100, b"100", 0.0) == [Transmit(b"100", UDP)]
    assert machine.respond(180, b"180", 1.0) == [Transmit(b"180", UDP)]
    assert machine.repeat() == [Transmit(b"180", UDP)]


def test_it_waits_for_its_user_without_a_timer() -> None:
    machine = server()
    machine.respond(180, b"180", 1.0)
    assert machine.deadline is None


def test_a_failure_is_repeated_over_udp_until_timer_h() -> None:
    machine = server()
    assert machine.respond(486, b"486", 0.0) == [Transmit(b"486", UDP)]
    times = (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
    assert run(machine, until=99.0) == [
        *((t, Transmit(b"486", UDP)) for t in times),
        (32.0, ServerTimedOut("key")),
    ]
    assert machine.state is State.TERMINATED


def test_over_tcp_a_failure_is_sent_once_and_still_wants_its_ack() -> None:
    machine = server(TCP)
    machine.respond(486, b"486", 0.0)
    assert run(machine, until=99.0) == [(32.0, ServerTimedOut("key"))]


def test_a_repeated_invite_gets_the_failure_again() -> None:
    machine = server()
    machine.respond(486, b"486", 0.0)
    assert machine.repeat() == [Transmit(b"486", UDP)]


def test_the_ack_confirms_and_its_copies_are_absorbed_for_t4() -> None:
    machine = server()
    machine.respond(486, b"486", 0.0)
    assert machine.acknowledge(ACK, UDP, 1.0) == []
    assert machine.state is State.CONFIRMED
    assert machine.acknowledge(ACK, UDP, 2.0) == [Discard("ack-repeated")]
    assert machine.repeat() == [Discard("invite-repeated")]
    assert run(machine, until=6.0) == []
    assert machine.deadline is None


def test_over_tcp_the_ack_ends_it() -> None:
    machine = server(TCP)
    machine.respond(486, b"486", 0.0)
    machine.acknowledge(ACK, TCP, 1.0)
    assert machine.state is State.TERMINATED


@pytest.mark.parametrize("flow", [UDP, TCP])
def test_after_2xx_it_absorbs_invites_and_leaves_repeating_to_its_user(flow: Flow) -> None:
    machine = server(flow)
    assert machine.respond(200, b"200", 1.0) == [Transmit(b"200", flow)]
    assert machine.state is State.ACCEPTED
    assert machine.repeat() == [Discard("invite-repeated")]
    assert machine.respond(200, b"200", 1.5) == [Transmit(b"200", flow)]
    assert run(machine, until=33.0) == []
    assert machine.deadline is None


def test_an_ack_that_reuses_the_branch_of_an_accepted_invite_goes_up() -> None:
    machine = server()
    machine.respond(200, b"200", 0.0)
    assert machine.acknowledge(ACK, UDP, 1.0) == [AckArrived(ACK, UDP, "key")]
    assert machine.acknowledge(ACK, UDP, 2.0) == [AckArrived(ACK, UDP, "key")]


def test_an_ack_before_any_final_response_means_nothing() -> None:
    assert server().acknowledge(ACK, UDP, 1.0) == [Discard("ack-before-final")]


@pytest.mark.parametrize(("first", "then"), [(200, 486), (200, 180), (486, 200), (486, 180)])
def test_there_is_one_final_response(first: int, then: int) -> None:
    machine = server()
    machine.respond(first, b"first", 0.0)
    assert machine.respond(then, b"then", 1.0) == [Discard("response-after-final")]


def test_it_knows_the_tag_of_its_responses() -> None:
    machine, invite = server(), incoming("INVITE")
    assert machine.to_tag() == ""
    machine.respond(100, respond(invite, 100).to_bytes(), 0.0)
    assert machine.to_tag() == ""
    machine.respond(180, respond(invite, 180, to_tag="ours").to_bytes(), 0.0)
    assert machine.to_tag() == "ours"


def test_a_lost_connection_is_told_while_something_is_owed() -> None:
    machine = server(TCP)
    assert machine.flow_lost() == [ServerTimedOut("key")]
    assert machine.state is State.TERMINATED
