"""Session timers of a leg (RFC 4028), for both kinds."""

import pytest

from softswitch.sip.message import Header, Request
from softswitch.sip.settings import EndpointSettings
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Change,
    ChangeAnswered,
    Ended,
    Party,
    Place,
    Refused,
    Target,
)
from tests.unit.softswitch.sip.desk import ANSWER, OFFER, Desk, Done
from tests.unit.softswitch.sip.leg.test_leg import HELD, HOLD, Peer
from tests.unit.softswitch.sip.speaking import (
    REALM,
    Headers,
    answer,
    contact_of,
    flow,
    request,
)

TIMER = (Header.SUPPORTED, "timer")
ALLOW = (Header.ALLOW, "INVITE, UPDATE")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=["caller", "callee"])
def peer(desk: Desk, request: pytest.FixtureRequest) -> Peer:
    """Return one that knows nothing of session timers."""
    return Peer(desk, is_caller=request.param == "caller")


def place(desk: Desk) -> Request:
    target = Target("sip:102@10.0.0.7", flow())
    return desk.tell(Place("b", target, Party("101"), "102", OFFER)).request


def called(desk: Desk, *headers: tuple[Header | str, str]) -> Request:
    """Let a phone answer with these headers; return our INVITE."""
    invite = place(desk)
    desk.send(answer(invite, 200, "callee", ANSWER, [contact_of("102"), *headers]))
    return invite


def accepted(desk: Desk, *headers: tuple[Header | str, str]) -> tuple[str, Done]:
    """Accept a call with these headers; return its leg and what was said."""
    leg = desk.offer(headers=headers).leg
    done = desk.tell(Accept(leg, ANSWER))
    tag = done.response.to().tag or ""
    desk.send(request("ACK", to="102", cseq=2, to_tag=tag))
    return leg, done


def expires(done: Done) -> str | None:
    return done.response.first(Header.SESSION_EXPIRES)


def test_our_invite_asks_for_half_an_hour(desk: Desk) -> None:
    invite = place(desk)
    assert invite.first(Header.SESSION_EXPIRES) == "1800"
    assert "timer" in invite.values(Header.SUPPORTED)


def test_nothing_is_asked_of_anybody_where_timers_are_off() -> None:
    desk = Desk(EndpointSettings(realm=REALM, session_timer=0))
    _, done = accepted(desk, TIMER)
    assert expires(done) is None
    assert desk.advance(10_000.0).events == []
    assert place(desk).first(Header.SESSION_EXPIRES) is None


def test_who_asks_for_a_timer_gets_it_even_where_ours_are_off() -> None:
    desk = Desk(EndpointSettings(realm=REALM, session_timer=0))
    leg, done = accepted(desk, TIMER, (Header.SESSION_EXPIRES, "300;refresher=uac"))
    assert expires(done) == "300;refresher=uac"
    assert desk.advance(300.0).events[-1] == Ended(leg, "expired")


@pytest.mark.parametrize(
    ("asked", "said", "required"),
    [
        ("600", "600;refresher=uac", "timer"),
        ("600;refresher=uac", "600;refresher=uac", "timer"),
        ("600;refresher=uas", "600;refresher=uas", None),
        ("7200", "1800;refresher=uac", "timer"),
    ],
)
def test_who_refreshes_and_how_often_is_as_the_caller_likes(
    desk: Desk, asked: str, said: str, required: str | None
) -> None:
    _, done = accepted(desk, TIMER, (Header.SESSION_EXPIRES, asked))
    assert expires(done) == said
    assert done.response.first(Header.REQUIRE) == required


def test_a_caller_that_can_but_does_not_ask_refreshes_all_the_same(desk: Desk) -> None:
    _, done = accepted(desk, TIMER)
    assert expires(done) == "1800;refresher=uac"


def test_a_session_is_not_made_briefer_than_the_caller_allows(desk: Desk) -> None:
    _, done = accepted(desk, TIMER, (Header.SESSION_EXPIRES, "7200"), (Header.MIN_SE, "3600"))
    assert expires(done) == "3600;refresher=uac"


def test_too_brief_a_session_gets_422_and_no_call(desk: Desk) -> None:
    headers = [contact_of(), TIMER, (Header.SESSION_EXPIRES, "60")]
    done = desk.ask(request("INVITE", to="102", headers=headers, body=OFFER))
    assert (done.statuses, done.events) == ([422], [])
    assert done.response.first(Header.MIN_SE) == "90"
    desk.advance(70.0)
    assert desk.held == {}


@pytest.mark.parametrize("header", [Header.SESSION_EXPIRES, Header.MIN_SE])
@pytest.mark.parametrize("text", ["soon", "", "-1", "1e9"])
def test_a_timer_that_cannot_be_read_gets_400(desk: Desk, header: Header, text: str) -> None:
    headers = [contact_of(), TIMER, (header, text)]
    done = desk.ask(request("INVITE", to="102", headers=headers, body=OFFER))
    assert (done.statuses, done.events) == ([400], [])


def test_a_caller_that_does_not_refresh_is_hung_up(desk: Desk) -> None:
    leg, _ = accepted(desk, TIMER, (Header.SESSION_EXPIRES, "300"))
    assert desk.advance(267.0).events == []
    done = desk.advance(2.0)
    assert (done.methods[0], done.event) == ("BYE", Ended(leg, "expired"))
    assert "Session Expired" in (done.requests[0].first(Header.REASON) or "")


@pytest.mark.parametrize("method", ["UPDATE", "INVITE"])
def test_a_caller_that_refreshes_goes_on(desk: Desk, method: str) -> None:
    leg, done = accepted(desk, TIMER, (Header.SESSION_EXPIRES, "300"))
    tag = done.response.to().tag or ""
    for cseq in range(3, 13):
        assert desk.advance(150.0).events == []
        body = OFFER if method == "INVITE" else b""
        headers: Headers = [contact_of(), TIMER, (Header.SESSION_EXPIRES, "300;refresher=uac")]
        done = desk.send(
            request(method, to="102", cseq=cseq, to_tag=tag, headers=headers, body=body)
        )
        if method == "INVITE":
            done = desk.tell(AcceptChange(leg, ANSWER))
            desk.send(request("ACK", to="102", cseq=cseq, to_tag=tag))
        assert expires(done) == "300;refresher=uac"
    assert desk.advance(300.0).events == [Ended(leg, "expired")]


def test_we_refresh_by_update_where_the_phone_takes_it(desk: Desk) -> None:
    called(desk, TIMER, ALLOW, (Header.SESSION_EXPIRES, "600;refresher=uac"))
    for _ in range(3):
        update = desk.advance(300.0).requests[0]
        assert (update.method, update.body) == ("UPDATE", b"")
        assert update.first(Header.SESSION_EXPIRES) == "600;refresher=uac"
        refreshed = [contact_of("102"), (Header.SESSION_EXPIRES, "600;refresher=uac")]
        assert desk.send(answer(update, 200, "callee", b"", refreshed)).events == []


def test_we_refresh_by_the_same_offer_again_where_it_does_not(desk: Desk) -> None:
    called(desk, TIMER, (Header.SESSION_EXPIRES, "600;refresher=uac"))
    invite = desk.advance(300.0).requests[0]
    assert (invite.method, invite.body) == ("INVITE", OFFER)
    done = desk.send(answer(invite, 200, "callee", ANSWER, [contact_of("102")]))
    assert (done.methods, done.events) == (["ACK"], [])


def test_an_answer_that_has_changed_meanwhile_is_told(desk: Desk) -> None:
    called(desk, TIMER, (Header.SESSION_EXPIRES, "600;refresher=uac"))
    invite = desk.advance(300.0).requests[0]
    done = desk.send(answer(invite, 200, "callee", HELD, [contact_of("102")]))
    assert done.event == ChangeAnswered("b", HELD)


def test_a_phone_that_refuses_update_after_all_is_asked_by_invite(desk: Desk) -> None:
    called(desk, TIMER, ALLOW, (Header.SESSION_EXPIRES, "600;refresher=uac"))
    update = desk.advance(300.0).requests[0]
    assert desk.send(answer(update, 501, "callee")).methods == ["INVITE"]


def test_a_refresh_that_is_never_accepted_ends_the_call(desk: Desk) -> None:
    called(desk, TIMER, ALLOW, (Header.SESSION_EXPIRES, "90;refresher=uac"))
    events = []
    for _ in range(20):
        done = desk.advance(5.0)
        events += done.events
        for asked in done.requests:
            if asked.method == "UPDATE":
                events += desk.send(answer(asked, 488, "callee")).events
    assert events == [Ended("b", "expired")]


def test_a_refresh_that_finds_nobody_ends_the_call(desk: Desk) -> None:
    called(desk, TIMER, ALLOW, (Header.SESSION_EXPIRES, "600;refresher=uac"))
    update = desk.advance(300.0).requests[0]
    done = desk.send(answer(update, 481, "callee"))
    assert (done.methods, done.event) == (["BYE"], Ended("b", "lost"))


def test_a_phone_without_timers_is_asked_whether_it_is_there(desk: Desk, peer: Peer) -> None:
    invite = desk.advance(900.0).requests[0]
    assert invite.method == "INVITE"
    peer.answer(invite, 488)
    again = desk.advance(900.0).requests[0]
    assert again.cseq().number > invite.cseq().number
    done = desk.advance(33.0)
    assert done.events == [Ended(peer.leg, "timeout")]


def test_a_change_refreshes_too(desk: Desk) -> None:
    called(desk, TIMER, ALLOW, (Header.SESSION_EXPIRES, "600;refresher=uac"))
    desk.advance(200.0)
    change = desk.tell(Change("b", HOLD)).request
    assert change.first(Header.SESSION_EXPIRES) == "600;refresher=uac"
    refreshed = [contact_of("102"), (Header.SESSION_EXPIRES, "600;refresher=uac")]
    desk.send(answer(change, 200, "callee", HELD, refreshed))
    assert desk.advance(299.0).requests == []
    assert desk.advance(2.0).methods[0] == "UPDATE"


def test_a_phone_that_wants_longer_sessions_is_asked_again_for_them(desk: Desk) -> None:
    desk = Desk(EndpointSettings(realm=REALM, session_timer=300))
    invite = place(desk)
    done = desk.send(answer(invite, 422, "callee", b"", [(Header.MIN_SE, "600")]))
    again = done.requests[1]
    assert done.methods == ["ACK", "INVITE"]
    assert (again.first(Header.SESSION_EXPIRES), again.first(Header.MIN_SE)) == ("600", "600")
    assert (again.call_id(), again.cseq().number) == (invite.call_id(), 2)
    assert again.count(Header.VIA) == 1
    done = desk.send(answer(again, 200, "callee", ANSWER, [contact_of("102")]))
    assert done.request.cseq().number == 2
    fork = desk.send(answer(again, 200, "other", ANSWER, [contact_of("102")]))
    assert fork.methods == ["ACK", "BYE"], "the second phone is not left waiting"


def test_a_phone_that_always_wants_more_is_given_up(desk: Desk) -> None:
    asked = place(desk)
    minimum = 2000
    for _ in range(2):
        done = desk.send(answer(asked, 422, "callee", b"", [(Header.MIN_SE, str(minimum))]))
        asked, minimum = done.requests[1], minimum + 1000
    done = desk.send(answer(asked, 422, "callee", b"", [(Header.MIN_SE, str(minimum))]))
    assert done.event == Refused("b", 422)


def test_a_422_that_asks_for_nothing_is_a_refusal(desk: Desk) -> None:
    done = desk.send(answer(place(desk), 422, "callee"))
    assert isinstance(done.event, Refused)
