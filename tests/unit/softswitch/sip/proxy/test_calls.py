"""What the proxy knows of the calls that it passes on."""

import pytest

from softswitch.sip.guard import Callers
from softswitch.sip.message import Header, Response
from softswitch.sip.outputs import CallPassedOn
from softswitch.sip.proxy.calls import Calls
from tests.unit.softswitch.sip.speaking import Headers, answer, request

INVITE = request("INVITE", "101", "102")


def accept(calls: Calls, key: str = "k", tag: str = "one", headers: Headers = ()) -> Response:
    """Answer the call of a key at 3 s."""
    told = answer(INVITE, 200, tag, headers=headers)
    calls.answered(key, told, 3.0)
    return told


def hang_up(calls: Calls, now: float, tag: str = "one", own: str = "phone") -> list[CallPassedOn]:
    """Let who has the tag `own` hang up."""
    return calls.heard(request("BYE", "101", "102", from_tag=own, to_tag=tag), now)


@pytest.fixture
def calls() -> Calls:
    calls = Calls(Callers(most=2), most=3, longest=100.0)
    calls.begin("k", INVITE, "101", "102", 1.0)
    return calls


def test_a_call_ends_with_its_bye(calls: Calls) -> None:
    accept(calls)
    told = CallPassedOn("call-1", "101", "102", 200, 2.0, 7.0, is_lost=False)
    assert hang_up(calls, 10.0) == [told]
    assert (len(calls), calls.deadline) == (0, None)
    assert hang_up(calls, 11.0) == []


def test_the_callee_may_hang_up_as_well(calls: Calls) -> None:
    accept(calls)
    assert len(hang_up(calls, 10.0, tag="phone", own="one")) == 1


def test_a_bye_of_another_dialog_ends_nothing(calls: Calls) -> None:
    accept(calls)
    assert hang_up(calls, 10.0, tag="other") == []
    assert len(calls) == 1


def test_a_call_that_two_have_answered_ends_when_both_have_been_let_go(calls: Calls) -> None:
    accept(calls, tag="one")
    accept(calls, tag="two")
    assert hang_up(calls, 10.0, tag="one") == []
    assert len(hang_up(calls, 11.0, tag="two")) == 1


def test_a_refused_call_tells_what_the_caller_was_told(calls: Calls) -> None:
    told = CallPassedOn("call-1", "101", "102", 486, 4.0, 0.0, is_lost=False)
    assert calls.unanswered("k", 486, 5.0) == [told]


def test_an_answered_call_is_not_over_with_its_invite(calls: Calls) -> None:
    accept(calls)
    assert calls.unanswered("k", 408, 5.0) == []


def test_a_call_whose_end_is_not_seen_counts_no_longer_than_the_longest(calls: Calls) -> None:
    accept(calls)
    assert calls.deadline == 103.0
    assert calls.expire(102.0) == []
    [told] = calls.expire(103.0)
    assert (told.is_lost, told.talked) == (True, 100.0)


@pytest.mark.parametrize(("expires", "due"), [("95;refresher=uac", 98.0), ("1", 93.0)])
def test_a_session_timer_ends_it_sooner(calls: Calls, expires: str, due: float) -> None:
    accept(calls, headers=[(Header.SESSION_EXPIRES, expires)])
    assert calls.deadline == due


@pytest.mark.parametrize("text", ["soon", ""])
def test_a_session_timer_that_cannot_be_read_is_none(calls: Calls, text: str) -> None:
    accept(calls, headers=[(Header.SESSION_EXPIRES, text)])
    assert calls.deadline == 103.0


def test_a_refresh_starts_the_session_timer_anew(calls: Calls) -> None:
    accept(calls, headers=[(Header.SESSION_EXPIRES, "90")])
    calls.heard(request("UPDATE", "101", "102", from_tag="phone", to_tag="one"), 8.0)
    assert calls.deadline == 98.0
    calls.heard(request("UPDATE", "101", "102", from_tag="phone", to_tag="one"), 60.0)
    assert calls.deadline == 103.0


def test_extensions_and_the_switch_have_room_for_so_many(calls: Calls) -> None:
    assert calls.has_room("101")
    calls.begin("l", INVITE, "101", "102", 1.0)
    assert not calls.has_room("101")
    assert calls.has_room("103")
    calls.begin("m", INVITE, "103", "102", 1.0)
    assert not calls.has_room("104")
    calls.unanswered("l", 486, 2.0)
    assert calls.has_room("101")
