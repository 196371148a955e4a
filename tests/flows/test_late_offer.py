"""A telephone that calls without saying what it speaks, and answers in its ACK."""

from pathlib import Path

import pytest

from softswitch.phone.events import Connected
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, level_db, read_wav, sounding, tone
from tests.support.handset import Handset, answers_after, encode_alaw, encode_ulaw

COMPANY = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
voicemail:
  desk: {greeting: {say: Hello}}
departments:
  sales: {number: 600, members: [103], not_registered: voicemail desk}
"""


def call_without_offer(handset: Handset, number: str) -> None:
    _, outputs = handset.phone.call(number, b"", handset.now)
    handset.send(outputs)


def acknowledge(handset: Handset) -> None:
    """Answer the offer in the 200."""
    [connected] = handset.events_of(Connected)
    assert isinstance(connected, Connected)
    assert connected.sdp
    handset.send(handset.phone.acknowledge(connected.call, handset.describe(), handset.now))


def test_two_talk_although_the_caller_offered_nothing(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    call_without_offer(one, "102")
    world.until(lambda: one.connected)
    acknowledge(one)
    world.advance(0.2)
    one.say(encode_ulaw(tone(400, 1.0)))
    two.say(encode_ulaw(tone(700, 1.0)))
    world.advance(1.3)
    for handset, hertz in ((one, 700), (two, 400)):
        heard = handset.heard() / 32768
        assert frequency(heard) == pytest.approx(hertz, abs=2)
        assert level_db(heard) == pytest.approx(-12, abs=1)
    one.hang_up()
    world.advance(0.5)
    assert not two.connected
    assert len(world.records) == 1


def test_an_application_begins_when_the_answer_is_there(office: MakeOffice) -> None:
    world = office(COMPANY)
    (one,) = world.register("101")
    call_without_offer(one, "600")
    world.until(lambda: one.connected)
    world.advance(0.3)
    acknowledge(one)
    world.advance(3.2)
    assert abs(one.heard()).max() > 1000, "the beep"


def test_a_message_is_kept_whichever_of_the_agreed_codecs_its_caller_sends(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    (one,) = world.register("101")
    one.speaks_last_codec = True
    call_without_offer(one, "600")
    world.until(lambda: one.connected)
    acknowledge(one)
    world.advance(3.2)
    assert one.talk().payload_type == 8
    one.say(encode_alaw(tone(523, 2.0)))
    world.advance(2.2)
    one.hang_up()
    world.until(lambda: world.messages, within=2.0)
    said = sounding(read_wav(Path(world.messages[0].path)))
    assert len(said) == pytest.approx(16_000, abs=80)
    assert frequency(said) == pytest.approx(523, abs=2)
    assert level_db(said) == pytest.approx(-12, abs=1)


def test_a_caller_who_never_answers_our_offer_is_hung_up(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    call_without_offer(one, "102")
    world.until(lambda: one.connected)
    world.until(lambda: world.records, within=40.0)
    assert world.records[0].cause.value == "no-ack"
    world.advance(0.5)
    assert not two.connected
