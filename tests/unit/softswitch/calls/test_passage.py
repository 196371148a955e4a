"""Changes of a session whose descriptions pass end to end."""

import pytest

from softswitch.calls import CallSettings
from softswitch.sip.vocabulary import (
    AcceptChange,
    Answered,
    Change,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    RefuseChange,
)
from tests.unit.softswitch.calls.office import CALLER, Office

CALLEE = "c1-1"


@pytest.fixture
def office() -> Office:
    office = Office(CallSettings(direct=True))
    office.call("102", sdp=b"caller 1")
    office.say(Answered(CALLEE, b"callee 1"))
    office.confirm()
    return office


def test_a_change_goes_across_and_its_answer_comes_back(office: Office) -> None:
    assert office.say(Changed(CALLER, b"caller 2")) == [Change(CALLEE, b"caller 2")]
    assert office.say(ChangeAnswered(CALLEE, b"callee 2")) == [AcceptChange(CALLER, b"callee 2")]


def test_a_refusal_comes_back(office: Office) -> None:
    office.say(Changed(CALLER, b"caller 2"))
    assert office.say(ChangeRefused(CALLEE, 488)) == [RefuseChange(CALLER, 488)]


def test_both_at_once_is_glare(office: Office) -> None:
    office.say(Changed(CALLER, b"caller 2"))
    assert office.say(Changed(CALLEE, b"callee 2")) == [RefuseChange(CALLEE, 491)]


def test_a_side_that_wants_an_offer_is_offered_the_others_session(office: Office) -> None:
    assert office.say(Changed(CALLER, b"")) == [AcceptChange(CALLER, b"callee 1")]
    assert office.confirm(sdp=b"caller 1") == []


def test_an_answer_in_the_ack_that_differs_goes_across(office: Office) -> None:
    office.say(Changed(CALLER, b""))
    assert office.confirm(sdp=b"caller 2") == [Change(CALLEE, b"caller 2")]


def test_an_offer_is_wanted_again_after_the_ack(office: Office) -> None:
    office.say(Changed(CALLER, b""))
    office.confirm(sdp=b"caller 1")
    assert office.say(Changed(CALLER, b"")) == [AcceptChange(CALLER, b"callee 1")]
