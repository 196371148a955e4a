"""Leaving a message, and every way in which callers do not."""

from datetime import UTC, datetime

import pytest

from softswitch.applications.voicemail import message_path
from softswitch.calls.instructions import (
    FollowOutcome,
    HangUpCall,
    Instruction,
    Note,
    PlayTo,
    RecordFrom,
    SaveMessage,
    StopPlaying,
    StopRecordingFrom,
)
from softswitch.routing.plan import Outcome
from tests.unit.softswitch.applications.stage import Stage, voicemail

PATH = "/state/voicemail/office/20261123T090000Z-101-c1.wav"


def beep(token: int) -> list[Instruction]:
    """Return what is asked for when the greeting, or none, is over."""
    return [
        PlayTo(("tone:beep",), token),
        RecordFrom(PATH, token + 1, 300.0, 10.0, after=token),
        Note("message-begun", "office"),
    ]


def message(seconds: float) -> SaveMessage:
    return SaveMessage("office", PATH, "101", "Person", seconds)


@pytest.fixture
def stage() -> Stage:
    return Stage(voicemail())


@pytest.fixture
def recording(stage: Stage) -> Stage:
    """A caller who has just heard the beep."""
    stage.finish_playing()
    stage.finish_playing()
    return stage


def test_greeting_beep_and_recording_follow_each_other(stage: Stage) -> None:
    assert stage.said == [PlayTo(("speak.wav",), 1)]
    assert stage.finish_playing() == beep(2)
    assert stage.finish_playing() == []  # the engine begins to record by itself


def test_without_a_greeting_there_is_still_a_beep() -> None:
    assert Stage(voicemail("")).said == beep(1)


def test_a_hash_skips_the_greeting_and_other_keys_do_not(stage: Stage) -> None:
    assert stage.press("5") == []
    assert stage.press("#") == [StopPlaying(), *beep(2)]


def test_a_hash_during_the_beep_ends_the_beep_and_not_the_message(stage: Stage) -> None:
    stage.finish_playing()
    assert stage.press("#") == [StopPlaying()]
    assert stage.finish_playing("stopped") == []
    assert stage.press("#") == [StopRecordingFrom()]


@pytest.mark.parametrize("reason", ["silence", "maximum"])
def test_a_message_that_ends_by_itself_is_saved(recording: Stage, reason: str) -> None:
    assert recording.finish_recording(reason, 12.5) == [
        message(12.5),
        HangUpCall("message-left"),
    ]
    assert recording.is_over


def test_a_hash_ends_the_message(recording: Stage) -> None:
    assert recording.press("4#") == [StopRecordingFrom()]
    assert recording.finish_recording("stopped", 3.0) == [
        message(3.0),
        HangUpCall("message-left"),
    ]


def test_a_caller_who_hangs_up_in_the_greeting_leaves_nothing(stage: Stage) -> None:
    assert stage.hang_up() == []
    assert stage.is_over


def test_a_caller_who_hangs_up_on_the_beep_leaves_an_empty_message(stage: Stage) -> None:
    stage.finish_playing()
    assert stage.hang_up() == []
    assert stage.finish_recording("closed", 0.0) == [message(0.0)]
    assert stage.is_over


def test_a_caller_who_hangs_up_in_mid_sentence_leaves_all_that_was_said(
    recording: Stage,
) -> None:
    assert recording.hang_up() == []
    assert not recording.is_over
    assert recording.finish_recording("closed", 7.25) == [message(7.25)]
    assert recording.is_over


def test_a_caller_who_hangs_up_after_the_hash_has_left_a_message(recording: Stage) -> None:
    recording.press("#")
    recording.hang_up()
    assert recording.finish_recording("stopped", 3.0) == [message(3.0)]
    assert recording.is_over


def test_a_full_disk_is_heard_and_the_call_goes_on_elsewhere(recording: Stage) -> None:
    assert recording.finish_recording("failed", 0.0, "No space left on device") == [
        Note("message-failed", "No space left on device"),
        message(0.0),
        PlayTo(("tone:congestion",) * 4, 4),
    ]
    assert recording.wait(2.0) == [FollowOutcome(Outcome.FAILED)]
    assert recording.is_over


def test_a_full_disk_after_the_caller_has_gone_leaves_who_called_and_a_note(
    recording: Stage,
) -> None:
    recording.hang_up()
    assert recording.finish_recording("failed", 0.0, "No space left on device") == [
        Note("message-failed", "No space left on device"),
        message(0.0),
    ]
    assert recording.is_over


def test_an_engine_that_never_confirms_does_not_hold_the_caller(recording: Stage) -> None:
    recording.press("#")
    assert recording.wait(30.0)[0] == Note("message-failed", "the recording was not confirmed")
    assert recording.wait(2.0) == [FollowOutcome(Outcome.FAILED)]


def test_an_engine_that_never_confirms_is_forgotten_after_the_caller(recording: Stage) -> None:
    recording.hang_up()
    recording.wait(60.0)
    assert recording.is_over


def test_a_greeting_that_cannot_be_played_leads_to_the_beep(stage: Stage) -> None:
    assert stage.finish_playing("failed: broken") == [
        Note("prompt-failed", "failed: broken"),
        *beep(2),
    ]


def test_keys_from_before_the_beep_do_not_end_the_message(stage: Stage) -> None:
    stage.press("55")
    stage.finish_playing()
    stage.press("5")
    stage.finish_playing()
    assert stage.said_of(StopRecordingFrom) == []


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        ("+48221234567", "+48221234567"),
        ("../../etc/passwd", "etcpasswd"),
        ("", "anonymous"),
        ("a b\0c", "abc"),
        ("9" * 100, "9" * 32),
    ],
)
def test_no_caller_chooses_a_path(caller: str, name: str) -> None:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert message_path("/v", "office", at, caller, "c1") == (
        f"/v/office/20261123T090000Z-{name}-c1.wav"
    )
