import pytest

from softswitch.sip.dialog import Due, SessionTimer
from softswitch.sip.dialog.session_timer import SessionExpires, is_too_brief, minimum_of
from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Request, Response, respond


def invite(*headers: tuple[Header, str]) -> Request:
    return Request.build("INVITE", "sip:102@192.0.2.1", headers)


def ok(*headers: tuple[Header, str]) -> Response:
    return respond(invite(), 200, headers=headers)


def expires(text: str) -> tuple[Header, str]:
    return Header.SESSION_EXPIRES, text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90", SessionExpires(90)),
        ("4000;refresher=uac", SessionExpires(4000, "uac")),
        (" 4000 ; x=y ; Refresher = UAS", SessionExpires(4000, "uas")),
        ("4000;refresher=me", SessionExpires(4000)),
        ("9" * 40, SessionExpires(2**32 - 1)),
    ],
)
def test_session_expires_is_read(text: str, value: SessionExpires) -> None:
    assert SessionExpires.of(invite(expires(text))) == value


@pytest.mark.parametrize("text", ["", "x", "-1", ";refresher=uac", "9" * 41])
def test_what_is_no_number_of_seconds_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        SessionExpires.of(invite(expires(text)))
    with pytest.raises(ParseError):
        minimum_of(invite((Header.MIN_SE, text)))


def test_only_who_has_timers_can_be_told_that_his_is_too_brief() -> None:
    brief = invite(expires("89"))
    assert is_too_brief(brief, peer_has_timers=True)
    assert not is_too_brief(brief, peer_has_timers=False)
    assert not is_too_brief(invite(expires("90")), peer_has_timers=True)


def test_a_proxy_that_asks_for_a_caller_without_timers_is_told_that_we_refresh() -> None:
    timer = SessionTimer(1800)
    headers = timer.grant(invite(expires("600")), peer_has_timers=False, now=0.0)
    assert headers == ((Header.SESSION_EXPIRES, "600;refresher=uas"),)
    assert timer.deadline == 300.0


def test_who_knows_no_timers_is_told_nothing_and_asked_by_us() -> None:
    timer = SessionTimer(1800)
    assert timer.grant(invite(), peer_has_timers=False, now=0.0) == ()
    assert timer.deadline == 900.0
    assert timer.expire(900.0) is Due.REFRESH
    assert timer.deadline == 910.0


def test_who_refreshes_has_until_shortly_before_the_end() -> None:
    timer = SessionTimer(1800)
    timer.answered(ok(expires("600;refresher=uas")), 0.0)
    assert timer.deadline == 568.0
    assert timer.expire(567.9) is None
    assert timer.expire(568.0) is Due.EXPIRED
    assert timer.deadline is None


def test_a_third_of_a_brief_session_is_left_for_the_end() -> None:
    timer = SessionTimer(1800)
    timer.answered(ok(expires("90;refresher=uas")), 0.0)
    assert timer.deadline == 60.0


def test_a_peer_that_does_not_say_who_refreshes_leaves_it_to_us() -> None:
    timer = SessionTimer(1800)
    timer.answered(ok(expires("600")), 0.0)
    assert timer.deadline == 300.0


@pytest.mark.parametrize("said", [(), (expires("soon"),)])
def test_a_peer_that_says_nothing_of_use_has_no_timers(said: tuple[tuple[Header, str]]) -> None:
    timer = SessionTimer(1800)
    timer.answered(ok(*said), 0.0)
    assert timer.deadline == 900.0
    timer.refused(900.0)
    assert timer.deadline == 1800.0


def test_a_refusal_by_who_has_timers_refreshes_nothing() -> None:
    timer = SessionTimer(1800)
    timer.answered(ok(expires("600;refresher=uac")), 0.0)
    timer.refused(300.0)
    assert timer.expire(568.0) is Due.EXPIRED


def test_a_later_request_keeps_who_refreshes() -> None:
    timer = SessionTimer(1800)
    assert timer.ask() == (expires("1800"),)
    timer.answered(ok(expires("600;refresher=uas")), 0.0)
    assert timer.ask() == (expires("600;refresher=uas"),)


def test_a_minimum_raises_what_is_asked_once() -> None:
    timer = SessionTimer(300)
    refusal = respond(invite(), 422, headers=[(Header.MIN_SE, "600")])
    assert timer.raise_to(refusal)
    assert timer.ask() == (expires("600"), (Header.MIN_SE, "600"))
    assert not timer.raise_to(refusal)
