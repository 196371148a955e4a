"""The transaction layer as a whole: matching, CANCEL, limits, time."""

from collections.abc import Sequence

import pytest

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response, parse, respond
from softswitch.sip.transaction import (
    AckArrived,
    CancelArrived,
    Discard,
    Failed,
    Output,
    RequestArrived,
    ResponseArrived,
    ServerTimedOut,
    TimedOut,
    TransactionLayer,
    Transmit,
    listening_address,
)
from tests.unit.softswitch.sip.transaction.traffic import (
    TCP,
    UDP,
    answer,
    incoming,
    outgoing,
    run,
)


def layer(most_live: int = 100) -> TransactionLayer:
    return TransactionLayer(Identifiers(counted()), most_live=most_live)


def arrive(
    switch: TransactionLayer, request: Request, now: float = 0.0, flow: Flow = UDP
) -> RequestArrived:
    (arrived,) = switch.receive(request, flow, now)
    assert isinstance(arrived, RequestArrived)
    return arrived


def sent(outputs: Sequence[Output]) -> list[Request | Response]:
    return [parse(output.data) for output in outputs if isinstance(output, Transmit)]


def statuses(outputs: Sequence[Output]) -> list[int]:
    return [message.status for message in sent(outputs) if isinstance(message, Response)]


# Requests that come in


def test_a_request_arrives_once_and_its_copy_gets_the_same_response() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("OPTIONS"))
    first = switch.respond(arrived.key, respond(arrived.request, 200), 0.0)
    assert switch.receive(incoming("OPTIONS"), UDP, 0.5) == first
    assert statuses(first) == [200]


def test_the_response_goes_where_the_request_came_from() -> None:
    switch = layer()
    flow = Flow("udp", ("192.0.2.1", 5060), ("203.0.113.5", 61000))
    arrived = arrive(switch, incoming("OPTIONS"), flow=flow)
    (response,) = switch.respond(arrived.key, respond(arrived.request, 200), 0.0)
    assert isinstance(response, Transmit)
    assert response.flow == flow
    via = parse(response.data).via()
    assert (via.received, via.rport) == ("203.0.113.5", 61000)


def test_received_is_added_without_rport_when_the_address_is_another() -> None:
    via = "SIP/2.0/UDP 10.0.0.2:5080;branch=z9hG4bKa"
    arrived = arrive(layer(), incoming("OPTIONS", via=via))
    assert arrived.request.via().received == "192.0.2.7"
    assert arrived.request.via().rport is None


@pytest.mark.parametrize(
    "asked",
    [";rport;branch=z9hG4bKa", ";branch=z9hG4bKa;rport", ";branch=z9hG4bKa;RPORT;x=y",
     ";branch=z9hG4bKa;rport=9;received=203.0.113.66", ';x=";rport";branch=z9hG4bKa;rport'],
)  # fmt: skip
def test_rport_is_filled_in_wherever_it_stands(asked: str) -> None:
    via = f"SIP/2.0/UDP 10.0.0.2:5080{asked}"
    seen = arrive(layer(), incoming("OPTIONS", via=via)).request.via()
    assert (seen.received, seen.rport) == ("192.0.2.7", 5080)
    assert seen.branch == "z9hG4bKa"


def test_vias_joined_by_commas_keep_those_below() -> None:
    via = "SIP/2.0/UDP 10.0.0.2;rport;branch=z9hG4bKa, SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKb"
    arrived = arrive(layer(), incoming("OPTIONS", via=via))
    top, below = arrived.request.values(Header.VIA)
    assert top.endswith("rport=5080;branch=z9hG4bKa;received=192.0.2.7")
    assert below == "SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKb"


def test_a_request_without_a_readable_via_is_dropped() -> None:
    assert layer().receive(incoming("OPTIONS", via="nonsense"), UDP, 0.0) == [
        Discard("via-unreadable")
    ]


def test_a_request_that_lacks_everything_else_can_still_be_refused() -> None:
    switch = layer()
    request = parse(b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\n\r\n")
    assert isinstance(request, Request)
    arrived = arrive(switch, request)
    assert statuses(switch.respond(arrived.key, respond(request, 400), 0.0)) == [400]


def test_a_branch_used_again_for_the_next_invite_is_a_new_transaction() -> None:
    switch = layer()
    first = arrive(switch, incoming("INVITE"))
    switch.respond(first.key, respond(first.request, 401, to_tag="t"), 0.0)
    switch.receive(incoming("ACK"), UDP, 0.1)
    second = arrive(switch, incoming("INVITE", cseq="2", sender="<sip:101@x>;tag=new"), 0.2)
    assert second.key != first.key


def test_an_invite_that_also_came_by_another_path_is_refused_with_482() -> None:
    switch = layer()
    first = arrive(switch, incoming("INVITE"))
    copy = incoming("INVITE", via="SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother")
    assert statuses(switch.receive(copy, UDP, 0.1)) == [482]
    switch.respond(first.key, respond(first.request, 486), 0.2)
    arrive(switch, copy, 0.3)


def test_more_transactions_than_allowed_get_503() -> None:
    switch = layer(most_live=1)
    first = arrive(switch, incoming("OPTIONS"))
    other = incoming("OPTIONS", call_id="other")
    outputs = switch.receive(other, UDP, 0.1)
    assert statuses(outputs) == [503]
    assert sent(outputs)[0].first(Header.RETRY_AFTER) is not None
    switch.respond(first.key, respond(first.request, 200), 0.2)
    arrive(switch, other, 0.3)


def test_a_challenge_is_sent_once_and_nothing_is_kept_of_it() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("INVITE"))
    challenge = respond(arrived.request, 401, to_tag="t")
    assert switch.respond_once(arrived.key, challenge) == [Transmit(challenge.to_bytes(), UDP)]
    assert switch.deadline is None
    assert switch.live == 0
    assert switch.receive(ack := incoming("ACK"), UDP, 0.1) == [AckArrived(ack, UDP)]
    arrive(switch, incoming("INVITE"), 0.5)


def test_there_is_no_second_final_response_whichever_way_it_is_sent() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("INVITE"))
    refusal = respond(arrived.request, 403, to_tag="t")
    switch.respond(arrived.key, refusal, 0.0)
    assert switch.respond_once(arrived.key, refusal) == [Discard("response-without-request")]
    assert statuses(switch.expire(0.5)) == [403]


def test_a_request_may_be_dropped_without_an_answer() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("OPTIONS"))
    switch.forget(arrived.key)
    switch.forget("unknown")
    assert switch.live == 0
    arrive(switch, incoming("OPTIONS"), 0.5)


# INVITE and ACK


def test_the_ack_of_a_failure_is_absorbed_and_stops_its_repetition() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("INVITE"))
    switch.respond(arrived.key, respond(arrived.request, 486, to_tag="t"), 0.0)
    assert statuses(switch.expire(0.5)) == [486]
    assert switch.receive(incoming("ACK"), UDP, 0.6) == []
    assert run(switch, until=99.0) == []
    assert switch.live == 0


def test_the_ack_of_a_2xx_arrives_with_its_own_branch_or_the_invites() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("INVITE"))
    switch.respond(arrived.key, respond(arrived.request, 200, to_tag="t"), 0.0)
    own = incoming("ACK", via="SIP/2.0/UDP 192.0.2.7:5080;branch=z9hG4bKnew")
    assert switch.receive(own, UDP, 0.1) == [AckArrived(own, UDP)]
    same = incoming("ACK")
    assert switch.receive(same, UDP, 0.2) == [AckArrived(same, UDP, arrived.key)]


def test_a_failure_that_nobody_acknowledges_is_reported() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("INVITE"), flow=TCP)
    switch.respond(arrived.key, respond(arrived.request, 486), 0.0)
    assert run(switch, until=99.0) == [(32.0, ServerTimedOut(arrived.key))]


# CANCEL that comes in


def test_a_cancel_is_answered_with_the_invites_tag_and_reported() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("INVITE"))
    switch.respond(arrived.key, respond(arrived.request, 180, to_tag="ours"), 0.0)
    cancel = incoming("CANCEL")
    outputs = switch.receive(cancel, UDP, 1.0)
    assert statuses(outputs) == [200]
    assert sent(outputs)[0].to().tag == "ours"
    assert outputs[1:] == [CancelArrived(cancel, UDP, arrived.key)]
    assert switch.receive(incoming("CANCEL"), UDP, 1.5) == outputs[:1]


def test_a_cancel_after_the_final_response_is_answered_and_has_no_effect() -> None:
    switch = layer()
    arrived = arrive(switch, incoming("INVITE"))
    switch.respond(arrived.key, respond(arrived.request, 200, to_tag="ours"), 0.0)
    outputs = switch.receive(incoming("CANCEL"), UDP, 1.0)
    assert statuses(outputs) == [200]
    assert sent(outputs)[0].to().tag == "ours"
    assert len(outputs) == 1


def test_a_cancel_of_nothing_gets_481() -> None:
    outputs = layer().receive(incoming("CANCEL"), UDP, 1.0)
    assert statuses(outputs) == [481]
    assert len(outputs) == 1


# Requests that go out


def test_a_request_gets_our_via_with_a_new_branch() -> None:
    switch, request = layer(), outgoing("OPTIONS")
    branch, outputs = switch.request(request, UDP, 0.0)
    assert request.via().branch == branch == "z9hG4bKa1"
    assert request.first(Header.VIA) == "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKa1"
    assert outputs == [Transmit(request.to_bytes(), UDP)]


def test_a_server_that_has_shown_its_certificate_may_use_our_connection() -> None:
    """RFC 5923: it sees the alias, and reaches our listener by the connection."""
    switch, request = layer(), outgoing("OPTIONS")
    secure = UDP._replace(transport="tls", name="one.example")
    switch.request(request, secure, 0.0)
    assert request.via().parameters.get("alias") == ""
    switch.request(back := outgoing("OPTIONS"), secure._replace(name="", connection=7), 0.0)
    assert "alias" not in back.via().parameters


def test_the_listener_is_named_in_brackets_when_it_is_ipv6() -> None:
    assert listening_address(UDP._replace(local=("2001:db8::1", 5060))) == "[2001:db8::1]:5060"


def test_a_response_comes_back_with_the_branch_of_its_request() -> None:
    switch, request = layer(), outgoing("OPTIONS")
    branch, _ = switch.request(request, UDP, 0.0)
    ok = answer(request, 200)
    assert switch.receive(ok, UDP, 0.1) == [ResponseArrived(ok, UDP, branch)]
    assert switch.receive(ok, UDP, 0.2) == [Discard("response-repeated")]
    switch.expire(10.0)
    assert switch.receive(ok, UDP, 10.0) == [Discard("response-unmatched")]


def test_a_response_for_another_method_matches_nothing() -> None:
    switch, request = layer(), outgoing("OPTIONS")
    switch.request(request, UDP, 0.0)
    request.set(Header.CSEQ, "7 BYE")
    assert switch.receive(answer(request, 200), UDP, 0.1) == [Discard("response-unmatched")]


def test_a_response_that_cannot_be_read_is_dropped() -> None:
    response = parse(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa1\r\n\r\n")
    assert layer().receive(response, UDP, 0.0) == [Discard("response-unreadable")]


@pytest.mark.parametrize("missing", [Header.FROM, Header.TO, Header.CALL_ID])
@pytest.mark.parametrize("is_empty", [False, True])
def test_a_response_without_what_every_one_has_is_as_if_it_had_not_come(
    missing: Header, is_empty: bool
) -> None:
    switch, request = layer(), outgoing("INVITE")
    branch, _ = switch.request(request, UDP, 0.0)
    halved, ok = answer(request, 200), answer(request, 200)
    if is_empty:
        halved.set(missing, "")
    else:
        halved.replace_first(missing, None)
    assert switch.receive(halved, UDP, 0.1) == [Discard("response-incomplete")]
    assert switch.receive(ok, UDP, 0.2) == [ResponseArrived(ok, UDP, branch)]


def test_silence_is_reported_once() -> None:
    switch = layer()
    branch, _ = switch.request(outgoing("OPTIONS"), TCP, 0.0)
    assert run(switch, until=99.0) == [(32.0, TimedOut(branch))]
    assert switch.live == 0


def test_an_ack_is_sent_with_a_via_and_never_again_by_itself() -> None:
    switch, ack = layer(), outgoing("ACK")
    (transmit,) = switch.send(ack, UDP)
    assert transmit == Transmit(ack.to_bytes(), UDP)
    assert ack.via().branch == "z9hG4bKa1"
    assert switch.deadline is None


# CANCEL that goes out


def test_cancel_is_sent_at_once_after_a_provisional_response() -> None:
    switch, invite = layer(), outgoing("INVITE")
    branch, _ = switch.request(invite, UDP, 0.0)
    switch.receive(answer(invite, 180), UDP, 0.1)
    reason = ((Header.REASON, "SIP;cause=200"),)
    (cancel,) = sent(switch.cancel(branch, 1.0, reason))
    assert isinstance(cancel, Request)
    assert cancel.method == "CANCEL"
    assert cancel.via() == invite.via()
    assert cancel.first(Header.REASON) == "SIP;cause=200"


def test_cancel_waits_for_the_provisional_response() -> None:
    switch, invite = layer(), outgoing("INVITE")
    branch, _ = switch.request(invite, UDP, 0.0)
    assert switch.cancel(branch, 0.1) == []
    trying = answer(invite, 100)
    arrived, transmit = switch.receive(trying, UDP, 0.2)
    assert arrived == ResponseArrived(trying, UDP, branch)
    (cancel,) = sent([transmit])
    assert isinstance(cancel, Request)
    assert cancel.method == "CANCEL"


def test_a_final_response_makes_the_waiting_cancel_needless() -> None:
    switch, invite = layer(), outgoing("INVITE")
    branch, _ = switch.request(invite, UDP, 0.0)
    switch.cancel(branch, 0.1)
    ok = answer(invite, 200)
    assert switch.receive(ok, UDP, 0.2) == [ResponseArrived(ok, UDP, branch)]


def test_the_cancels_own_response_is_not_told_and_the_invites_is() -> None:
    switch, invite = layer(), outgoing("INVITE")
    branch, _ = switch.request(invite, UDP, 0.0)
    switch.receive(answer(invite, 180), UDP, 0.1)
    (cancel,) = sent(switch.cancel(branch, 1.0))
    assert isinstance(cancel, Request)
    assert switch.receive(answer(cancel, 200), UDP, 1.1) == []
    terminated = answer(invite, 487)
    ack, arrived = switch.receive(terminated, UDP, 1.2)
    assert isinstance(ack, Transmit)
    assert arrived == ResponseArrived(terminated, UDP, branch)


def test_a_cancel_that_nobody_answers_is_retransmitted_and_ends_the_invite() -> None:
    switch, invite = layer(), outgoing("INVITE")
    branch, _ = switch.request(invite, UDP, 0.0)
    switch.receive(answer(invite, 180), UDP, 0.1)
    switch.cancel(branch, 1.0)
    log = run(switch, until=99.0)
    told = [(t, output) for t, output in log if not isinstance(output, Transmit)]
    assert told == [(33.0, TimedOut(branch))]
    assert [t for t, output in log if isinstance(output, Transmit)][:3] == [1.5, 2.5, 4.5]
    assert switch.live == 0


def test_there_is_nothing_to_cancel_twice_or_after_the_end() -> None:
    switch, invite = layer(), outgoing("INVITE")
    branch, _ = switch.request(invite, UDP, 0.0)
    switch.cancel(branch, 0.1)
    assert switch.cancel(branch, 0.2) == [Discard("nothing-to-cancel")]
    assert switch.cancel("unknown", 0.2) == [Discard("nothing-to-cancel")]


# Ends


def test_a_response_to_a_forgotten_request_is_discarded() -> None:
    switch, request = layer(), incoming("OPTIONS")
    assert switch.respond("unknown", respond(request, 200), 0.0) == [
        Discard("response-without-request")
    ]


def test_a_lost_connection_fails_what_it_carried_and_nothing_else() -> None:
    switch = layer()
    lost, _ = switch.request(outgoing("OPTIONS"), TCP, 0.0)
    kept, _ = switch.request(outgoing("OPTIONS"), UDP, 0.0)
    arrived = arrive(switch, incoming("INVITE"), flow=TCP)
    assert switch.flow_lost(TCP, 1.0) == [ServerTimedOut(arrived.key), Failed(lost)]
    assert switch.flow_lost(TCP, 1.0) == []
    assert switch.live == 1
    assert run(switch, until=99.0)[-1] == (32.0, TimedOut(kept))


def test_everything_is_forgotten_in_the_end() -> None:
    switch = layer()
    for number in range(20):
        arrived = arrive(switch, incoming("INVITE", call_id=f"call-{number}"))
        switch.respond(arrived.key, respond(arrived.request, 200), 0.0)
        invite = outgoing("INVITE")
        switch.request(invite, UDP, 0.0)
        switch.receive(answer(invite, 404), UDP, 0.1)
    run(switch, until=1000.0)
    assert switch.deadline is None
    assert switch.live == 0
