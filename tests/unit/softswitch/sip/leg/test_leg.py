"""What happens within an answered call, for both kinds of leg."""

import pytest

from softswitch.sip.message import Header, Request, Response
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Change,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirm,
    Confirmed,
    Digit,
    DigitNotTaken,
    End,
    Ended,
    Party,
    Place,
    Refuse,
    RefuseChange,
    SendDigit,
    Target,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.speaking import answer, contact_of, flow, request

HOLD = b"v=0\r\ns=hold\r\na=sendonly\r\n"
HELD = b"v=0\r\ns=held\r\na=recvonly\r\n"


class Peer:
    """The phone at the other end of a leg that is up, with its own CSeq."""

    def __init__(self, desk: Desk, *, is_caller: bool) -> None:
        self.desk = desk
        self.cseq = 2
        self.path = flow()
        if is_caller:
            self._call()
        else:
            self._be_called()

    def send(
        self, method: str, body: bytes = b"", *headers: tuple[Header | str, str], cseq: int = 0
    ) -> Done:
        if not cseq and method != "ACK":
            self.cseq += 1
        return self.desk.send(
            request(
                method,
                self.user,
                self.other,
                cseq=cseq or self.cseq,
                call_id=self.call_id,
                from_tag=self.tag,
                to_tag=self.local_tag,
                headers=[contact_of(self.user), *headers] if method == "INVITE" else headers,
                body=body,
            ),
            self.path,
        )

    def answer(self, asked: Request, status: int, sdp: bytes = b"") -> Done:
        return self.desk.send(self.response(asked, status, sdp), self.path)

    def response(self, asked: Request, status: int, sdp: bytes = b"") -> Response:
        return answer(asked, status, self.tag, sdp, [contact_of(self.user)])

    def _call(self) -> None:
        self.user, self.other, self.tag, self.call_id = "101", "102", "phone", "call-1"
        self.leg = self.desk.offer().leg
        accepted = self.desk.tell(Accept(self.leg, ANSWER)).response
        self.local_tag = accepted.to().tag or ""
        self.send("ACK")

    def _be_called(self) -> None:
        self.user, self.other, self.tag, self.leg = "102", "101", "callee", "b"
        target = Target("sip:102@10.0.0.7", self.path)
        invite = self.desk.tell(Place("b", target, Party("101"), "102", OFFER)).request
        self.call_id, self.local_tag = invite.call_id(), invite.from_().tag or ""
        self.answer(invite, 200, ANSWER)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=["caller", "callee"])
def peer(desk: Desk, request: pytest.FixtureRequest) -> Peer:
    return Peer(desk, is_caller=request.param == "caller")


def test_the_peer_changes_the_session(desk: Desk, peer: Peer) -> None:
    done = peer.send("INVITE", HOLD)
    assert (done.statuses, done.event) == ([100], Changed(peer.leg, HOLD))
    accepted = desk.tell(AcceptChange(peer.leg, HELD)).response
    assert (accepted.status, accepted.body) == (200, HELD)
    assert desk.advance(0.5).statuses == [200]
    assert peer.send("ACK").events == []
    assert desk.advance(40.0).statuses == []


def test_a_change_that_is_refused_leaves_the_call_up(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    assert desk.tell(RefuseChange(peer.leg, 488)).statuses == [488]
    assert desk.tell(RefuseChange(peer.leg, 488)).slugs == ["command-out-of-state"]
    assert peer.send("BYE").events == [Ended(peer.leg, "bye")]


def test_the_peer_asks_us_to_offer_anew(desk: Desk, peer: Peer) -> None:
    assert peer.send("INVITE").event == Changed(peer.leg, b"")
    desk.tell(AcceptChange(peer.leg, OFFER))
    assert peer.send("ACK", ANSWER).event == Confirmed(peer.leg, ANSWER)


def test_a_change_whose_ack_is_lost_ends_the_call(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    desk.tell(AcceptChange(peer.leg, HELD))
    done = desk.advance(32.2)
    assert (done.methods, done.events) == (["BYE"], [Ended(peer.leg, "no-ack")])


def test_we_change_the_session(desk: Desk, peer: Peer) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    assert (invite.method, invite.body) == ("INVITE", HOLD)
    assert invite.first(Header.CONTACT) == "<sip:192.0.2.1:5060>"
    assert peer.answer(invite, 100).events == []
    done = peer.answer(invite, 200, HELD)
    assert done.event == ChangeAnswered(peer.leg, HELD)
    assert done.request.method == "ACK"
    assert done.request.cseq().number == invite.cseq().number
    assert peer.answer(invite, 200, HELD).methods == ["ACK"]


def test_a_copy_of_an_older_answer_is_no_answer_to_the_newer_invite(desk: Desk, peer: Peer) -> None:
    first = desk.tell(Change(peer.leg, HOLD)).request
    peer.answer(first, 200, HELD)
    second = desk.tell(Change(peer.leg, OFFER)).request
    peer.answer(second, 200, ANSWER)
    assert peer.answer(first, 200, HELD).slugs == ["answer-of-another-invite"]


@pytest.mark.parametrize("status", [488, 500, 603])
def test_a_change_of_ours_that_is_refused_leaves_the_call_up(
    desk: Desk, peer: Peer, status: int
) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    done = peer.answer(invite, status)
    assert (done.methods, done.event) == (["ACK"], ChangeRefused(peer.leg, status))
    assert desk.tell(Change(peer.leg, HOLD)).methods == ["INVITE"]


@pytest.mark.parametrize(("status", "cause"), [(481, "lost"), (408, "timeout")])
def test_a_peer_that_has_forgotten_the_call_ends_it(
    desk: Desk, peer: Peer, status: int, cause: str
) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    done = peer.answer(invite, status)
    assert (done.methods, done.event) == (["ACK", "BYE"], Ended(peer.leg, cause))


def test_a_peer_that_does_not_answer_a_change_is_gone(desk: Desk, peer: Peer) -> None:
    desk.tell(Change(peer.leg, HOLD))
    done = desk.advance(32.2)
    assert done.methods[-1] == "BYE"
    assert done.event == Ended(peer.leg, "timeout")
    desk.advance(70.0)
    assert desk.held == {}


def test_we_ask_the_peer_to_offer(desk: Desk, peer: Peer) -> None:
    invite = desk.tell(Change(peer.leg, b"")).request
    done = peer.answer(invite, 200, OFFER)
    assert (done.methods, done.event) == ([], ChangeAnswered(peer.leg, OFFER))
    ack = desk.tell(Confirm(peer.leg, ANSWER)).request
    assert (ack.method, ack.body) == ("ACK", ANSWER)


def test_two_changes_that_meet_are_both_refused_and_ours_is_tried_again(
    desk: Desk, peer: Peer
) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    assert peer.send("INVITE", HOLD).statuses == [491]
    assert peer.answer(invite, 491).events == []
    again = desk.advance(4.0).requests[0]
    assert (again.method, again.body) == ("INVITE", HOLD)
    assert again.cseq().number == invite.cseq().number + 1
    assert peer.answer(again, 200, HELD).event == ChangeAnswered(peer.leg, HELD)


def test_who_began_the_call_waits_longer_after_changes_have_met(desk: Desk, peer: Peer) -> None:
    peer.answer(desk.tell(Change(peer.leg, HOLD)).request, 491)
    first = desk.advance(2.05).methods
    assert first == (["INVITE"] if peer.leg != "b" else [])


def test_changes_that_meet_again_and_again_are_given_up(desk: Desk, peer: Peer) -> None:
    asked = desk.tell(Change(peer.leg, HOLD)).request
    for _ in range(3):
        assert peer.answer(asked, 491).events == []
        asked = desk.advance(4.0).requests[0]
    assert peer.answer(asked, 491).event == ChangeRefused(peer.leg, 491)
    assert desk.advance(10.0).requests == []


def test_the_peer_that_is_quicker_after_changes_have_met_is_heard_first(
    desk: Desk, peer: Peer
) -> None:
    peer.answer(desk.tell(Change(peer.leg, HOLD)).request, 491)
    done = peer.send("INVITE", OFFER)
    assert done.events == [ChangeRefused(peer.leg, 491), Changed(peer.leg, OFFER)]
    desk.tell(AcceptChange(peer.leg, ANSWER))
    peer.send("ACK")
    assert desk.advance(10.0).requests == []


def test_a_change_that_is_refused_for_the_moment_is_tried_when_the_moment_is_over(
    desk: Desk, peer: Peer
) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    refusal = peer.response(invite, 500)
    refusal.append(Header.RETRY_AFTER, "3 (busy)")
    assert desk.send(refusal, peer.path).events == []
    assert desk.advance(2.9).requests == []
    assert desk.advance(0.2).methods == ["INVITE"]


def test_a_change_that_is_never_answered_but_provisionally_is_given_up(
    desk: Desk, peer: Peer
) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    peer.answer(invite, 180)
    cancel = desk.advance(33.0).requests[0]
    assert cancel.method == "CANCEL"
    assert peer.answer(invite, 487).event == ChangeRefused(peer.leg, 487)


def test_a_change_that_was_given_up_is_not_given_up_again_at_the_end(
    desk: Desk, peer: Peer
) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    peer.answer(invite, 100)
    assert set(desk.advance(33.0).methods) == {"CANCEL"}
    done = desk.tell(End(peer.leg))
    assert (done.methods, done.slugs) == (["BYE"], [])


def test_no_change_of_ours_while_the_peers_is_open(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    assert desk.tell(Change(peer.leg, OFFER)).events == [ChangeRefused(peer.leg, 491)]
    desk.tell(AcceptChange(peer.leg, HELD))
    peer.send("ACK")
    assert desk.tell(Change(peer.leg, OFFER)).methods == ["INVITE"]


def test_one_change_of_ours_waits_for_the_peers_ack(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    desk.tell(AcceptChange(peer.leg, HELD))
    waits = desk.tell(Change(peer.leg, OFFER))
    assert (waits.methods, waits.events) == ([], [])
    assert desk.tell(Change(peer.leg, HOLD)).events == [ChangeRefused(peer.leg, 491)]
    sent = peer.send("ACK")
    assert (sent.methods, sent.request.body) == (["INVITE"], OFFER)


def test_a_change_that_waits_for_an_ack_ends_with_the_leg(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    desk.tell(AcceptChange(peer.leg, HELD))
    desk.tell(Change(peer.leg, OFFER))
    assert desk.tell(End(peer.leg)).methods == ["BYE"]
    assert "INVITE" not in peer.send("ACK").methods


def test_an_ack_without_the_answer_that_it_owes_is_a_refusal(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE")
    desk.tell(AcceptChange(peer.leg, OFFER))
    assert peer.send("ACK").events == [ChangeRefused(peer.leg, 488)]


def test_a_second_change_does_not_overtake_the_first(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    refused = peer.send("INVITE", OFFER).response
    assert refused.status == 500
    assert refused.first(Header.RETRY_AFTER)


def test_a_change_before_the_ack_is_asked_to_wait(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    desk.tell(AcceptChange(peer.leg, HELD))
    assert peer.send("INVITE", OFFER).statuses == [491]


def test_hanging_up_closes_what_is_open(desk: Desk, peer: Peer) -> None:
    peer.send("INVITE", HOLD)
    done = desk.tell(End(peer.leg))
    assert (done.statuses, done.methods) == ([487], ["BYE"])


@pytest.mark.parametrize("who", ["peer", "we"])
def test_our_answer_to_a_change_is_repeated_beyond_the_end(
    desk: Desk, peer: Peer, who: str
) -> None:
    """The peer may not have heard it, and nobody else would ever end its INVITE."""
    peer.send("INVITE", HOLD)
    number = peer.cseq
    desk.tell(AcceptChange(peer.leg, HELD))
    done = peer.send("BYE") if who == "peer" else desk.tell(End(peer.leg))
    assert done.event == Ended(peer.leg, "bye" if who == "peer" else "ended")
    if who == "we":
        peer.answer(done.request, 200)
    assert desk.advance(0.5).statuses == [200]
    assert peer.send("UPDATE").statuses == [481]
    assert peer.send("BYE").statuses == [200]
    assert desk.advance(1.0).statuses == [200]
    ended = peer.send("ACK", cseq=number)
    assert (ended.methods, ended.events) == ([], [])
    assert desk.advance(20.0).statuses == []
    desk.advance(50.0)
    assert desk.held == {}


def test_an_answer_that_is_never_acknowledged_is_not_repeated_for_ever_after_the_end(
    desk: Desk, peer: Peer
) -> None:
    peer.send("INVITE", HOLD)
    desk.tell(AcceptChange(peer.leg, HELD))
    peer.send("BYE")
    done = desk.advance(40.0)
    assert (len(done.statuses), done.methods, done.events) == (10, [], [])
    desk.advance(30.0)
    assert desk.held == {}


def test_bye_crosses_a_change_of_ours(desk: Desk, peer: Peer) -> None:
    desk.tell(Change(peer.leg, HOLD))
    done = peer.send("BYE")
    assert (done.statuses, done.events) == ([200], [Ended(peer.leg, "bye")])
    desk.advance(120.0)
    assert desk.held == {}


def test_a_change_that_is_answered_after_the_end_is_only_acknowledged(
    desk: Desk, peer: Peer
) -> None:
    invite = desk.tell(Change(peer.leg, HOLD)).request
    desk.tell(End(peer.leg))
    assert peer.answer(invite, 200, HELD).methods == ["ACK"]


def test_two_byes_that_cross(desk: Desk, peer: Peer) -> None:
    bye = desk.tell(End(peer.leg)).request
    assert peer.send("BYE").statuses == [481]
    assert peer.answer(bye, 200).events == []
    desk.advance(70.0)
    assert desk.held == {}


def test_answers_go_where_the_peer_was_last_seen(desk: Desk, peer: Peer) -> None:
    peer.path = flow(port=50999)
    peer.send("INFO")
    assert desk.tell(End(peer.leg)).flows == [flow(port=50999)]


def test_a_request_out_of_order_is_refused(desk: Desk, peer: Peer) -> None:
    peer.send("INFO")
    assert peer.send("INFO", cseq=1).statuses == [500]


def test_a_change_over_an_unreadable_contact_is_refused(desk: Desk, peer: Peer) -> None:
    again = request(
        "INVITE",
        peer.user,
        peer.other,
        cseq=9,
        call_id=peer.call_id,
        from_tag=peer.tag,
        to_tag=peer.local_tag,
        headers=[(Header.CONTACT, "<<<")],
        body=HOLD,
    )
    assert desk.send(again).statuses == [400]
    assert desk.tell(Change(peer.leg, OFFER)).methods == ["INVITE"]


def test_a_stranger_to_the_dialog_is_not_in_it(desk: Desk, peer: Peer) -> None:
    peer.tag = "guessed"
    assert peer.send("BYE").statuses == [481]
    peer.call_id = "other"
    assert peer.send("BYE").statuses == [481]


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("OPTIONS", 200),
        ("INFO", 200),
        ("UPDATE", 200),
        ("REFER", 400),
        ("MESSAGE", 405),
        ("SUBSCRIBE", 489),
        ("BREW", 501),
    ],
)
def test_other_methods_within_a_call(desk: Desk, peer: Peer, method: str, status: int) -> None:
    done = peer.send(method)
    assert done.statuses == [status]
    assert "INVITE" in (done.response.first(Header.ALLOW) or "INVITE")


@pytest.mark.parametrize("kind", ["application/dtmf-relay", "application/DTMF; x=1"])
def test_digits_by_info_are_told(desk: Desk, peer: Peer, kind: str) -> None:
    done = peer.send("INFO", b"Signal=5\r\nDuration=160\r\n", (Header.CONTENT_TYPE, kind))
    assert (done.statuses, done.event) == ([200], Digit(peer.leg, "5", 160))


def test_a_hook_flash_by_info_is_answered_and_means_nothing(desk: Desk, peer: Peer) -> None:
    done = peer.send("INFO", b"Signal=!\r\n", (Header.CONTENT_TYPE, "application/dtmf-relay"))
    assert (done.statuses, done.slugs, done.events) == ([200], ["info-without-digit"], [])


def test_a_digit_is_sent_by_info_to_a_peer_that_takes_it(desk: Desk, peer: Peer) -> None:
    assert desk.tell(SendDigit(peer.leg, "5")).event == DigitNotTaken(peer.leg, "5", 100)
    peer.send("UPDATE", b"", (Header.ALLOW, "INVITE, info, BYE"))
    info = desk.tell(SendDigit(peer.leg, "#", 200)).request
    assert (info.method, info.body) == ("INFO", b"Signal=#\r\nDuration=200\r\n")
    assert info.first(Header.CONTENT_TYPE) == "application/dtmf-relay"


def test_other_info_is_not_taken(desk: Desk, peer: Peer) -> None:
    assert peer.send("INFO", b"x", (Header.CONTENT_TYPE, "text/plain")).statuses == [415]
    assert peer.send("INFO", b"x", ("Info-Package", "foo")).statuses == [469]


def test_a_change_with_what_is_no_session_description_is_refused(desk: Desk, peer: Peer) -> None:
    done = peer.send("INVITE", b"x", (Header.CONTENT_TYPE, "text/plain"))
    assert (done.statuses, done.events) == ([415], [])


def test_a_required_extension_is_refused_by_name(desk: Desk, peer: Peer) -> None:
    done = peer.send("INVITE", HOLD, (Header.REQUIRE, "foo, 100rel, timer"))
    assert done.statuses == [420]
    assert done.response.values(Header.UNSUPPORTED) == ["foo"]


def test_commands_for_an_unanswered_call_come_too_late(desk: Desk, peer: Peer) -> None:
    assert desk.tell(Refuse(peer.leg, 486)).slugs == ["command-out-of-state"]
    assert desk.tell(AcceptChange(peer.leg, HELD)).slugs == ["command-out-of-state"]
    assert desk.tell(Confirm(peer.leg, HELD)).slugs == ["command-out-of-state"]
