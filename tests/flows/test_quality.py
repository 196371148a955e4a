"""What the switch tells of how a call sounds: while it is on, and in its record."""

import pytest

from softswitch.calls.cdr import COLUMNS, csv_row
from softswitch.calls.facts import Noted
from softswitch.calls.quality import LegQuality
from softswitch.calls.record import LegRecord
from tests.flows.conftest import MakeOffice
from tests.support.audio import tone
from tests.support.handset import Handset, answers_after, encode_ulaw
from tests.support.office import Office
from tests.support.world import Conditions

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""


def talking(world: Office) -> tuple[Handset, Handset]:
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    return one, two


def live(world: Office) -> dict[str, LegQuality]:
    [call] = world.switch.exchange.progress()
    return {leg.extension: leg for leg in call.legs}


def notes(world: Office) -> list[tuple[str, str]]:
    facts = [entry.fact for entry in world.journal]
    return [(fact.kind, fact.detail) for fact in facts if isinstance(fact, Noted)]


def speak(handset: Handset, seconds: float) -> None:
    handset.say(encode_ulaw(tone(400, seconds)))


def test_loss_shows_within_five_seconds_on_the_right_leg(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    speak(one, 20.0)
    speak(two, 20.0)
    world.advance(8.0)
    assert live(world)["102"].loss == 0.0
    for k in range(250):  # 5 s in which one packet in 20 of the second telephone gets lost
        if k % 20 == 10:
            two.talk().sequence += 1
        world.advance(0.02)
    legs = live(world)
    assert legs["102"].loss == pytest.approx(5.0, abs=1.0)
    assert legs["102"].mos == pytest.approx(3.9, abs=0.1)
    assert legs["101"].loss == 0.0
    assert legs["101"].mos == pytest.approx(4.41, abs=0.01)
    assert (legs["101"].trouble, legs["102"].trouble) == ("", "")


def test_the_record_has_the_quality_of_each_leg(office: MakeOffice) -> None:
    world = office(TWO, conditions=Conditions(latency=0.01, jitter=0.015))
    one, two = talking(world)
    speak(one, 10.0)
    world.advance(10.5)
    one.hang_up()
    world.advance(1.0)
    [record] = world.records
    caller, callee = (leg.media for leg in record.legs)
    assert caller is not None
    assert callee is not None
    assert caller.lost == 0
    assert caller.mos == pytest.approx(4.4, abs=0.05)
    assert caller.jitter_ms == pytest.approx(5.0, abs=3.0)
    assert caller.level_dbov == pytest.approx(-12.0, abs=0.5)
    assert caller.talk_spurts == 1
    assert (callee.mos, callee.told_mos, callee.level_dbov) == (None, None, None)
    assert two.connected == set()


def test_who_sends_nothing_is_named_in_words_within_three_seconds(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    speak(one, 10.0)
    world.advance(2.9)
    assert live(world)["102"].trouble == ""
    world.advance(0.2)
    words = f"102 sends no audio: SDP says {two.address[0]}, nothing arrived in 3 s"
    assert live(world)["102"].trouble == words
    assert live(world)["101"].trouble == ""
    assert notes(world) == [("no-audio", words)]
    speak(two, 2.0)
    world.advance(0.5)
    assert live(world)["102"].trouble == ""
    assert notes(world)[1:] == [("audio-again", "102 is heard")]
    one.hang_up()
    world.advance(1.0)
    [record] = world.records
    assert [note.kind for note in record.steps[0].notes] == ["no-audio", "audio-again"]


def test_who_has_stopped_is_told_apart_from_who_never_began(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    speak(one, 30.0)
    speak(two, 1.0)
    world.advance(10.5)
    assert live(world)["102"].trouble == ""
    world.advance(1.0)
    words = "102 sends no audio any more: nothing arrived for 10 s"
    assert live(world)["102"].trouble == words


def test_who_is_held_does_not_have_to_send(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    speak(one, 60.0)
    speak(two, 1.0)
    world.advance(1.0)
    [call] = one.connected
    one.hold(call)
    world.advance(40.0)
    assert notes(world) == []
    assert [leg.trouble for leg in live(world).values()] == ["", ""]


def test_nothing_is_kept_of_calls_that_are_over(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    speak(one, 3.0)
    speak(two, 3.0)
    world.advance(3.0)
    assert world.switch.exchange.counts()["measured"] == 2
    one.hang_up()
    world.advance(1.0)
    assert world.switch.exchange.counts()["measured"] == 0


def test_the_csv_line_has_both_directions_of_the_caller(office: MakeOffice) -> None:
    world = office(TWO)
    one, _ = talking(world)
    speak(one, 3.0)
    world.advance(3.0)
    one.hang_up()
    world.advance(1.0)
    [record] = world.records
    caller: LegRecord = record.legs[0]
    row = dict(zip(COLUMNS, csv_row(record), strict=True))
    assert caller.media is not None
    assert row["mos_in"] == f"{caller.media.mos:.2f}"
    assert row["mos_out"] == ""
