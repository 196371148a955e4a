"""INVITE client transaction against RFC 3261, 17.1.1, and RFC 6026."""

from collections.abc import Callable

import pytest

from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import Header, Request, parse
from softswitch.sip.transaction.invite_client import InviteClient
from softswitch.sip.transaction.outputs import (
    Discard,
    Failed,
    ResponseArrived,
    TimedOut,
)
from softswitch.sip.transaction.state import State
from softswitch.sip.transaction.timers import TimerValues
from tests.unit.softswitch.sip.transaction.traffic import TCP, UDP, answer, outgoing, run

MakeClient = Callable[..., InviteClient]

INVITE = outgoing("INVITE", ((Header.ROUTE, "<sip:a;lr>, <sip:b;lr>"),))
INVITE.prepend(Header.VIA, "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1")
DATA = INVITE.to_bytes()


@pytest.fixture
def client() -> MakeClient:
    """Start an INVITE at t=0."""

    def start(flow: Flow = UDP) -> InviteClient:
        machine = InviteClient("z9hG4bK1", flow, INVITE, DATA, TimerValues())
        assert machine.start(0.0) == [Transmit(DATA, flow)]
        return machine

    return start


def test_over_udp_it_is_retransmitted_with_doubling_gaps(client: MakeClient) -> None:
    sent = run(client(), until=31.9)
    assert sent == [(t, Transmit(DATA, UDP)) for t in (0.5, 1.5, 3.5, 7.5, 15.5, 31.5)]


def test_over_tcp_it_is_never_retransmitted(client: MakeClient) -> None:
    assert run(client(TCP), until=31.9) == []


def test_silence_times_out_after_64_t1(client: MakeClient) -> None:
    machine = client(TCP)
    assert run(machine, until=60.0) == [(32.0, TimedOut("z9hG4bK1"))]
    assert machine.state is State.TERMINATED


def test_a_provisional_response_stops_timers_a_and_b(client: MakeClient) -> None:
    machine, ringing = client(), answer(INVITE, 180)
    assert machine.receive(ringing, UDP, 0.2) == [ResponseArrived(ringing, UDP, "z9hG4bK1")]
    assert machine.state is State.PROCEEDING
    assert run(machine, until=3600.0) == []


def test_a_2xx_and_its_copies_and_forks_are_delivered_until_timer_m(client: MakeClient) -> None:
    machine = client()
    for now, tag in ((1.0, "a"), (1.5, "a"), (5.0, "b")):
        ok = answer(INVITE, 200, to_tag=tag)
        assert machine.receive(ok, UDP, now) == [ResponseArrived(ok, UDP, "z9hG4bK1")]
    assert machine.state is State.ACCEPTED
    assert run(machine, until=32.9) == []
    run(machine, until=33.0)
    assert machine.deadline is None


def test_accepted_outlives_tcp_too(client: MakeClient) -> None:
    machine = client(TCP)
    machine.receive(answer(INVITE, 200), TCP, 1.0)
    assert machine.deadline == 33.0


@pytest.mark.parametrize("status", [302, 404, 503, 603])
def test_a_failure_is_acknowledged_each_time_it_comes(client: MakeClient, status: int) -> None:
    machine, failure = client(), answer(INVITE, status)
    ack, arrived = machine.receive(failure, UDP, 1.0)
    assert arrived == ResponseArrived(failure, UDP, "z9hG4bK1")
    assert machine.receive(failure, UDP, 2.0) == [ack]
    assert machine.state is State.COMPLETED
    assert run(machine, until=33.0) == []
    assert machine.deadline is None


def test_the_ack_of_a_failure_follows_the_invite(client: MakeClient) -> None:
    ack, _ = client().receive(answer(INVITE, 404, to_tag="t"), UDP, 1.0)
    assert isinstance(ack, Transmit)
    request = parse(ack.data)
    assert isinstance(request, Request)
    assert (request.method, request.uri) == ("ACK", INVITE.uri)
    assert request.values(Header.VIA) == INVITE.values(Header.VIA)
    assert request.first(Header.CSEQ) == "7 ACK"
    assert request.to().tag == "t"
    assert request.first(Header.FROM) == INVITE.first(Header.FROM)
    assert request.first(Header.CALL_ID) == INVITE.first(Header.CALL_ID)
    assert request.values(Header.ROUTE) == ["<sip:a;lr>", "<sip:b;lr>"]


def test_over_tcp_a_failure_ends_it_at_once(client: MakeClient) -> None:
    machine = client(TCP)
    machine.receive(answer(INVITE, 486), TCP, 1.0)
    assert machine.state is State.TERMINATED
    assert machine.deadline is None


def test_it_lets_go_of_the_request_with_the_final_response(client: MakeClient) -> None:
    machine = client()
    machine.receive(answer(INVITE, 200), UDP, 1.0)
    assert machine.invite is None
    assert machine.data == b""
    assert machine.lingers == 32.0


@pytest.mark.parametrize(("first", "then"), [(200, 180), (200, 486), (486, 200), (486, 180)])
def test_what_does_not_fit_the_state_is_discarded(
    client: MakeClient, first: int, then: int
) -> None:
    machine = client()
    machine.receive(answer(INVITE, first), UDP, 1.0)
    assert machine.receive(answer(INVITE, then), UDP, 1.1) == [Discard("response-out-of-state")]


def test_a_cancel_waits_for_a_provisional_response(client: MakeClient) -> None:
    machine = client()
    assert machine.cancel((("Reason", "SIP;cause=200"),))
    assert machine.take_cancel(0.1) is None
    machine.receive(answer(INVITE, 100), UDP, 0.2)
    cancel = machine.take_cancel(0.2)
    assert cancel is not None
    assert cancel.method == "CANCEL"
    assert cancel.first(Header.CSEQ) == "7 CANCEL"
    assert cancel.values(Header.VIA) == INVITE.values(Header.VIA)
    assert cancel.first(Header.TO) == INVITE.first(Header.TO)
    assert cancel.values(Header.ROUTE) == ["<sip:a;lr>", "<sip:b;lr>"]
    assert cancel.first(Header.REASON) == "SIP;cause=200"


def test_there_is_one_cancel_at_most(client: MakeClient) -> None:
    machine = client()
    machine.receive(answer(INVITE, 180), UDP, 0.2)
    assert machine.cancel(())
    assert not machine.cancel(())
    assert machine.take_cancel(0.3) is not None
    assert machine.take_cancel(0.4) is None
    assert not machine.cancel(())


def test_a_cancelled_invite_without_final_response_ends_64_t1_later(client: MakeClient) -> None:
    machine = client()
    machine.receive(answer(INVITE, 180), UDP, 10.0)
    machine.cancel(())
    machine.take_cancel(20.0)
    machine.receive(answer(INVITE, 180), UDP, 21.0)
    assert run(machine, until=99.0) == [(52.0, TimedOut("z9hG4bK1"))]


def test_after_the_final_response_there_is_nothing_to_cancel(client: MakeClient) -> None:
    machine = client()
    machine.receive(answer(INVITE, 200), UDP, 1.0)
    assert not machine.cancel(())


def test_a_lost_connection_fails_it_once(client: MakeClient) -> None:
    machine = client(TCP)
    assert machine.flow_lost() == [Failed("z9hG4bK1")]
    assert machine.state is State.TERMINATED
