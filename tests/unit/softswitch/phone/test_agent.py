"""Calls between two phones of our own."""

import pytest

from softswitch.identifiers import Identifiers, counted
from softswitch.phone.agent import Phone
from softswitch.phone.call import CallState
from softswitch.phone.events import (
    CallRefused,
    Cancelled,
    Complaint,
    Confirmed,
    Connected,
    EarlyMedia,
    Ended,
    HungUp,
    Incoming,
    NoAck,
    RegistrationFailed,
    ReinviteAccepted,
    Reinvited,
    ReinviteRefused,
    Ringing,
    Send,
)
from softswitch.sip.errors import InvalidState
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, parse
from tests.unit.softswitch.phone.pair import ALICE, BOB, Pair


def test_a_whole_call_is_the_ladder_of_the_rfc() -> None:
    pair = Pair()
    pair.call()
    pair.carry(pair.bob, pair.bob.ring("102/1", 0.0))
    pair.carry(pair.bob, pair.bob.answer("102/1", b"answer", 1.0))
    pair.carry(pair.alice, pair.alice.hang_up("101/1", 2.0))
    assert pair.take_ladder() == ">INVITE <180 <200 >ACK >BYE <200"
    assert pair.heard["101"] == [
        Ringing("101/1", 180),
        Connected("101/1", b"answer"),
        Ended("101/1", 200),
    ]
    incoming, *rest = pair.heard["102"]
    assert isinstance(incoming, Incoming)
    assert (incoming.caller, incoming.sdp) == ("101", b"offer")
    assert rest == [Connected("102/1", b""), Confirmed("102/1", b""), HungUp("102/1", "")]
    assert pair.alice.dialogs() == pair.bob.dialogs() == []


def test_both_sides_see_the_same_dialog() -> None:
    pair = Pair()
    pair.connect()
    [ours], [theirs] = pair.alice.dialogs(), pair.bob.dialogs()
    assert ours.state is theirs.state is CallState.CONNECTED
    assert ours.call_id == theirs.call_id
    assert (ours.local_tag, ours.remote_tag) == (theirs.remote_tag, theirs.local_tag)
    assert ours.local_cseq == theirs.remote_cseq == 1
    assert theirs.remote_target == pair.alice.contact
    assert pair.alice.contact == "sip:101@192.0.2.1:5060"


def test_the_callee_may_hang_up_too() -> None:
    pair = Pair()
    pair.connect()
    pair.carry(pair.bob, pair.bob.hang_up("102/1", 1.0))
    assert HungUp("101/1", "") in pair.heard["101"]
    assert pair.heard["102"][-1] == Ended("102/1", 200)


def test_early_media_is_told_with_the_provisional_response() -> None:
    pair = Pair()
    pair.call()
    pair.carry(pair.bob, pair.bob.progress("102/1", b"early", 0.0))
    assert pair.heard["101"] == [Ringing("101/1", 183), EarlyMedia("101/1", b"early")]


def test_without_an_offer_the_answer_is_in_the_ack() -> None:
    pair = Pair()
    pair.call(sdp=b"")
    pair.carry(pair.bob, pair.bob.answer("102/1", b"offer", 0.0))
    assert pair.heard["101"] == [Connected("101/1", b"offer")]
    pair.carry(pair.alice, pair.alice.acknowledge("101/1", b"answer", 0.0))
    assert pair.heard["102"][-1] == Confirmed("102/1", b"answer")


@pytest.mark.parametrize("status", [404, 486, 603])
def test_a_refusal_is_told_and_acknowledged(status: int) -> None:
    pair = Pair()
    pair.call()
    pair.carry(pair.bob, pair.bob.refuse("102/1", status, 0.0))
    assert pair.take_ladder() == f">INVITE <{status} >ACK"
    [refused] = pair.heard["101"]
    assert isinstance(refused, CallRefused)
    assert refused.status == status


def test_a_redirection_names_the_contact() -> None:
    pair = Pair()
    pair.call()
    pair.carry(pair.bob, pair.bob.redirect("102/1", "103", 0.0))
    assert pair.heard["101"] == [
        CallRefused("101/1", 302, "Moved Temporarily", ("sip:103@192.0.2.1:5060",))
    ]


def test_giving_up_is_cancel_200_487() -> None:
    pair = Pair()
    pair.call()
    pair.carry(pair.bob, pair.bob.ring("102/1", 0.0))
    reason = ((Header.REASON, 'SIP;cause=200;text="Call completed elsewhere"'),)
    pair.carry(pair.alice, pair.alice.cancel("101/1", 1.0, reason))
    assert pair.take_ladder() == ">INVITE <180 >CANCEL <200 <487 >ACK"
    assert pair.heard["102"][-1] == Cancelled("102/1", reason[0][1])
    assert pair.heard["101"][-1] == CallRefused("101/1", 487, "Request Terminated")


def test_cancel_waits_for_a_provisional_response() -> None:
    pair = Pair()
    pair.call()
    pair.carry(pair.alice, pair.alice.hang_up("101/1", 0.1))
    assert pair.take_ladder() == ">INVITE"
    pair.carry(pair.bob, pair.bob.ring("102/1", 0.2))
    assert pair.take_ladder() == "<180 >CANCEL <200 <487 >ACK"


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up() -> None:
    pair = Pair()
    pair.call()
    pair.carry(pair.alice, pair.alice.cancel("101/1", 0.1))
    pair.carry(pair.bob, pair.bob.answer("102/1", b"answer", 0.2))
    assert pair.take_ladder() == ">INVITE <200 >ACK >BYE <200"
    assert "Connected" not in pair.kinds("101")
    assert HungUp("102/1", "") in pair.heard["102"]


def test_a_lost_invite_is_sent_again_and_given_up_after_32_seconds() -> None:
    pair = Pair()
    pair.loses = lambda sender, line: line == "INVITE"
    pair.call()
    pair.run(until=40.0)
    assert pair.take_ladder() == " ".join([">INVITE"] * 7)
    assert pair.heard["101"] == [CallRefused("101/1", 408, "Request Timeout")]


def test_an_answer_is_repeated_until_its_ack_comes() -> None:
    pair = Pair()
    lost = iter([True, True, False])
    pair.loses = lambda sender, line: line == "ACK" and next(lost)
    pair.connect()
    pair.run(until=10.0)
    assert pair.take_ladder() == ">INVITE <200 >ACK <200 >ACK <200 >ACK"
    assert pair.kinds("102") == ["Incoming", "Connected", "Confirmed"]
    assert pair.kinds("101") == ["Connected"]


def test_an_answer_without_ack_is_hung_up_after_32_seconds() -> None:
    pair = Pair()
    pair.loses = lambda sender, line: line == "ACK"
    pair.connect()
    pair.run(until=31.9)
    assert pair.alice.dialogs()
    pair.run(until=33.0)
    assert NoAck("102/1") in pair.heard["102"]
    assert pair.heard["101"][-1] == HungUp("101/1", "")


def test_hanging_up_before_the_ack_waits_for_it() -> None:
    pair = Pair()
    lost = iter([True, False])
    pair.loses = lambda sender, line: line == "ACK" and next(lost)
    pair.connect()
    pair.carry(pair.bob, pair.bob.hang_up("102/1", 0.1))
    assert pair.take_ladder() == ">INVITE <200 >ACK"
    pair.run(until=1.0)
    assert pair.take_ladder() == "<200 >ACK <BYE >200"


def test_a_reinvite_is_answered_or_refused() -> None:
    pair = Pair()
    pair.connect()
    pair.carry(pair.alice, pair.alice.reinvite("101/1", b"hold", 1.0))
    assert Reinvited("102/1", b"hold") in pair.heard["102"]
    pair.carry(pair.bob, pair.bob.answer("102/1", b"held", 1.0))
    assert ReinviteAccepted("101/1", b"held") in pair.heard["101"]
    assert pair.heard["102"].count(Confirmed("102/1", b"")) == 2
    pair.carry(pair.bob, pair.bob.reinvite("102/1", b"more", 2.0))
    pair.carry(pair.alice, pair.alice.refuse("101/1", 488, 2.0))
    assert pair.heard["102"][-1] == ReinviteRefused("102/1", 488)
    assert [view.state for view in pair.alice.dialogs()] == [CallState.CONNECTED]


def test_a_reinvite_into_a_dead_dialog_ends_the_call() -> None:
    pair = Pair()
    pair.connect()
    pair.loses = lambda sender, line: line == "BYE"
    pair.carry(pair.bob, pair.bob.hang_up("102/1", 1.0))
    pair.run(until=70.0)
    assert pair.heard["102"][-1] == Ended("102/1", 408)
    pair.loses = lambda sender, line: False
    pair.carry(pair.alice, pair.alice.reinvite("101/1", b"hold", 70.0))
    assert ReinviteRefused("101/1", 481) in pair.heard["101"]
    assert pair.heard["101"][-1] == Ended("101/1", 481)


def test_reinvites_that_cross_are_both_pending() -> None:
    pair = Pair()
    pair.connect()
    ours = [(pair.alice, output) for output in pair.alice.reinvite("101/1", b"hold", 1.0)]
    theirs = [(pair.bob, output) for output in pair.bob.reinvite("102/1", b"hold", 1.0)]
    pair.deliver(ours + theirs)
    assert ReinviteRefused("101/1", 491) in pair.heard["101"]
    assert ReinviteRefused("102/1", 491) in pair.heard["102"]
    assert len(pair.alice.dialogs()) == len(pair.bob.dialogs()) == 1


def test_hanging_up_with_a_reinvite_waiting_answers_that_too() -> None:
    pair = Pair()
    pair.connect()
    pair.carry(pair.alice, pair.alice.reinvite("101/1", b"hold", 1.0))
    pair.take_ladder()
    pair.carry(pair.alice, pair.alice.hang_up("101/1", 1.0))
    assert pair.take_ladder() == ">BYE <200 <487 >ACK"
    assert pair.heard["101"][-1] == ReinviteRefused("101/1", 487)


def test_several_calls_at_once_are_kept_apart() -> None:
    pair = Pair()
    names = [pair.call() for _ in range(3)]
    assert names == ["101/1", "101/2", "101/3"]
    pair.carry(pair.bob, pair.bob.answer("102/2", b"answer", 0.0))
    pair.carry(pair.bob, pair.bob.refuse("102/3", 486, 0.0))
    assert {view.call: view.state for view in pair.alice.dialogs()} == {
        "101/1": CallState.CALLING,
        "101/2": CallState.CONNECTED,
    }


def test_a_finished_call_is_forgotten_and_nothing_is_left_due() -> None:
    pair = Pair()
    pair.connect()
    pair.carry(pair.alice, pair.alice.hang_up("101/1", 1.0))
    pair.run(until=100.0)
    assert pair.alice.deadline is pair.bob.deadline is None
    with pytest.raises(InvalidState):
        pair.alice.hang_up("101/1", 100.0)


def test_over_tcp_nothing_but_the_answer_is_repeated() -> None:
    pair = Pair("tcp")
    pair.loses = lambda sender, line: line in ("INVITE", "ACK")
    pair.call()
    pair.run(until=40.0)
    assert pair.take_ladder() == ">INVITE"
    assert pair.alice.contact.endswith(";transport=tcp")


def test_a_lost_connection_ends_what_waits_for_an_answer() -> None:
    flow = Flow("tcp", ALICE, BOB, connection=1)
    phone = Phone("101", "a", flow, Identifiers(counted()))
    phone.register(0.0)
    name, _ = phone.call("102", b"offer", 0.0)
    assert set(map(str, phone.connection_lost(1.0))) == {
        str(RegistrationFailed(503, "Service Unavailable")),
        str(CallRefused(name, 503, "Service Unavailable")),
    }


def test_options_is_answered_and_strange_methods_are_complained_about() -> None:
    pair = Pair()
    for method, status in (("OPTIONS", "200"), ("SUBSCRIBE", "405"), ("BYE", "481")):
        outputs = pair.bob.receive(request(method).to_bytes(), 0.0)
        sent = [output for output in outputs if isinstance(output, Send)]
        assert sent[0].data.startswith(f"SIP/2.0 {status} ".encode())
        assert len(outputs) == (1 if method == "OPTIONS" else 2)


def request(method: str, *more: tuple[Header | str, str]) -> Request:
    headers: list[tuple[Header | str, str]] = [
        (Header.VIA, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;rport"),
        (Header.FROM, "<sip:101@192.0.2.1>;tag=x"),
        (Header.TO, "<sip:102@192.0.2.2>"),
        (Header.CALL_ID, "c"),
        (Header.CSEQ, f"1 {method}"),
    ]
    return Request.build(method, "sip:102@192.0.2.2", [*headers, *more])


def complaints(pair: Pair, data: bytes) -> list[str]:
    return [o.what for o in pair.bob.receive(data, 0.0) if isinstance(o, Complaint)]


def test_a_sloppy_invite_is_taken_and_complained_about() -> None:
    pair = Pair()
    assert complaints(pair, request("INVITE").to_bytes()) == [
        "an INVITE without a Contact",
        "an INVITE without Max-Forwards",
    ]
    assert len(pair.bob.dialogs()) == 1


def test_noise_and_stray_acks_are_complained_about() -> None:
    pair = Pair()
    assert len(complaints(pair, b"hello\r\n\r\n")) == 1
    assert complaints(pair, request("ACK").to_bytes()) == ["an ACK outside of any call"]
    assert len(complaints(pair, request("BYE").to_bytes().replace(b"<sip:102", b"<sip 102"))) == 1


def test_a_cseq_that_does_not_rise_is_complained_about() -> None:
    pair = Pair()
    pair.connect()
    [invite] = [o.request for o in pair.heard["102"] if isinstance(o, Incoming)]
    [view] = pair.bob.dialogs()
    again = invite.copy()
    again.set(Header.VIA, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKother")
    again.set(Header.TO, f"<sip:102@192.0.2.2:5060>;tag={view.local_tag}")
    assert complaints(pair, again.to_bytes()) == ["the CSeq does not rise"]


def test_numbers_are_escaped_where_a_uri_wants_it() -> None:
    pair = Pair()
    _, [sent] = pair.alice.call("*97#", b"", 0.0)
    assert isinstance(sent, Send)
    invite = parse(sent.data)
    assert isinstance(invite, Request)
    assert invite.uri == "sip:*97%23@192.0.2.2:5060"
    assert invite.to().uri.number == "*97#"
