"""Changes of a session between two sides: hold and back, moves, glare."""

import pytest

from media import sdp
from media.control import Direct, Silence
from softswitch.calls.ending import reason_for
from softswitch.calls.facts import SessionChanged
from softswitch.calls.record import Cause
from softswitch.sip.vocabulary import (
    AcceptChange,
    Change,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    End,
    Ended,
    RefuseChange,
)
from tests.unit.softswitch.calls.office import (
    CALLER,
    Office,
    answered,
    described,
    redirected_offer,
)


@pytest.fixture
def office() -> Office:
    """Two extensions that talk."""
    office = Office()
    office.call("102")
    office.answer(office.leg_of("102"))
    office.confirm()
    office.out.clear()
    return office


CALLEE = "c1-1"


def direction(body: bytes) -> str:
    return sdp.direction_of(sdp.parse(body))


def hold(office: Office, leg: str = CALLER) -> None:
    """Let `leg` put the other side on hold, and the other side agree."""
    other = CALLEE if leg == CALLER else CALLER
    office.say(Changed(leg, redirected_offer(described(4000), "sendonly")))
    change = office.asked(Change)[-1]
    office.say(ChangeAnswered(other, answered(change.sdp, 6000)))


def test_hold_is_passed_through_and_answered_as_the_other_side_answers(office: Office) -> None:
    office.say(Changed(CALLER, redirected_offer(described(4000), "sendonly")))
    (change,) = office.asked(Change)
    assert (change.leg, direction(change.sdp)) == (CALLEE, "sendonly")
    assert office.asked(AcceptChange) == []
    office.say(ChangeAnswered(CALLEE, answered(change.sdp, 6000)))
    (accepted,) = office.asked(AcceptChange)
    assert (accepted.leg, direction(accepted.sdp)) == (CALLER, "recvonly")
    assert [(d.stream, d.sends, d.receives) for d in office.told(Direct)] == [
        (2, True, False),
        (1, False, True),
    ]


def test_taking_back_from_hold_restores_both_directions(office: Office) -> None:
    hold(office)
    office.say(Changed(CALLER, described(4000)))
    change = office.asked(Change)[-1]
    assert direction(change.sdp) == "sendrecv"
    office.say(ChangeAnswered(CALLEE, answered(change.sdp, 6000)))
    assert direction(office.asked(AcceptChange)[-1].sdp) == "sendrecv"
    assert [fact.direction for fact in office.facts(SessionChanged)] == [
        "recvonly",
        "sendrecv",
    ]


def test_hold_by_the_address_of_old_is_hold(office: Office) -> None:
    body = described(4000).replace(b"c=IN IP4 192.0.2.50", b"c=IN IP4 0.0.0.0")
    office.say(Changed(CALLER, body))
    assert direction(office.asked(Change)[0].sdp) == "sendonly"


def test_a_held_side_may_hold_too(office: Office) -> None:
    hold(office)
    office.say(Changed(CALLEE, redirected_offer(described(6000), "inactive")))
    change = office.asked(Change)[-1]
    assert (change.leg, direction(change.sdp)) == (CALLER, "inactive")


def test_versions_of_our_descriptions_rise(office: Office) -> None:
    hold(office)
    office.say(Changed(CALLER, described(4000)))
    versions = [int(sdp.parse(change.sdp).version) for change in office.asked(Change)]
    assert versions == [2, 3]


def test_a_move_is_answered_without_asking_the_other_side(office: Office) -> None:
    office.say(Changed(CALLER, described(4444)))
    assert office.asked(Change) == []
    assert [accepted.leg for accepted in office.asked(AcceptChange)] == [CALLER]
    assert [(d.stream, d.port) for d in office.told(Direct)] == [(1, 4444)]


def test_a_refresh_that_changes_nothing_leaves_the_stream_alone(office: Office) -> None:
    office.say(Changed(CALLER, described(4000)))
    assert len(office.asked(AcceptChange)) == 1
    assert office.told(Direct) == []


def test_a_refused_hold_is_refused_and_the_session_stays(office: Office) -> None:
    office.say(Changed(CALLER, redirected_offer(described(4000), "sendonly")))
    office.say(ChangeRefused(CALLEE, 488))
    assert office.asked(RefuseChange) == [RefuseChange(CALLER, 488)]
    assert office.told(Direct) == []


def test_both_sides_changing_at_once_is_glare(office: Office) -> None:
    office.say(Changed(CALLER, redirected_offer(described(4000), "sendonly")))
    assert office.say(Changed(CALLEE, redirected_offer(described(6000), "sendonly"))) == [
        RefuseChange(CALLEE, 491)
    ]


def test_an_unusable_offer_is_refused(office: Office) -> None:
    [refusal] = office.say(Changed(CALLER, b"nonsense"))
    assert isinstance(refusal, RefuseChange)
    assert (refusal.status, refusal.warning[:4]) == (488, "399 ")
    video = described(4000).replace(b"m=audio", b"m=video")
    assert office.say(Changed(CALLER, video)) == [
        RefuseChange(CALLER, 488, "304 no audio is offered")
    ]


def test_an_unusable_answer_refuses_the_change(office: Office) -> None:
    office.say(Changed(CALLER, redirected_offer(described(4000), "sendonly")))
    assert office.say(ChangeAnswered(CALLEE, b"nonsense")) == [RefuseChange(CALLER, 488)]


def test_a_side_that_wants_an_offer_gets_one_and_answers_in_its_ack(office: Office) -> None:
    office.say(Changed(CALLER, b""))
    (accepted,) = office.asked(AcceptChange)
    assert direction(accepted.sdp) == "sendrecv"
    office.confirm(sdp=answered(accepted.sdp, 4444))
    assert [(d.stream, d.port) for d in office.told(Direct)] == [(1, 4444)]


def test_hold_by_an_answer_in_the_ack_reaches_the_other_side(office: Office) -> None:
    office.say(Changed(CALLER, b""))
    (accepted,) = office.asked(AcceptChange)
    office.confirm(sdp=answered(accepted.sdp, 4000, direction=sdp.Direction.SENDONLY))
    (change,) = office.asked(Change)
    assert (change.leg, direction(change.sdp)) == (CALLEE, "sendonly")


def test_who_answers_a_caller_on_hold_is_told_so_at_the_callers_ack() -> None:
    office = Office()
    office.call("102", sdp=redirected_offer(described(4000), "sendonly"))
    office.answer(office.leg_of("102"))
    assert office.asked(Change) == []
    office.confirm()
    [change] = office.asked(Change)
    assert (change.leg, direction(change.sdp)) == (CALLEE, "sendonly")
    office.say(ChangeAnswered(CALLEE, answered(change.sdp, 6000)))
    assert office.asked(Change) == [change], "the two agree now"


def test_who_takes_no_hold_is_not_told_of_it_twice() -> None:
    office = Office()
    office.call("102", sdp=redirected_offer(described(4000), "sendonly"))
    office.answer(office.leg_of("102"))
    office.confirm()
    [change] = office.asked(Change)
    office.say(ChangeAnswered(CALLEE, described(6000)))
    office.confirm()
    assert office.asked(Change) == [change]


def test_a_bye_during_a_change_ends_the_call(office: Office) -> None:
    office.say(Changed(CALLER, redirected_offer(described(4000), "sendonly")))
    assert End(CALLER, reason_for(Cause.CALLEE_HUNG_UP)) in office.say(Ended(CALLEE, "bye"))
    assert office.say(ChangeRefused(CALLEE, 481))[0].__class__.__name__ == "Discard"
    office.settle()
    assert office.is_empty


def test_a_change_after_the_end_is_refused(office: Office) -> None:
    office.say(Ended(CALLEE, "bye"))
    assert office.say(Changed(CALLER, described(4000))) == [RefuseChange(CALLER, 481)]


def test_silence_on_hold_is_borne_longer(office: Office) -> None:
    hold(office)
    office.hear(Silence(2, 10.0, False))
    office.wait(1799.0)
    assert office.asked(End) == []
    office.wait(1.0)
    assert len(office.asked(End)) == 2
