"""Applications within a call, as the exchange carries them out."""

import pytest

from media.control import (
    Bridge,
    Close,
    Digit,
    Direct,
    Play,
    Played,
    Record,
    Recorded,
    Stop,
    StopRecording,
    Unbridge,
    WorkerLost,
)
from softswitch.calls import Discard
from softswitch.calls.ending import reason_for
from softswitch.calls.exchange import NOBODY
from softswitch.calls.facts import Noted
from softswitch.calls.instructions import (
    ApplicationWanted,
    CallEnded,
    EchoBack,
    FollowExtension,
    FollowKey,
    FollowOutcome,
    HangUpCall,
    Heard,
    KeyPressed,
    Note,
    PlayEnded,
    PlayTo,
    RecordFrom,
    RecordingEnded,
    SaveMessage,
    StopPlaying,
    StopRecordingFrom,
)
from softswitch.calls.record import Cause
from softswitch.routing.plan import EnterEcho, EnterMenu, EnterVoicemail, Outcome
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Changed,
    End,
    Ended,
    Identify,
    Party,
    Refuse,
)
from tests.unit.softswitch.calls.office import CALLER, Office, answered, described


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def menu(office: Office) -> Office:
    """A caller who has just come into the menu."""
    office.call("800", caller="104")
    office.confirm()
    return office


@pytest.fixture
def voicemail(office: Office) -> Office:
    office.call("801")
    office.confirm()
    return office


def test_the_caller_is_answered_and_the_application_waits_for_the_ack(office: Office) -> None:
    office.call("800", caller="104")
    assert len(office.asked(Accept)) == 1
    assert [direct.stream for direct in office.told(Direct)] == [1]
    assert office.asked(ApplicationWanted) == []
    office.confirm()
    (wanted,) = office.asked(ApplicationWanted)
    assert isinstance(wanted.step, EnterMenu)
    assert (wanted.call, wanted.caller, wanted.dialled) == ("c1", "104", "800")


def test_a_caller_without_an_offer_is_heard_after_its_ack(office: Office) -> None:
    office.call("800", caller="104", sdp=b"")
    assert office.told(Direct) == []
    office.confirm(sdp=answered(office.asked(Accept)[0].sdp, 4000))
    assert [direct.port for direct in office.told(Direct)] == [4000]
    assert len(office.asked(ApplicationWanted)) == 1


def test_instructions_go_to_the_callers_stream(menu: Office) -> None:
    menu.instruct(PlayTo(("a.wav", "tone:beep"), 1))
    menu.instruct(StopPlaying())
    menu.instruct(RecordFrom("m.wav", 2, 300.0, 10.0))
    menu.instruct(StopRecordingFrom())
    menu.instruct(EchoBack())
    assert [play.sources for play in menu.told(Play)] == [("a.wav", "tone:beep")]
    assert menu.told(Stop) == [Stop(1)]
    assert [(r.stream, r.path, r.maximum, r.silence) for r in menu.told(Record)] == [
        (1, "m.wav", 300.0, 10.0)
    ]
    assert menu.told(StopRecording) == [StopRecording(1)]
    assert menu.told(Bridge) == [Bridge(1, 1)]


def test_keys_are_heard_by_the_application(menu: Office) -> None:
    assert menu.hear(Digit(1, "5", 100)) == [Heard("c1", KeyPressed("5"))]


def test_news_comes_back_with_the_applications_own_token(menu: Office) -> None:
    menu.instruct(PlayTo(("a.wav",), 7))
    token = menu.told(Play)[-1].token
    assert menu.hear(Played(1, token, "end")) == [Heard("c1", PlayEnded(7, "end"))]
    menu.instruct(RecordFrom("m.wav", 8, 300.0, 10.0))
    token = menu.told(Record)[-1].token
    assert menu.hear(Recorded(1, token, "m.wav", 2.5, "silence")) == [
        Heard("c1", RecordingEnded(8, "m.wav", 2.5, "silence"))
    ]


def test_news_of_an_application_that_has_left_is_not_news_of_the_next(menu: Office) -> None:
    menu.instruct(PlayTo(("a.wav",), 1))
    stale = menu.told(Play)[-1].token
    menu.instruct(FollowKey("1"))
    menu.wait(15.0)
    menu.instruct(PlayTo(("b.wav",), 1))
    assert menu.hear(Played(1, stale, "stopped")) == []


def test_a_key_leads_on_and_what_plays_is_stopped(menu: Office) -> None:
    menu.instruct(PlayTo(("a.wav",), 1))
    menu.instruct(FollowKey("1"))
    assert menu.told(Stop) == [Stop(1)]
    assert menu.ringing == ["102", "103"]


def test_an_extension_dialled_in_the_menu_rings(menu: Office) -> None:
    menu.instruct(FollowExtension("103"))
    assert menu.ringing == ["103"]


def test_who_answers_after_the_menu_is_shown_to_the_caller(
    menu: Office,
) -> None:
    menu.instruct(FollowExtension("103"))
    out = menu.answer(menu.leg_of("103"))
    assert [one for one in out if isinstance(one, Identify)] == [
        Identify(CALLER, Party("103", "Person 103"))
    ]


def test_an_outcome_leads_on(menu: Office) -> None:
    menu.instruct(FollowOutcome(Outcome.INVALID))
    assert menu.ringing == ["103"]


@pytest.mark.parametrize(
    "instruction", [FollowKey("9"), FollowExtension("999"), FollowOutcome(Outcome.BUSY)]
)
def test_leaving_by_a_way_that_is_not_there_ends_the_call(
    menu: Office, instruction: FollowKey | FollowExtension | FollowOutcome
) -> None:
    menu.instruct(instruction)
    assert menu.asked(End) == [End(CALLER, reason_for(Cause.PLAN))]


def test_an_application_may_end_the_call(voicemail: Office) -> None:
    voicemail.instruct(HangUpCall("message-left"))
    assert voicemail.asked(End) == [End(CALLER, reason_for(Cause.APPLICATION))]
    voicemail.settle()
    record = voicemail.record
    assert (record.cause, record.reason, record.stage) == (
        Cause.APPLICATION,
        "message-left",
        "voicemail",
    )
    assert voicemail.is_empty


def test_the_application_hears_the_end_and_then_of_its_recording(voicemail: Office) -> None:
    voicemail.instruct(RecordFrom("m.wav", 1, 300.0, 10.0))
    out = voicemail.say(Ended(CALLER, "bye"))
    assert Heard("c1", CallEnded()) in out
    assert [close.stream for close in voicemail.told(Close)] == [1]
    assert voicemail.hear(Recorded(1, 1, "m.wav", 4.0, "closed")) == [
        Heard("c1", RecordingEnded(1, "m.wav", 4.0, "closed"))
    ]
    message = SaveMessage("sales", "m.wav", "101", "Person 101", 4.0)
    assert message in voicemail.instruct(message)
    voicemail.settle()
    assert [note.kind for note in voicemail.facts(Noted)] == ["message-saved"]
    assert voicemail.is_empty


def test_a_recording_that_dies_with_its_worker_is_reported_as_failed(voicemail: Office) -> None:
    voicemail.instruct(RecordFrom("m.wav", 1, 300.0, 10.0))
    happenings = [
        output.happening
        for output in voicemail.hear(WorkerLost("killed"))
        if isinstance(output, Heard)
    ]
    assert isinstance(happenings[0], RecordingEnded)
    assert happenings[0].reason == "failed"
    assert happenings[1] == CallEnded()
    voicemail.settle()
    assert voicemail.is_empty


def test_instructions_after_the_end_are_dropped(voicemail: Office) -> None:
    voicemail.say(Ended(CALLER, "bye"))
    assert voicemail.instruct(StopPlaying()) == [Discard("instruction-too-late")]


def test_a_note_is_kept_in_the_record(menu: Office) -> None:
    menu.instruct(Note("entered", "9"))
    menu.say(Ended(CALLER, "bye"))
    menu.settle()
    (step,) = menu.record.steps
    assert [(note.kind, note.detail) for note in step.notes] == [("entered", "9")]


def test_endless_notes_do_not_fill_the_memory(menu: Office) -> None:
    for _ in range(2000):
        menu.instruct(Note("entered", "9"))
    assert len(menu.facts(Noted)) == 500


def test_a_caller_in_an_application_may_hold_without_asking_anybody(menu: Office) -> None:
    body = described(4000).replace(b"a=sendrecv", b"a=sendonly")
    menu.say(Changed(CALLER, body))
    (accepted,) = menu.asked(AcceptChange)
    assert b"a=recvonly" in accepted.sdp
    assert menu.told(Direct)[-1].sends is False


def test_echo_is_a_bridge_with_oneself_until_the_caller_goes(office: Office) -> None:
    office.call("*43")
    office.confirm()
    assert isinstance(office.asked(ApplicationWanted)[0].step, EnterEcho)
    office.instruct(EchoBack())
    assert office.told(Bridge) == [Bridge(1, 1)]
    office.instruct(HangUpCall("finished"))
    assert office.told(Unbridge) == [Unbridge(1)]
    office.settle()
    assert office.is_empty


def test_a_second_box_is_entered_after_a_failure(voicemail: Office) -> None:
    assert isinstance(voicemail.asked(ApplicationWanted)[0].step, EnterVoicemail)
    voicemail.instruct(FollowOutcome(Outcome.FAILED))
    assert voicemail.asked(End) == [End(CALLER, reason_for(Cause.APPLICATION))]
    voicemail.settle()
    assert (voicemail.record.cause, voicemail.record.reason) == (Cause.PLAN, "failed")


def test_a_call_goes_on_by_the_configuration_that_it_began_with(menu: Office) -> None:
    menu.exchange.configure(NOBODY)
    menu.instruct(FollowKey("1"))
    assert menu.ringing == ["102", "103"]
    second = menu.call("102", caller="103")
    assert menu.asked(Refuse) == [Refuse(second, 404)]
