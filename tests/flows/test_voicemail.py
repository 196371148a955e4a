"""The answering machine: greeting, tone, message."""

from pathlib import Path

import numpy as np
import pytest

from media.wav import recover
from softswitch.calls.record import Cause, Record
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, level_db, longest_gap, read_wav, sounding, tone
from tests.support.disk import full_disk
from tests.support.handset import Handset, answers_after, encode_ulaw
from tests.support.office import Office

COMPANY = """
employees:
  101: {name: Caller, password: p}
  102: {name: Away, password: p, no_answer: {after: 10s, to: voicemail 102}}
  103: {name: Other, password: p}
departments:
  sales: {number: 600, members: [103], no_answer: {after: 8s, to: voicemail sales}}
voicemail:
  102: {greeting: {say: Hello}}
  sales: {greeting: {say: Sales}}
numbers:
  "+48 22 123 45 67": voicemail sales
"""
GREETING = 2.0
BEEP = 1.0
"""At most this long, with the pause around it."""


def reach_the_machine(world: Office, number: str = "102") -> Handset:
    """Return a caller whom the machine has just answered."""
    caller, _ = world.register("101", "102")
    caller.call(number)
    world.until(lambda: caller.connected, within=12.0)
    return caller


def notes(record: Record) -> list[str]:
    return [note.kind for step in record.steps for note in step.notes]


def leave_message(world: Office, caller: Handset, hertz: float, seconds: float) -> Path:
    """Speak after the beep, hang up, and return the file."""
    world.advance(GREETING + BEEP)
    caller.say(encode_ulaw(tone(hertz, seconds)))
    world.advance(seconds)
    caller.hang_up()
    world.until(lambda: world.messages, within=2.0)
    return Path(world.messages[-1].path)


@pytest.mark.feature("F22")
def test_an_unanswered_call_is_answered_by_the_mailbox_after_the_ring_time(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    caller, away = world.register("101", "102")
    caller.call("102")
    began = world.now
    world.advance(9.5)
    assert away.ringing
    assert not caller.connected
    world.until(lambda: caller.connected, within=1.0)
    assert world.now - began == pytest.approx(10.0, abs=0.1)
    assert not away.ringing


@pytest.mark.feature("F23", "F27")
def test_what_is_said_after_the_beep_is_in_the_file_from_the_first_sample_to_the_last(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    caller = reach_the_machine(world)
    world.until(lambda: caller.heard().size and abs(caller.heard()[-800:]).max() > 1000, within=4.0)
    heard_beep = world.now
    caller_heard = caller.heard() / 32768
    assert level_db(caller_heard[: int(GREETING * 8000) - 800]) < -60, "a silent greeting"
    world.until(lambda: world.now - caller.talk().heard[-1][0] > 0.1, within=1.5)
    beep = sounding(caller.heard() / 32768)
    assert 0.1 < len(beep) / 8000 < 1.0
    assert world.now - heard_beep < 1.5

    caller.say(encode_ulaw(tone(523, 3.0)))
    world.advance(3.2)
    caller.hang_up()
    world.until(lambda: world.messages, within=2.0)
    [(path, message)] = world.delivered("102")
    said = sounding(read_wav(path))
    assert len(said) == pytest.approx(24000, abs=80)
    assert frequency(said) == pytest.approx(523, abs=2)
    assert level_db(said) == pytest.approx(-12, abs=1)
    assert longest_gap(said) < 0.02
    assert (message.box, message.caller, message.name) == ("102", "101", "Caller")


@pytest.mark.feature("F26")
def test_who_hangs_up_on_the_beep_leaves_a_message_of_no_length(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = reach_the_machine(world)
    world.until(lambda: caller.heard().size and abs(caller.heard()[-400:]).max() > 1000, within=4.0)
    caller.hang_up()
    world.until(lambda: world.messages, within=2.0)
    [(path, message)] = world.delivered("102")
    assert message.duration == 0.0
    assert (message.caller, message.name) == ("101", "Caller")
    assert message.time.startswith("2026-03-02T11:00:1")
    assert read_wav(path).size == 0


def test_who_hangs_up_in_mid_sentence_leaves_all_that_was_said(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = reach_the_machine(world)
    world.advance(GREETING + BEEP)
    caller.say(encode_ulaw(tone(523, 5.0)))
    world.advance(1.5)
    caller.hang_up()
    world.until(lambda: world.messages, within=2.0)
    assert len(read_wav(Path(world.messages[0].path))) >= 1.4 * 8000


@pytest.mark.feature("F31")
@pytest.mark.parametrize(
    ("number", "box"), [("102", "102"), ("600", "sales"), ("+48221234567", "sales")]
)
def test_a_mailbox_belongs_to_a_person_a_department_or_a_number(
    office: MakeOffice, number: str, box: str
) -> None:
    world = office(COMPANY)
    world.register("103")
    caller = reach_the_machine(world, number)
    path = leave_message(world, caller, 440, 1.0)
    assert world.messages[0].box == box
    assert path.parent.name == box


def test_the_message_ends_by_itself_after_a_long_silence(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = reach_the_machine(world)
    world.advance(GREETING + BEEP)
    caller.say(encode_ulaw(np.concatenate([tone(523, 2.0), np.zeros(8000 * 15)])))
    world.until(lambda: not caller.connected, within=20.0)
    assert 2.0 <= world.messages[0].seconds < 13.5


def test_hash_ends_the_message(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = reach_the_machine(world)
    world.advance(GREETING + BEEP)
    caller.say(encode_ulaw(tone(523, 1.0)))
    world.advance(1.2)
    caller.press("#")
    world.until(lambda: world.messages, within=2.0)
    assert world.messages[0].seconds >= 1.0


def test_a_disk_that_cannot_be_written_is_told_to_who_talks_and_who_called_is_kept(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    disk = world.folder / "voicemail"
    disk.write_text("a file where a folder should be")
    caller = reach_the_machine(world)
    world.advance(GREETING + BEEP)
    caller.say(encode_ulaw(tone(523, 60.0)))
    world.until(lambda: not caller.connected, within=5.0)
    heard = sounding(caller.heard()[-8000:] / 32768)
    assert frequency(heard) == pytest.approx(425, abs=5), "the congestion tone"
    world.until(lambda: world.records, within=2.0)
    [record] = world.records
    assert "failed" in record.reason
    assert "message-failed" in notes(record)
    disk.unlink()  # somebody mends it
    [(path, message)] = world.delivered("102")
    assert (message.caller, message.name, message.duration) == ("101", "Caller", 0.0)
    assert message.time.startswith("2026-03-02T11:00:1")
    assert read_wav(path).size == 0


def test_a_disk_that_fills_while_somebody_talks_keeps_what_was_said_before(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    caller = reach_the_machine(world)
    with full_disk(44 + 2 * 16_000):
        world.advance(GREETING + BEEP)
        caller.say(encode_ulaw(tone(523, 60.0)))
        world.until(lambda: not caller.connected, within=8.0)
    [(path, message)] = world.delivered("102")
    assert message.caller == "101"
    assert message.duration == pytest.approx(2.0, abs=0.001)
    assert frequency(sounding(read_wav(path))) == pytest.approx(523, abs=2)
    assert recover(world.folder) == [], "a start must not find it once more"
    assert len(list(path.parent.glob("*.wav"))) == 1


def test_a_caller_who_has_gone_when_the_disk_fails_leaves_who_called_and_a_note(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    caller = reach_the_machine(world)
    with full_disk(44 + 2 * 7_000):
        world.advance(GREETING)
        world.until(lambda: list(world.folder.rglob("*.wav.part")), within=1.0)
        caller.say(encode_ulaw(tone(523, 1.0)))
        world.advance(0.95)
        caller.hang_up()
        world.until(lambda: world.records, within=40.0)
    assert world.records[0].cause is Cause.CALLER_HUNG_UP
    assert "message-failed" in notes(world.records[0])
    [(_, message)] = world.delivered("102")
    assert message.caller == "101"
    assert message.duration == pytest.approx(7_000 / 8000)


def test_two_callers_leave_messages_in_one_box_at_the_same_time(office: MakeOffice) -> None:
    world = office(COMPANY)
    callers = world.register("101", "103", "102")[:2]
    for caller in callers:
        caller.call("+48221234567")
    world.until(lambda: all(caller.connected for caller in callers), within=5.0)
    world.advance(GREETING + BEEP)
    for caller, hertz in zip(callers, (400, 700), strict=True):
        caller.say(encode_ulaw(tone(hertz, 2.0)))
    world.advance(2.2)
    for caller in callers:
        caller.hang_up()
    world.until(lambda: len(world.messages) == 2, within=2.0)
    tones = {
        message.caller: round(frequency(sounding(read_wav(Path(message.path)))))
        for message in world.messages
    }
    assert tones == {"101": 400, "103": 700}


def test_a_called_phone_that_answers_in_time_keeps_the_machine_silent(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller, away = world.register("101", "102")
    away.user = answers_after(9.0)
    caller.call("102")
    world.advance(15.0)
    assert away.connected
    assert world.messages == []
