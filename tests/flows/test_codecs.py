"""Which codec is spoken, and that each side may change its mind within what was agreed."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.codecs.table import decoder, encoder
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, level_db, longest_gap, read_wav, sounding, tone
from tests.support.handset import (
    Handset,
    answers_after,
    decode_alaw,
    encode_alaw,
    encode_ulaw,
)

Wide = NDArray[np.int16]
"""Samples at 16 kHz."""

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""


@pytest.mark.parametrize("codecs", [("0 PCMU", "8 PCMA"), ("8 PCMA", "0 PCMU")])
def test_a_phone_that_answered_with_two_codecs_may_send_by_the_second(
    office: MakeOffice, codecs: tuple[str, str]
) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.codecs = ("0 PCMU",)
    two.codecs = codecs
    two.user = answers_after(1.0)
    two.speaks_last_codec = True
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    encode = encode_alaw if two.talk().payload_type == 8 else encode_ulaw
    two.say(encode(tone(700, 2.0)))
    world.advance(2.2)
    heard = one.heard() / 32768
    assert len(heard) == 16_000
    assert frequency(heard) == pytest.approx(700, abs=2)
    assert level_db(heard) == pytest.approx(-12, abs=1)
    assert longest_gap(heard) == 0.0


def test_a_phone_may_change_between_the_codecs_of_its_answer_at_any_packet(
    office: MakeOffice,
) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    one.codecs = ("0 PCMU",)
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    said = tone(700, 2.0)
    for number, part in enumerate(np.split(said, 10)):
        two.talk().payload_type, encode = ((0, encode_ulaw), (8, encode_alaw))[number % 2]
        two.say(encode(part))
        world.advance(0.2)
    world.advance(0.2)
    heard = one.heard() / 32768
    assert np.abs(heard[-16_000:] - said).max() < 0.02


def test_a_codec_that_was_not_agreed_is_not_heard(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.codecs = ("0 PCMU",)
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    two.talk().payload_type = 8
    two.say(encode_alaw(tone(700, 1.0)))
    world.advance(1.2)
    assert one.heard().size == 0


# Wideband

WIDE = """
employees:
  101: {name: One, password: p, codecs: [g722, pcma]}
  102: {name: Two, password: p, codecs: [g722, pcma]}
  103: {name: Narrow, password: p, codecs: [pcma]}
  104: {name: Away, password: p, codecs: [g722], no_answer: {after: 10s, to: voicemail 104}}
voicemail:
  104: {greeting: {say: Hello}}
"""
MENU = """
employees:
  101: {name: One, password: p, codecs: [g722]}
  102: {name: Two, password: p, codecs: [g722]}
menus:
  main:
    greeting: {say: Welcome}
    keys: {1: employee 102}
    dial: none
    nothing_pressed: {to: hang up}
numbers:
  "+48 22 123 45 67": menu main
"""
G722, PCMA = "9 G722", "8 PCMA"


def wide_tone(hertz: float, seconds: float) -> Wide:
    time = np.arange(round(16_000 * seconds)) / 16_000
    made: Wide = np.rint(8000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
    return made


def encoded(samples: Wide) -> bytes:
    encode = encoder("G722").encode
    return b"".join(encode(frame) for frame in samples.reshape(-1, 320))


def wide_heard(handset: Handset) -> Wide:
    """Return what a telephone has heard by G.722, by arrival."""
    decode = decoder("G722").decode
    packets = [data[12:] for _, data in handset.talk().heard if data[1] & 0x7F == 9]
    return np.concatenate([decode(payload) for payload in packets])


def loudest(samples: Wide) -> float:
    """Return the frequency in hertz that carries most energy."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * 16_000 / len(samples))


def test_a_bridge_of_two_wideband_phones_stays_wideband(office: MakeOffice) -> None:
    world = office(WIDE)
    one, two = world.register("101", "102")
    one.codecs = two.codecs = (G722, PCMA)
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    said = encoded(wide_tone(5000, 2.0))
    one.say(said)
    world.advance(2.2)
    assert b"".join(data[12:] for _, data in two.talk().heard) == said
    assert loudest(wide_heard(two)) == pytest.approx(5000, abs=2)


@pytest.mark.parametrize(("caller", "called"), [("101", "103"), ("103", "101")])
def test_a_codec_that_both_have_is_spoken_where_one_has_a_better_one(
    office: MakeOffice, caller: str, called: str
) -> None:
    world = office(WIDE)
    one, two = world.register(caller, called)
    for phone in (one, two):
        phone.codecs = (PCMA,) if phone.number == "103" else (G722, PCMA)
    two.user = answers_after(1.0)
    one.call(called)
    world.until(lambda: one.connected and two.connected)
    assert one.talk().payload_type == 8
    one.say(encode_alaw(tone(700, 1.0)))
    world.advance(1.2)
    assert {data[1] & 0x7F for _, data in two.talk().heard} == {8}


def test_a_wideband_phone_hears_the_greeting_and_leaves_a_message(office: MakeOffice) -> None:
    world = office(WIDE)
    one, away = world.register("101", "104")
    one.codecs = away.codecs = (G722,)
    one.call("104")
    world.until(lambda: one.connected, within=12.0)
    world.advance(3.0)
    assert np.abs(wide_heard(one)).max() > 1000
    one.say(encoded(wide_tone(1000, 3.0)))
    world.advance(3.2)
    one.hang_up()
    world.until(lambda: world.messages, within=2.0)
    heard = sounding(read_wav(Path(world.messages[-1].path)))
    assert frequency(heard) == pytest.approx(1000, abs=2)
    assert len(heard) / 8000 == pytest.approx(3.0, abs=0.1)
    assert longest_gap(heard) < 0.02


def test_a_wideband_phone_is_understood_when_it_presses_keys(office: MakeOffice) -> None:
    world = office(MENU)
    one, two = world.register("101", "102")
    one.codecs = (G722,)
    two.codecs = (G722,)
    two.user = answers_after(1.0)
    one.call("+48221234567")
    world.until(lambda: one.connected)
    world.advance(1.0)
    one.press("1")
    world.until(lambda: two.connected, within=5.0)
    one.say(encoded(wide_tone(6000, 1.0)))
    world.advance(1.2)
    assert loudest(wide_heard(two)[1600:]) == pytest.approx(6000, abs=4)


@pytest.mark.parametrize(("caller", "called"), [("101", "103"), ("103", "101")])
def test_phones_without_a_codec_in_common_hear_each_other(
    office: MakeOffice, caller: str, called: str
) -> None:
    world = office(WIDE)
    one, two = world.register(caller, called)
    wide, narrow = (one, two) if caller == "101" else (two, one)
    wide.codecs, narrow.codecs = (G722,), (PCMA,)
    two.user = answers_after(1.0)
    one.call(called)
    world.until(lambda: one.connected and two.connected)
    wide.say(encoded(wide_tone(1000, 2.0)))
    narrow.say(encode_alaw(tone(700, 2.0)))
    world.advance(2.2)
    assert loudest(wide_heard(wide)) == pytest.approx(700, abs=2)
    payload = b"".join(data[12:] for _, data in narrow.talk().heard if data[1] & 0x7F == 8)
    heard = decode_alaw(np.frombuffer(payload, np.uint8)) / 32768
    assert len(heard) == 16_000
    assert frequency(heard[800:]) == pytest.approx(1000, abs=2)
    assert longest_gap(heard) == 0.0
    assert level_db(heard[800:]) == pytest.approx(20 * np.log10(8000 / 32768 / np.sqrt(2)), abs=1)
