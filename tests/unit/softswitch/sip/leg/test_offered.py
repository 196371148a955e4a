import pytest

from softswitch.sip.message import Header, Request
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Change,
    ChangeRefused,
    Confirmed,
    End,
    Ended,
    Identity,
    Offered,
    Party,
    Progress,
    Refuse,
    Ring,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, ack_of
from tests.unit.softswitch.sip.speaking import contact_of, flow, request, with_cseq


@pytest.fixture
def desk() -> Desk:
    return Desk()


def cancel_of(invite: Request) -> Request:
    return request("CANCEL", to="102", cseq=2, branch=f"{invite.via().branch}-2")


def plain_invite() -> Request:
    return request("INVITE", to="102", headers=[contact_of()], body=OFFER)


def ack(tag: str, body: bytes = b"", cseq: int = 2) -> Request:
    return request("ACK", to="102", cseq=cseq, to_tag=tag, branch="z9hG4bK-ack", body=body)


def bye(tag: str, cseq: int = 3) -> Request:
    return request("BYE", to="102", cseq=cseq, to_tag=tag)


def answered(desk: Desk) -> tuple[str, str]:
    """Return the names of a call that is up: leg and local tag."""
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    assert desk.send(ack(tag)).event == Confirmed(leg)
    return leg, tag


def test_a_call_is_offered_with_who_calls_and_what_was_dialled(desk: Desk) -> None:
    offered = desk.offer("*43", headers=[(Header.USER_AGENT, "T46")])
    assert offered == Offered(
        leg=offered.leg,
        identity=Identity("101"),
        caller=Party("101", "Phone 101"),
        dialled="*43",
        sdp=OFFER,
        call_id="call-1",
        source=flow(),
        user_agent="T46",
    )


@pytest.mark.parametrize(
    "header",
    [
        Header.P_ASSERTED_IDENTITY,
        Header.P_PREFERRED_IDENTITY,
        Header.REMOTE_PARTY_ID,
        Header.DIVERSION,
        Header.HISTORY_INFO,
    ],
)
def test_nobody_is_believed_to_be_somebody_else(desk: Desk, header: Header) -> None:
    offered = desk.offer(headers=[(header, '"Director" <sip:100@192.0.2.1>')])
    assert (offered.identity, offered.caller) == (Identity("101"), Party("101", "Phone 101"))


def test_trying_comes_at_once_and_names_no_dialog(desk: Desk) -> None:
    done = desk.ask(plain_invite())
    assert done.response.status == 100
    assert done.response.to().tag is None


def test_ringing_and_early_media_come_in_the_dialog_that_the_answer_confirms(desk: Desk) -> None:
    leg = desk.offer().leg
    ringing = desk.tell(Ring(leg)).response
    early = desk.tell(Progress(leg, ANSWER)).response
    answer = desk.tell(Accept(leg, ANSWER)).response
    assert [r.status for r in (ringing, early, answer)] == [180, 183, 200]
    assert len({r.to().tag for r in (ringing, early, answer)}) == 1
    assert (early.body, answer.body) == (ANSWER, ANSWER)
    assert answer.first(Header.CONTACT) == "<sip:192.0.2.1:5060>"
    assert "INVITE" in (answer.first(Header.ALLOW) or "")


def test_the_answer_is_repeated_until_its_ack(desk: Desk) -> None:
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    assert desk.advance(3.5).statuses == [200, 200, 200]  # after 0.5, 1.5 and 3.5 s
    assert desk.send(ack(tag)).event == Confirmed(leg)
    assert desk.advance(40.0).statuses == []


def test_an_ack_with_a_tag_of_its_own_is_known_by_the_branch_of_its_invite(desk: Desk) -> None:
    plain = plain_invite()
    offered = desk.ask(plain).event
    assert isinstance(offered, Offered)
    desk.tell(Accept(offered.leg, ANSWER))
    odd = ack("invented")
    odd.set(Header.VIA, with_cseq(plain, 2).first(Header.VIA) or "")
    assert desk.send(odd).event == Confirmed(offered.leg)
    assert desk.send(odd).slugs == ["ack-without-leg"]
    assert desk.advance(40.0).statuses == []


def test_a_second_ack_says_nothing_new(desk: Desk) -> None:
    _, tag = answered(desk)
    assert desk.send(ack(tag)).slugs == ["ack-of-another-invite"]


def test_without_an_ack_the_call_ends(desk: Desk) -> None:
    leg = desk.offer().leg
    desk.tell(Accept(leg, ANSWER))
    done = desk.advance(32.2)
    assert done.request.method == "BYE"
    assert done.event == Ended(leg, "no-ack")
    desk.advance(40.0)
    assert desk.held == {}


def test_the_caller_hangs_up(desk: Desk) -> None:
    leg, tag = answered(desk)
    done = desk.send(bye(tag))
    assert (done.statuses, done.events) == ([200], [Ended(leg, "bye")])
    desk.advance(70.0)
    assert desk.held == {}


def test_the_caller_hangs_up_before_the_ack_arrives(desk: Desk) -> None:
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    assert desk.send(bye(tag)).events == [Ended(leg, "bye")]
    assert desk.advance(0.5).statuses == [200], "he may not have heard it yet"
    done = desk.send(ack(tag))
    assert (done.methods, done.events, done.slugs) == ([], [], [])
    assert desk.advance(20.0).statuses == []


def test_we_hang_up(desk: Desk) -> None:
    leg, _ = answered(desk)
    done = desk.tell(End(leg))
    assert (done.methods, done.events) == (["BYE"], [Ended(leg, "ended")])
    assert done.flows == [flow()]
    assert desk.tell(End(leg)).slugs == ["command-for-ended-leg"]


def test_we_hang_up_before_the_ack_and_say_so_to_the_phone_only_after_it(desk: Desk) -> None:
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    done = desk.tell(End(leg))
    assert (done.methods, done.events) == ([], [Ended(leg, "ended")])
    done = desk.send(ack(tag))
    assert (done.methods, done.events) == (["BYE"], [])


def test_we_hang_up_and_the_ack_never_comes(desk: Desk) -> None:
    leg = desk.offer().leg
    desk.tell(Accept(leg, ANSWER))
    desk.tell(End(leg))
    done = desk.advance(33.0)
    assert (done.methods[0], done.events) == ("BYE", [])
    desk.advance(70.0)
    assert desk.held == {}


def test_we_hang_up_while_the_callers_bye_is_on_its_way(desk: Desk) -> None:
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    desk.tell(End(leg))
    done = desk.send(bye(tag))
    assert (done.statuses, done.events) == ([200], [])
    done = desk.send(ack(tag))
    assert (done.methods, done.events) == ([], []), "both have said it"
    assert desk.held.get("dialogs") is None


def test_a_refusal_ends_the_leg(desk: Desk) -> None:
    leg = desk.offer().leg
    done = desk.tell(Refuse(leg, 486))
    assert (done.statuses, done.events) == ([486], [Ended(leg, "refused")])
    assert desk.tell(Ring(leg)).slugs == ["command-for-ended-leg"]


def test_an_end_before_the_answer_is_a_failure_response(desk: Desk) -> None:
    leg = desk.offer().leg
    done = desk.tell(End(leg))
    assert (done.statuses, done.events) == ([480], [Ended(leg, "ended")])


def test_a_cancel_ends_the_call_with_487(desk: Desk) -> None:
    leg = desk.offer().leg
    desk.tell(Ring(leg))
    done = desk.send(cancel_of(plain_invite()))
    assert (done.statuses, done.events) == ([200, 487], [Ended(leg, "cancel")])
    desk.advance(70.0)
    assert desk.held == {}


def test_a_cancel_that_crosses_the_answer_is_answered_and_changes_nothing(desk: Desk) -> None:
    leg = desk.offer().leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    done = desk.send(cancel_of(plain_invite()))
    assert (done.statuses, done.events) == ([200], [])
    assert desk.send(ack(tag)).event == Confirmed(leg)


def test_a_cancel_from_nowhere_gets_481(desk: Desk) -> None:
    assert desk.send(request("CANCEL")).statuses == [481]


def test_bye_in_an_early_dialog_is_as_good_as_cancel(desk: Desk) -> None:
    leg = desk.offer().leg
    tag = desk.tell(Ring(leg)).response.to().tag or ""
    done = desk.send(bye(tag))
    assert (done.statuses, done.events) == ([200, 487], [Ended(leg, "cancel")])


def test_who_leaves_the_offer_to_us_answers_in_the_ack(desk: Desk) -> None:
    offered = desk.offer(sdp=b"")
    assert offered.sdp == b""
    tag = desk.tell(Accept(offered.leg, OFFER)).response.to().tag or ""
    assert desk.send(ack(tag, body=ANSWER)).event == Confirmed(offered.leg, ANSWER)


def test_a_challenge_leaves_nothing_and_is_not_repeated(desk: Desk) -> None:
    plain = plain_invite()
    assert desk.send(plain).statuses == [401]
    assert desk.held == {}
    assert desk.advance(32.0).statuses == []
    assert desk.send(plain).statuses == [401]


def test_the_ack_of_a_challenge_means_nothing_and_is_no_loss(desk: Desk) -> None:
    plain = plain_invite()
    challenged = desk.send(plain).response
    done = desk.send(ack_of(plain, challenged))
    assert (done.slugs, done.flows, done.events, desk.held) == ([], [], [], {})
    assert desk.send(request("ACK", to_tag="nobody")).slugs == ["ack-without-leg"]


def test_a_connection_that_ends_takes_its_calls_along(desk: Desk) -> None:
    path = flow(connection=1)
    leg = desk.offer(path=path).leg
    assert desk.lose(path).event == Ended(leg, "lost")
    assert desk.held == {}


def test_an_answered_call_ends_with_its_connection(desk: Desk) -> None:
    path = flow(connection=1)
    leg = desk.offer(path=path).leg
    tag = desk.tell(Accept(leg, ANSWER)).response.to().tag or ""
    desk.send(ack(tag), path)
    assert desk.lose(path).event == Ended(leg, "lost")
    assert desk.held == {}


@pytest.mark.parametrize("body", [b"", ANSWER])
def test_what_only_an_answered_leg_can_do_is_out_of_state(desk: Desk, body: bytes) -> None:
    leg = desk.offer().leg
    assert desk.tell(Change(leg, body)).events == [ChangeRefused(leg, 491)]
    assert desk.tell(AcceptChange(leg, body)).slugs == ["command-out-of-state"]


def test_a_call_that_is_up_cannot_ring(desk: Desk) -> None:
    leg, _ = answered(desk)
    for command in (Ring(leg), Accept(leg, ANSWER), Refuse(leg, 486)):
        assert desk.tell(command).slugs == ["command-out-of-state"]


def test_names_in_no_known_encoding_can_be_read(desk: Desk) -> None:
    plain = plain_invite()
    plain.set(Header.FROM, '"J\udcf6rg" <sip:101@192.0.2.1>;tag=phone')
    offered = desk.ask(plain).event
    assert isinstance(offered, Offered)
    assert offered.caller.name == "J\ufffdrg"


def test_the_record_route_of_the_invite_is_answered_and_followed(desk: Desk) -> None:
    route = "<sip:192.0.2.9;lr>"
    leg = desk.offer(headers=[(Header.RECORD_ROUTE, route)]).leg
    answer = desk.tell(Accept(leg, ANSWER)).response
    assert answer.values(Header.RECORD_ROUTE) == [route]
    desk.send(ack(answer.to().tag or ""))
    assert desk.tell(End(leg)).request.values(Header.ROUTE) == [route]


def test_a_call_that_waits_long_is_kept_from_proxies_that_would_cancel_it(desk: Desk) -> None:
    leg = desk.offer().leg
    desk.tell(Ring(leg))
    first = desk.advance(60.0).response
    assert (first.status, first.body) == (180, b"")
    desk.tell(Progress(leg, ANSWER))
    second = desk.advance(60.0).response
    assert (second.status, second.body) == (183, ANSWER)
    assert second.to().tag == first.to().tag
    assert len(desk.advance(180.0).responses) == 3
    desk.tell(Accept(leg, ANSWER))
    assert set(desk.advance(300.0).statuses) == {200}


def test_a_call_of_which_nothing_is_known_for_a_minute_progresses(desk: Desk) -> None:
    desk.offer()
    progress = desk.advance(60.0).response
    assert (progress.status, progress.body) == (183, b"")
