import pytest

from softswitch.sip.message import Header, Request, Response
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.vocabulary import (
    Answered,
    Change,
    Confirm,
    Diversion,
    End,
    Ended,
    Party,
    Place,
    Progressed,
    Refused,
    Target,
    Withdraw,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk
from tests.unit.softswitch.sip.speaking import REALM, SERVER, answer, contact_of, flow, request

PHONE = flow(port=40002)
CONTACT = [contact_of("102")]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def place(
    sdp: bytes = OFFER,
    number: str = "101",
    diversions: tuple[Diversion, ...] = (),
    replaces: str = "",
    referred_by: str = "",
) -> Place:
    target = Target("sip:102@10.0.0.7:5060;line=1", PHONE)
    party = Party(number, 'Ann "A" Bee')
    return Place("b", target, party, "102", sdp, diversions, replaces, referred_by)


@pytest.fixture
def invite(desk: Desk) -> Request:
    return desk.tell(place()).request


def test_an_invite_may_say_whose_place_it_takes_and_who_wants_that(desk: Desk) -> None:
    replaces, by = "a@b;to-tag=1;from-tag=2", "<sip:101@192.0.2.1>"
    invite = desk.tell(place(replaces=replaces, referred_by=by)).request
    assert invite.first(Header.REPLACES) == replaces
    assert invite.first(Header.REFERRED_BY) == by
    plain = Desk().tell(place()).request
    assert Header.REPLACES not in plain.ids
    assert Header.REFERRED_BY not in plain.ids


def ok(invite: Request, tag: str = "callee", sdp: bytes = ANSWER) -> Response:
    return answer(invite, 200, tag, sdp, CONTACT)


def test_the_invite_goes_where_the_phone_registered_from_and_names_its_contact(
    desk: Desk,
) -> None:
    done = desk.tell(place())
    invite = done.request
    assert done.flows == [PHONE]
    assert (invite.method, invite.uri) == ("INVITE", "sip:102@10.0.0.7:5060;line=1")
    assert (invite.from_().display, invite.from_().uri.user) == ('Ann "A" Bee', "101")
    assert invite.from_().tag
    assert str(invite.to()) == "<sip:102@192.0.2.1>"
    assert invite.first(Header.CONTACT) == "<sip:192.0.2.1:5060>"
    assert invite.max_forwards() == 70
    assert invite.body == OFFER


def test_forwardings_are_told_newest_first(desk: Desk) -> None:
    diversions = (Diversion("103", "user-busy"), Diversion("104", "no-answer"))
    invite = desk.tell(place(diversions=diversions)).request
    assert invite.values(Header.DIVERSION) == [
        "<sip:103@192.0.2.1>;reason=user-busy",
        "<sip:104@192.0.2.1>;reason=no-answer",
    ]


@pytest.mark.parametrize(
    ("number", "uri"),
    [
        ("+48123", "sip:+48123@192.0.2.1"),
        ("a b#", "sip:a%20b%23@192.0.2.1"),
        ("", "sip:anonymous@anonymous.invalid"),
    ],
)
def test_any_number_can_be_shown(desk: Desk, number: str, uri: str) -> None:
    assert str(desk.tell(place(number=number)).request.from_().uri) == uri


def test_the_phone_rings_and_answers(desk: Desk, invite: Request) -> None:
    assert desk.send(answer(invite, 100), PHONE).events == []
    assert desk.send(answer(invite, 180), PHONE).event == Progressed("b", 180)
    early = desk.send(answer(invite, 183, sdp=ANSWER), PHONE)
    assert early.event == Progressed("b", 183, ANSWER)
    done = desk.send(ok(invite), PHONE)
    assert done.event == Answered("b", ANSWER)
    ack = done.request
    assert (ack.method, ack.cseq().number, ack.body) == ("ACK", 1, b"")
    assert ack.to().tag == "callee"
    assert done.flows == [PHONE]


LONG = OFFER + b"a=x-long:" + b"x" * 1400 + b"\r\n"


def test_a_long_request_stays_on_the_flow_that_a_phone_has_registered_by() -> None:
    """RFC 3261, section 18.1.1, would have TCP, by which a phone behind a router has no way in."""
    listeners = (ListenerSettings("udp", SERVER), ListenerSettings("tcp", SERVER))
    desk = Desk(EndpointSettings(realm=REALM, listeners=listeners))
    placed = desk.tell(place(sdp=LONG))
    assert (placed.flows, placed.request.body) == ([PHONE], LONG)
    assert placed.request.via().transport == "UDP"
    assert desk.advance(1.0).flows == [PHONE]
    desk.send(ok(placed.request), PHONE)
    changed = desk.tell(Change("b", LONG))
    assert (changed.flows, changed.request.body) == ([PHONE], LONG)
    assert "transport=tcp" not in (changed.request.first(Header.CONTACT) or "")


def test_a_private_contact_is_not_where_requests_go(desk: Desk, invite: Request) -> None:
    done = desk.send(ok(invite), PHONE)
    assert done.request.uri == "sip:102@198.51.100.7:40002"


def test_two_forks_behind_one_contact_each_have_their_early_media(
    desk: Desk, invite: Request
) -> None:
    assert desk.send(answer(invite, 183, "one", OFFER), PHONE).event == Progressed("b", 183, OFFER)
    assert desk.send(answer(invite, 183, "two", ANSWER), PHONE).events == [
        Progressed("b", 183, ANSWER)
    ]


def test_an_answer_without_sdp_is_the_one_of_its_own_183(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 183, "one", ANSWER), PHONE)
    assert desk.send(ok(invite, "one", b""), PHONE).event == Answered("b", ANSWER)


def test_a_fork_whose_early_media_is_over_is_said_once(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 183, "one", ANSWER), PHONE)
    assert desk.send(answer(invite, 199, "two"), PHONE).events == [], "nobody hears it"
    assert desk.send(answer(invite, 199, "one"), PHONE).event == Progressed("b", 199)
    assert desk.send(answer(invite, 199, "one"), PHONE).events == []


def test_an_answer_without_sdp_is_not_that_of_another_fork(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 183, "one", ANSWER), PHONE)
    assert desk.send(ok(invite, "two", b""), PHONE).event == Answered("b", b"")


def test_an_answer_that_comes_again_gets_its_ack_again(desk: Desk, invite: Request) -> None:
    first = desk.send(ok(invite), PHONE).request
    again = desk.send(ok(invite), PHONE)
    assert again.request.to_bytes() == first.to_bytes()
    assert again.events == []


def test_a_second_fork_that_answers_too_is_acknowledged_and_ended(
    desk: Desk, invite: Request
) -> None:
    desk.send(ok(invite, "one"), PHONE)
    done = desk.send(ok(invite, "two"), PHONE)
    assert done.methods == ["ACK", "BYE"]
    assert {asked.to().tag for asked in done.requests} == {"two"}
    assert done.events == []
    assert desk.tell(End("b")).request.to().tag == "one"


def test_an_answer_after_the_call_has_ended_is_acknowledged_and_ended(
    desk: Desk, invite: Request
) -> None:
    desk.send(ok(invite, "one"), PHONE)
    desk.tell(End("b"))
    assert desk.send(ok(invite, "two"), PHONE).methods == ["ACK", "BYE"]


@pytest.mark.parametrize("status", [401, 404, 407, 480, 486, 488, 491, 500, 503, 600, 603])
def test_a_failure_ends_the_leg(desk: Desk, invite: Request, status: int) -> None:
    done = desk.send(answer(invite, status, reason="Why"), PHONE)
    assert done.event == Refused("b", status, "Why")
    assert done.methods == ["ACK"]
    desk.advance(70.0)
    assert desk.held == {}


def test_a_redirection_names_its_contacts_best_first(desk: Desk, invite: Request) -> None:
    contacts = [
        (Header.CONTACT, f"<sip:103@{REALM}>;q=0.1, <sip:104@{REALM};x=1>"),
        (Header.CONTACT, "<sip:105@far.example>;q=0.9, <tel:+4930123>;q=0.5"),
    ]
    done = desk.send(answer(invite, 302, headers=contacts), PHONE)
    ours = (f"sip:104@{REALM};x=1", "tel:+4930123", f"sip:103@{REALM}")
    assert done.event == Refused("b", 302, "Moved Temporarily", ours)


def test_a_redirection_to_a_foreign_host_is_told_apart(desk: Desk, invite: Request) -> None:
    contacts = [(Header.CONTACT, "<sip:103@low.example>;q=0.1, <sip:103@far.example>")]
    done = desk.send(answer(invite, 302, headers=contacts), PHONE)
    assert done.event == Refused("b", 302, "Moved Temporarily", (), "sip:103@far.example")


def test_why_a_phone_refuses_is_told_in_its_words(desk: Desk, invite: Request) -> None:
    headers = [
        (Header.WARNING, '305 phone "Incompatible media format"'),
        (Header.REASON, "Q.850;cause=88"),
    ]
    refused = desk.send(answer(invite, 488, "callee", b"", headers)).event
    assert isinstance(refused, Refused)
    assert refused.reason == (
        'Not Acceptable Here; 305 phone "Incompatible media format"; Q.850;cause=88'
    )


def test_a_phone_that_says_nothing_is_given_up(desk: Desk, invite: Request) -> None:
    done = desk.advance(32.0)
    assert done.methods == ["INVITE"] * 6
    assert done.event == Refused("b", 408)
    assert desk.held == {}


def test_a_ringing_phone_is_not_given_up(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 180), PHONE)
    assert desk.advance(600.0).events == []


def test_withdrawn_while_it_rings(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 180), PHONE)
    cancel = desk.tell(Withdraw("b", answered_elsewhere=True)).request
    assert cancel.method == "CANCEL"
    assert cancel.first(Header.REASON) == 'SIP;cause=200;text="Call completed elsewhere"'
    assert cancel.via().branch == invite.via().branch
    done = desk.send(answer(invite, 487), PHONE)
    assert done.event == Refused("b", 487, "Request Terminated")


def test_a_caller_who_gave_up_is_no_call_answered_elsewhere(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 180), PHONE)
    assert desk.tell(Withdraw("b")).request.first(Header.REASON) is None


def test_withdrawn_before_the_phone_said_anything(desk: Desk, invite: Request) -> None:
    assert desk.tell(Withdraw("b")).methods == []
    assert desk.send(answer(invite, 100), PHONE).methods == ["CANCEL"]


def test_withdrawn_and_the_phone_never_says_anything(desk: Desk, invite: Request) -> None:
    desk.tell(Withdraw("b"))
    assert desk.advance(33.0).event == Refused("b", 487)
    assert desk.held == {}


def test_withdrawn_and_nothing_follows_the_cancel(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 180), PHONE)
    desk.tell(Withdraw("b"))
    assert desk.advance(33.0).events == [Refused("b", 487)]
    desk.advance(70.0)
    assert desk.held == {}


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended(
    desk: Desk, invite: Request
) -> None:
    desk.send(answer(invite, 180), PHONE)
    desk.tell(Withdraw("b", answered_elsewhere=True))
    done = desk.send(ok(invite), PHONE)
    assert done.methods == ["ACK", "BYE"]
    assert done.event == Refused("b", 487, "Request Terminated")
    assert [asked.cseq().number for asked in done.requests] == [1, 2]
    desk.advance(70.0)
    assert desk.held == {}


def test_it_is_withdrawn_once(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 180), PHONE)
    desk.tell(Withdraw("b"))
    assert desk.tell(End("b")).slugs == ["withdrawn-twice"]


def test_ringing_after_the_withdrawal_is_not_told(desk: Desk, invite: Request) -> None:
    desk.send(answer(invite, 180), PHONE)
    desk.tell(End("b"))
    assert desk.send(answer(invite, 180), PHONE).events == []


def test_the_phone_hangs_up(desk: Desk, invite: Request) -> None:
    desk.send(ok(invite), PHONE)
    bye = request(
        "BYE",
        "102",
        call_id=invite.call_id(),
        from_tag="callee",
        to_tag=invite.from_().tag or "",
    )
    done = desk.send(bye, PHONE)
    assert (done.statuses, done.events) == ([200], [Ended("b", "bye")])
    desk.advance(70.0)
    assert desk.held == {}


def test_a_lost_connection_ends_what_rings_at_it(desk: Desk) -> None:
    path = flow(connection=4)
    invite = desk.tell(Place("b", Target("sip:102@x", path), Party("101"), "102", OFFER)).request
    assert invite.first(Header.CONTACT) == "<sip:192.0.2.1:5060;transport=tcp>"
    desk.send(answer(invite, 180), path)
    assert desk.lose(path).event == Refused("b", 503)
    assert desk.held == {}


def test_a_lost_connection_ends_a_call_that_is_up(desk: Desk) -> None:
    path = flow(connection=4)
    invite = desk.tell(Place("b", Target("sip:102@x", path), Party("101"), "102", OFFER)).request
    desk.send(ok(invite), path)
    assert desk.lose(path).event == Ended("b", "lost")
    assert desk.held == {}


def test_without_our_offer_the_phone_offers_and_the_ack_has_our_answer(desk: Desk) -> None:
    invite = desk.tell(place(sdp=b"")).request
    done = desk.send(ok(invite, sdp=OFFER), PHONE)
    assert (done.methods, done.event) == ([], Answered("b", OFFER))
    assert desk.send(ok(invite, sdp=OFFER), PHONE).methods == []  # it still waits
    ack = desk.tell(Confirm("b", ANSWER)).request
    assert (ack.method, ack.body) == ("ACK", ANSWER)
    assert desk.tell(Confirm("b", ANSWER)).slugs == ["command-out-of-state"]


def test_hanging_up_instead_of_answering_the_phones_offer(desk: Desk) -> None:
    invite = desk.tell(place(sdp=b"")).request
    desk.send(ok(invite, sdp=OFFER), PHONE)
    assert desk.tell(End("b")).methods == ["ACK", "BYE"]


def test_an_answer_that_cannot_be_read_ends_the_leg(desk: Desk, invite: Request) -> None:
    broken = answer(invite, 200, sdp=ANSWER, headers=[(Header.CONTACT, "<<<")])
    assert desk.send(broken, PHONE).event == Refused("b", 502, "Unreadable Answer")


def test_a_name_in_use_is_not_used_twice(desk: Desk, invite: Request) -> None:
    assert desk.tell(place()).slugs == ["leg-name-in-use"]


# Phones with several flows


def flows(*, reliable: bool = False) -> Place:
    """Return the call of a phone with three flows, the second of which is behind a proxy."""
    first, second, third = (flow(port=40000 + n, connection=n * reliable) for n in (1, 2, 3))
    behind = Target("sip:102@b", second, ("<sip:edge.example;lr>", "<sip:inner.example;lr>"))
    target = Target("sip:102@a", first, (), (behind, Target("sip:102@c", third)))
    return Place("b", target, Party("101"), "102", OFFER)


def test_a_flow_that_is_silent_is_given_up_for_the_next(desk: Desk) -> None:
    first = desk.tell(flows()).request
    assert first.uri == "sip:102@a"
    assert desk.advance(3.9).flows == [flow(port=40001)] * 3
    done = desk.advance(0.2)
    [second] = [asked for asked in done.requests if asked.uri == "sip:102@b"]
    assert second.values(Header.ROUTE) == ["<sip:edge.example;lr>", "<sip:inner.example;lr>"]
    assert second.call_id() == first.call_id()
    assert second.from_() == first.from_()
    assert (first.cseq().number, second.cseq().number) == (1, 2)
    assert flow(port=40002) in done.flows

    late = desk.send(ok(first, "late"), flow(port=40001))
    assert late.methods == ["ACK", "BYE"], "it has answered by a flow that was given up"
    assert late.events == []
    done = desk.send(ok(second), flow(port=40002))
    assert (done.methods, done.event) == (["ACK"], Answered("b", ANSWER))


def test_who_rings_is_not_called_by_another_flow(desk: Desk) -> None:
    invite = desk.tell(flows()).request
    desk.send(answer(invite, 180), flow(port=40001))
    assert desk.advance(30.0).requests == []


def test_a_flow_that_has_failed_leads_to_the_next_and_the_last_to_an_end(desk: Desk) -> None:
    path = [flow(port=40000 + n, connection=n) for n in (1, 2, 3)]
    desk.tell(flows(reliable=True))
    by_second = desk.lose(path[0])
    assert by_second.flows == [path[1]]
    by_third = desk.send(answer(by_second.request, 430), path[1])
    assert by_third.methods == ["ACK", "INVITE"]
    assert by_third.requests[1].uri == "sip:102@c"
    assert Header.ROUTE not in by_third.requests[1].ids
    assert desk.lose(path[2]).events == [Refused("b", 503)]
    desk.advance(70.0)
    assert desk.held == {}


def test_who_is_given_up_is_not_called_by_another_flow(desk: Desk) -> None:
    desk.tell(flows())
    desk.tell(Withdraw("b"))
    assert {asked.uri for asked in desk.advance(40.0).requests} == {"sip:102@a"}
    assert desk.held == {}


def test_a_phone_behind_proxies_is_called_through_them(desk: Desk) -> None:
    path = ("<sip:inner.example;lr>", "<sip:edge.example;lr>")
    invite = desk.tell(
        Place("b", Target("sip:102@a", PHONE, path), Party("101"), "102", OFFER)
    ).request
    assert invite.uri == "sip:102@a"
    assert tuple(invite.values(Header.ROUTE)) == path
    desk.send(answer(invite, 180), PHONE)
    assert tuple(desk.tell(Withdraw("b")).request.values(Header.ROUTE)) == path
