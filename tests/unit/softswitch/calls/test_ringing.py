"""A Ring step: who rings when, who is heard, who wins."""

import pytest

from media.control import Bridge, Close, Direct, Play, Stop, Unbridge
from softswitch.calls.ending import reason_for
from softswitch.calls.facts import Noted, StepEntered
from softswitch.calls.forking import outcome_of
from softswitch.calls.instructions import ApplicationWanted, FollowKey
from softswitch.calls.record import Cause
from softswitch.calls.settings import CallSettings
from softswitch.routing.plan import EnterVoicemail, Outcome
from softswitch.sip.vocabulary import (
    Accept,
    Answered,
    Diversion,
    End,
    Ended,
    Party,
    Place,
    Progress,
    Progressed,
    Refuse,
    Refused,
    Ring,
    Withdraw,
)
from tests.unit.softswitch.calls.office import CALLER, Office, answered


@pytest.fixture
def office() -> Office:
    return Office()


# Strategies


def test_all_at_once_rings_everybody_and_gives_up_together(office: Office) -> None:
    office.call("600")
    assert office.ringing == ["102", "103"]
    office.wait(14.9)
    assert office.asked(Withdraw) == []
    office.wait(0.1)
    assert len(office.asked(Withdraw)) == 2


def test_in_turn_stops_one_before_the_next_begins(office: Office) -> None:
    office.call("601")
    times = [office.now]
    seen = [tuple(office.ringing)]
    while len(seen) < 3:
        office.wait(1.0)
        if tuple(office.ringing) not in ((), seen[-1]):
            seen.append(tuple(office.ringing))
            times.append(office.now)
    assert seen == [("102",), ("103",), ("104",)]
    assert times == [0.0, 25.0, 50.0]


def test_who_has_become_busy_before_his_turn_is_passed_over(office: Office) -> None:
    office.call("601")
    office.wait(1.0)
    office.call("*43", caller="103")
    office.wait(24.0)
    assert office.ringing == []
    office.wait(10.0)
    assert office.ringing == ["104"]
    assert Noted("passed-over", "103 is busy") in office.facts(Noted)


def test_who_has_unregistered_before_his_turn_is_passed_over(office: Office) -> None:
    office.call("601")
    del office.telephones["103"]
    office.wait(35.0)
    assert office.ringing == ["104"]


def test_in_turn_moves_on_at_once_when_one_declines(office: Office) -> None:
    office.call("601")
    office.refuse(office.leg_of("102"), 486)
    office.wait(10.0)
    assert office.ringing == ["103"]


# One winner


def test_the_others_are_told_that_the_call_was_answered_elsewhere(office: Office) -> None:
    office.call("600")
    winner, loser = office.leg_of("102"), office.leg_of("103")
    out = office.answer(winner)
    assert Withdraw(loser, answered_elsewhere=True) in out


def test_of_two_answers_in_one_instant_exactly_one_wins(office: Office) -> None:
    office.call("600")
    first, second = office.leg_of("102"), office.leg_of("103")
    late = answered(office.placed[second].sdp, 6100)
    office.answer(first)
    assert office.say(Answered(second, late)) == [End(second)]
    assert len(office.asked(Accept)) == 1
    assert office.told(Bridge) == [Bridge(1, 2)]


def test_the_streams_of_losers_are_closed(office: Office) -> None:
    office.call("600")
    office.answer(office.leg_of("103"))
    assert [close.stream for close in office.told(Close)] == [2]


def test_an_answer_without_a_usable_session_does_not_win(office: Office) -> None:
    office.call("600")
    bad, good = office.leg_of("102"), office.leg_of("103")
    office.placed.pop(bad)
    assert End(bad) in office.say(Answered(bad, b"nonsense"))
    office.answer(good)
    assert len(office.asked(Accept)) == 1


# Several telephones of one person


def test_all_telephones_of_an_extension_ring(office: Office) -> None:
    office.telephones["102"] = 3
    office.call("102")
    assert [place.target.uri for place in office.asked(Place)] == [
        f"sip:102@192.0.2.50:{port}" for port in (5000, 5001, 5002)
    ]


@pytest.mark.parametrize(("status", "heard"), [(486, 486), (603, 603), (600, 486)])
def test_a_decline_on_one_telephone_stops_all_of_the_person(
    office: Office, status: int, heard: int
) -> None:
    office.telephones["102"] = 2
    office.call("102")
    legs = list(office.placed)
    office.refuse(legs[0], status)
    assert [withdraw.leg for withdraw in office.asked(Withdraw)] == [legs[1]]
    assert office.asked(Refuse) == [Refuse(CALLER, heard)]


def test_a_dead_telephone_leaves_the_others_ringing(office: Office) -> None:
    office.telephones["102"] = 2
    office.call("102")
    office.refuse(next(iter(office.placed)), 503)
    assert office.ringing == ["102"]
    assert office.asked(Refuse) == []


@pytest.mark.parametrize(
    ("status", "rang", "outcome"),
    [
        (486, True, Outcome.BUSY),
        (600, False, Outcome.BUSY),
        (603, True, Outcome.REFUSED),
        (480, False, Outcome.NO_ANSWER),
        (408, True, Outcome.NO_ANSWER),
        (408, False, Outcome.NOT_REGISTERED),
        (404, False, Outcome.NOT_REGISTERED),
        (503, False, Outcome.NOT_REGISTERED),
        (488, False, Outcome.REFUSED),
    ],
)
def test_a_status_becomes_an_outcome(status: int, rang: bool, outcome: Outcome) -> None:
    assert outcome_of(status, rang=rang) is outcome


def test_nobody_registered_is_known_at_once(office: Office) -> None:
    office.telephones.clear()
    office.call("102")
    assert office.asked(Refuse) == [Refuse(CALLER, 480)]


def test_no_answer_goes_to_the_groups_mailbox(office: Office) -> None:
    office.call("600")
    office.ring(office.leg_of("102"))
    office.wait(15.0)
    office.confirm()
    (wanted,) = office.asked(ApplicationWanted)
    assert isinstance(wanted.step, EnterVoicemail)
    assert [step.step for step in office.facts(StepEntered)] == ["ring", "voicemail"]


# Early media


def test_early_media_is_heard_by_the_caller(office: Office) -> None:
    office.call("102")
    leg = office.leg_of("102")
    office.ring(leg, early=answered(office.placed[leg].sdp, 6000))
    (progress,) = office.asked(Progress)
    assert progress.leg == CALLER
    assert [(d.stream, d.early) for d in office.told(Direct)] == [(2, True), (1, True)]
    assert office.told(Bridge) == [Bridge(1, 2)]
    assert office.asked(Ring) == []


def test_the_answer_repeats_the_description_of_the_early_media(office: Office) -> None:
    office.call("102")
    leg = office.leg_of("102")
    office.ring(leg, early=answered(office.placed[leg].sdp, 6000))
    office.answer(leg, port=6000)
    assert office.asked(Accept)[0].sdp == office.asked(Progress)[0].sdp
    assert [(d.stream, d.early) for d in office.told(Direct)][-2:] == [(2, False), (1, False)]


def test_early_media_of_one_fork_is_heard_until_that_fork_ends(office: Office) -> None:
    office.call("600")
    first, second = office.leg_of("102"), office.leg_of("103")
    office.ring(second, early=answered(office.placed[second].sdp, 6100))
    office.ring(first, early=answered(office.placed[first].sdp, 6000))
    assert office.told(Bridge) == [Bridge(1, 3)]
    office.refuse(second, 480)
    assert office.told(Bridge) == [Bridge(1, 3), Bridge(1, 2)]
    assert len(office.asked(Progress)) == 1


def test_a_caller_past_early_media_hears_our_ringback(office: Office) -> None:
    office.call("600")
    leg = office.leg_of("103")
    office.ring(leg, early=answered(office.placed[leg].sdp, 6100))
    office.refuse(leg, 480)
    (play,) = office.told(Play)
    assert (play.stream, play.sources, play.repeat) == (1, ("tone:ringback",), True)
    office.answer(office.leg_of("102"))
    assert office.told(Stop) == [Stop(1)]


def test_early_media_that_is_said_to_be_over_gives_way_to_the_next(office: Office) -> None:
    office.call("600")
    first, second = office.leg_of("102"), office.leg_of("103")
    office.ring(second, early=answered(office.placed[second].sdp, 6100))
    office.ring(first, early=answered(office.placed[first].sdp, 6000))
    office.say(Progressed(second, 199))
    assert office.told(Bridge) == [Bridge(1, 3), Bridge(1, 2)]
    assert len(office.asked(Progress)) == 1, "the caller's early dialog goes on"


def test_after_the_last_early_media_the_caller_hears_our_ringback(office: Office) -> None:
    office.call("102")
    leg = office.leg_of("102")
    early = answered(office.placed[leg].sdp, 6000)
    office.ring(leg, early=early)
    office.say(Progressed(leg, 199))
    assert office.told(Unbridge) == [Unbridge(1)]
    assert [play.sources for play in office.told(Play)] == [("tone:ringback",)]
    office.ring(leg, early=early)
    assert office.told(Stop) == [Stop(1)]
    assert office.told(Bridge) == [Bridge(1, 2), Bridge(1, 2)]


def test_the_end_of_early_media_that_nobody_heard_changes_nothing(office: Office) -> None:
    office.call("102")
    assert office.say(Progressed(office.leg_of("102"), 199)) == []


def test_early_media_that_cannot_be_understood_is_ringing(office: Office) -> None:
    office.call("102")
    office.say(Progressed(office.leg_of("102"), 183, b"nonsense"))
    assert office.asked(Progress) == []
    assert office.asked(Ring) == [Ring(CALLER, Party("102", "Person 102"))]


def test_183_without_a_description_is_no_ringing(office: Office) -> None:
    office.call("102")
    assert office.say(Progressed(office.leg_of("102"), 183)) == []


# After a menu


def test_an_answered_caller_hears_ringback_and_is_bridged_without_another_200(
    office: Office,
) -> None:
    office.call("800", caller="104")
    office.confirm()
    office.instruct(FollowKey("2"))
    assert office.told(Play)[-1].sources == ("tone:ringback",)
    office.answer(office.leg_of("102"))
    assert office.told(Stop) == [Stop(1)]
    assert office.told(Bridge) == [Bridge(1, 2)]
    assert len(office.asked(Accept)) == 1


def test_an_answered_caller_is_hung_up_when_nobody_is_there(office: Office) -> None:
    office.telephones.clear()
    office.call("800", caller="104")
    office.confirm()
    office.instruct(FollowKey("2"))
    assert office.asked(End) == [End(CALLER, reason_for(Cause.PLAN))]


# Redirections


def test_a_redirected_telephone_is_replaced_in_its_place(office: Office) -> None:
    office.call("600")
    office.refuse(office.leg_of("102"), 302, "sip:104@192.0.2.1")
    assert sorted(office.ringing) == ["103", "104"]
    place = office.asked(Place)[-1]
    assert place.diversions == (Diversion("102", "deflection"),)


def test_a_group_stops_the_replacement_with_the_member(office: Office) -> None:
    office.call("600")
    office.refuse(office.leg_of("102"), 302, "sip:104@192.0.2.1")
    office.wait(15.0)
    assert office.ringing == []


def test_a_redirection_that_leads_back_is_an_end(office: Office) -> None:
    office.call("102")
    office.refuse(office.leg_of("102"), 302, "sip:103@192.0.2.1")
    office.refuse(office.leg_of("103"), 302, "sip:102@192.0.2.1")
    assert office.ringing == []
    assert len(office.asked(Refuse)) == 1


def test_redirections_are_counted() -> None:
    office = Office(CallSettings(redirections=0))
    office.call("102")
    office.refuse(office.leg_of("102"), 302, "sip:103@192.0.2.1")
    assert office.asked(Refuse) == [Refuse(CALLER, 603)]


def test_a_redirection_to_an_unknown_number_ends_that_telephone(office: Office) -> None:
    office.call("600")
    office.refuse(office.leg_of("102"), 302, "sip:999@192.0.2.1")
    assert office.ringing == ["103"]


def test_a_redirection_that_its_telephone_may_not_make_is_a_refusal(office: Office) -> None:
    office.call("102")
    office.refuse(office.leg_of("102"), 302, "sip:+441632960@192.0.2.1")
    assert office.asked(Refuse) == [Refuse(CALLER, 603)]
    office.settle()
    notes = [note for step in office.record.steps for note in step.notes]
    assert notes == [Noted("redirection-refused", "102 to +441632960: not-allowed")]


def test_a_redirection_to_a_department_rings_it_by_its_own_rules(office: Office) -> None:
    office.call("102", caller="101")
    office.refuse(office.leg_of("102"), 302, "sip:601@192.0.2.1")
    assert office.ringing == ["103"], "in turn, and without who sent the call there"
    office.wait(25.0)
    assert office.ringing == ["104"]
    assert office.asked(Place)[-1].diversions == (Diversion("102", "deflection"),)
    assert [(s.step, s.name) for s in office.facts(StepEntered)] == [
        ("ring", "employee 102"),
        ("ring", "department service"),
    ]


def test_two_redirections_are_both_told_newest_first(office: Office) -> None:
    office.call("102")
    office.refuse(office.leg_of("102"), 302, "sip:103@192.0.2.1")
    office.refuse(office.leg_of("103"), 302, "sip:104@192.0.2.1")
    assert office.asked(Place)[-1].diversions == (
        Diversion("103", "deflection"),
        Diversion("102", "deflection"),
    )


def test_redirections_one_after_another_are_counted() -> None:
    office = Office(CallSettings(redirections=1))
    office.call("102")
    office.refuse(office.leg_of("102"), 302, "sip:103@192.0.2.1")
    office.refuse(office.leg_of("103"), 302, "sip:104@192.0.2.1")
    assert office.ringing == []
    assert Noted("too-many-redirections", "sip:104@192.0.2.1") in office.facts(Noted)


def test_a_redirection_to_a_mailbox_takes_the_call_there(office: Office) -> None:
    office.call("102")
    office.refuse(office.leg_of("102"), 302, "sip:801@192.0.2.1")
    office.confirm()
    (wanted,) = office.asked(ApplicationWanted)
    assert isinstance(wanted.step, EnterVoicemail)


def test_a_members_mailbox_does_not_take_the_groups_call(office: Office) -> None:
    office.call("600")
    office.refuse(office.leg_of("102"), 302, "sip:801@192.0.2.1")
    assert office.ringing == ["103"]
    assert office.asked(ApplicationWanted) == []


def test_a_withdrawn_telephone_is_forgotten_when_it_has_said_so(office: Office) -> None:
    office.call("601")
    leg = office.leg_of("102")
    office.wait(15.0)
    assert [withdraw.leg for withdraw in office.asked(Withdraw)] == [leg]
    office.owed.clear()
    office.say(Refused(leg, 487))
    office.say(Ended(CALLER, "cancel"))
    assert office.ringing == []
