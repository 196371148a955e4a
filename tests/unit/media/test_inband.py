"""Digits as tones, through the engine: told once, kept from the other side, and made."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from media.codecs.g711 import Samples, encode
from media.codecs.table import CODECS, encoder
from media.conferencing import Join, Talking
from media.control import Bridge, Close, Digit, Event, Play, SendDigits, Stop
from tests.unit.media.bench import FIRST_PORT, Bench, Peer, tone
from tests.unit.media.dtmf.test_detector import Sound, hear, pause, pressed
from tests.unit.media.test_moving import move


@pytest.fixture
def bench() -> Bench:
    return Bench()


def rounded(*sounds: Sound | Samples) -> Samples:
    """Return sounds that follow one another, in whole frames."""
    whole = np.concatenate(sounds)
    whole = np.concatenate((whole, np.zeros(-len(whole) % 160)))
    samples: Samples = np.rint(whole).astype(np.int16)
    return samples


def level_db(samples: Samples) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) / 32768 + 1e-9))


def digits_of(events: list[Event]) -> list[Digit]:
    """Return events that are digits, and fail if there are others."""
    digits = [event for event in events if isinstance(event, Digit)]
    assert len(digits) == len(events)
    return digits


def keys_of(events: list[Event]) -> list[str]:
    return [digit.key for digit in digits_of(events)]


def without_events(bench: Bench, stream: int, codec: str = "PCMU") -> Peer:
    none: dict[str, Any] = {"event_payload_type": -1, "receive_event_payload_type": -1}
    return bench.peer(stream, codec, detects=True, **none)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_tones_of_a_peer_without_events_are_digits(bench: Bench, codec: str) -> None:
    peer = without_events(bench, 1, codec)
    said = rounded(pressed("5", 100), pause(100), pressed("#", 60), pause(100))
    digits = digits_of(peer.say(said))
    assert [(each.stream, each.key, each.inband) for each in digits] == [
        (1, "5", True),
        (1, "#", True),
    ]
    assert [each.milliseconds for each in digits] == pytest.approx([100, 60], abs=15)


def test_tones_of_a_peer_who_sends_events_are_speech(bench: Bench) -> None:
    assert bench.peer(1).say(rounded(pressed("5", 100), pause(200))) == []


def test_packets_in_disorder_are_heard_in_order(bench: Bench) -> None:
    peer = without_events(bench, 1)
    sound = rounded(tone(0.1), pressed("8", 120), pause(200))
    packets = [peer.packet(encode(each, "PCMU").tobytes()) for each in sound.reshape(-1, 160)]
    packets[5:9] = [packets[6], packets[5], packets[8], packets[7]]
    digits: list[Event] = []
    for packet in packets:
        peer.send(packet)
        digits += bench.advance(0.02)
    assert keys_of(digits) == ["8"]


@pytest.mark.parametrize("lost", range(2, 8))
def test_a_key_is_one_though_a_packet_is_lost(bench: Bench, lost: int) -> None:
    peer = without_events(bench, 1)
    sound = rounded(pressed("8", 200), pause(300))
    packets = [peer.packet(encode(each, "PCMU").tobytes()) for each in sound.reshape(-1, 160)]
    digits: list[Event] = []
    for place, packet in enumerate(packets):
        if place != lost:
            peer.send(packet)
        digits += bench.advance(0.02)
    (digit,) = digits_of(digits)
    assert digit.key == "8"
    assert digit.milliseconds == pytest.approx(200, abs=15)


def test_a_key_of_who_falls_silent_is_released(bench: Bench) -> None:
    peer = without_events(bench, 1)
    assert peer.say(rounded(pressed("9", 100))) == []
    assert keys_of(bench.advance(0.2)) == ["9"]


def test_a_tone_is_not_passed_on_once_it_is_known(bench: Bench) -> None:
    one, two = without_events(bench, 1), bench.peer(2, "PCMA")
    bench.do(Bridge(1, 2))
    one.say(rounded(tone(0.2), pressed("3", 400), pause(100)))
    one.say(tone(0.2, level=8000))
    heard = two.heard_samples()
    assert len(heard) == 8 * (200 + 400 + 100 + 200)
    assert level_db(heard[:1600]) > -20, "what was said before"
    assert level_db(heard[1600:1760]) > -25, "the tone, before it is known"
    assert level_db(heard[1600 + 320 : 1600 + 3200]) < -70, "the tone"
    assert level_db(heard[-1600:]) > -20, "what is said after"


def test_who_takes_tones_hears_them_whole(bench: Bench) -> None:
    one, two = without_events(bench, 1), without_events(bench, 2)
    bench.do(Bridge(1, 2))
    sound = rounded(pressed("3", 200), pause(100))
    assert keys_of(one.say(sound)) == ["3"]
    assert np.abs(two.heard_samples().astype(int) - sound).max() < 600


def test_a_key_that_is_held_while_its_stream_moves_is_told_once(bench: Bench) -> None:
    there = Bench(first=FIRST_PORT + 1000, guests=2)
    one, two = without_events(bench, 1), there.peer(3)
    assert one.say(rounded(pressed("3", 100))) == []
    assert move(one, bench, there) == []
    there.do(Bridge(1, 3))
    said = one.say(rounded(pressed("3", 100), pause(100)))
    assert (keys_of(bench.advance(0.3)), keys_of(said)) == ([], ["3"])
    one.say(tone(0.1))
    assert level_db(two.heard_samples()[-800:]) > -20, "muted no longer"


def test_a_stream_that_ends_while_a_key_is_held_leaves_nothing(bench: Bench) -> None:
    one, two = without_events(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2))
    one.say(rounded(pressed("3", 100)))
    bench.do(bench.direct(one, detects=False))
    one.say(tone(0.1))
    assert level_db(two.heard_samples()[-800:]) > -20, "muted no longer"
    bench.do(bench.direct(one, detects=True))
    one.say(rounded(pressed("3", 100)))
    bench.do(Close(1))
    assert bench.advance(1.0) == []


def test_digits_are_made_for_a_peer_without_events(bench: Bench) -> None:
    peer = without_events(bench, 1)
    bench.do(SendDigits(1, "19*d", milliseconds=80, gap=60, volume=7))
    bench.advance(1.0)
    heard = peer.heard_samples()
    assert len(heard) == 4 * 140 * 8
    tones = hear(heard.astype(float))
    assert "".join(each.key for each in tones) == "19*D"
    assert [each.milliseconds for each in tones] == pytest.approx([80] * 4, abs=15)
    assert level_db(heard[160:480]) == pytest.approx(-7 - 3.14 - 3 + 2.1, abs=0.7)


def test_digits_are_made_for_who_wants_tones_though_it_takes_events(bench: Bench) -> None:
    peer = bench.peer(1, "PCMA")
    bench.do(SendDigits(1, "7", tones=True))
    bench.advance(0.5)
    packets = peer.heard()
    assert {packet.payload_type for packet in packets} == {8}
    assert packets[0].marker
    steps = [after.timestamp - before.timestamp for before, after in pairwise(packets)]
    assert steps == [160] * 7


def test_digits_that_are_made_go_before_what_plays_and_what_others_say(bench: Bench) -> None:
    one, two = without_events(bench, 1), bench.peer(2)
    bench.do(Bridge(1, 2), Play(1, ("tone:dial",), token=1, repeat=True))
    bench.advance(0.1)
    bench.do(SendDigits(1, "0", milliseconds=100))
    two.say(tone(0.2))
    bench.do(Stop(1))
    assert [each.key for each in hear(one.heard_samples().astype(float))] == ["0"]
    two.say(tone(0.1))
    assert level_db(one.heard_samples()[-800:]) > -20


@pytest.mark.parametrize("digits", ["x", "!", "1" * 65])
def test_what_has_no_tone_is_not_sent(bench: Bench, digits: str) -> None:
    peer = without_events(bench, 1)
    bench.do(SendDigits(1, digits))
    bench.advance(0.5)
    assert peer.heard() == []
    assert bench.engine.discards == {"digits-not-sent": 1}


def test_events_keep_their_volume_both_ways_and_a_flash_is_one(bench: Bench) -> None:
    peer = bench.peer(1)
    bench.do(SendDigits(1, "A!", volume=3))
    bench.advance(1.0)
    sent = [packet.payload for packet in peer.heard() if packet.payload_type == 101]
    assert {(payload[0], payload[1] & 0x3F) for payload in sent} == {(12, 3), (16, 3)}
    events = peer.press(16, duration=800, is_end=True, start=1)
    assert events == [Digit(1, "!", 100)]


@pytest.mark.parametrize("codec", ["PCMU", "G722"])
def test_a_room_does_not_hear_the_tone_of_a_digit(bench: Bench, codec: str) -> None:
    one, two = without_events(bench, 1, codec), bench.peer(2)
    bench.do(Join(1, 7), Join(2, 7))
    encode_frame = encoder(codec).encode
    rise = CODECS[codec].rate // 8000
    sound = np.repeat(rounded(tone(0.4), pressed("3", 400), pause(300)), rise)
    digits: list[Event] = []
    for frame in np.concatenate((sound, np.repeat(tone(0.4), rise))).reshape(-1, 160 * rise):
        one.send(one.packet(encode_frame(frame)))
        digits += bench.poll()
        digits += bench.advance(0.02)
    assert keys_of([event for event in digits if not isinstance(event, Talking)]) == ["3"]
    heard = two.heard_samples()
    assert sum(level_db(frame) > -40 for frame in heard.reshape(-1, 160)) <= 20 + 20 + 3
    assert level_db(heard[-800:]) > -20, "speech goes on"


def test_tones_of_a_wideband_peer_are_digits_and_are_not_passed_on(bench: Bench) -> None:
    one, two = without_events(bench, 1, "G722"), bench.peer(2)
    bench.do(Bridge(1, 2))
    encode_frame = encoder("G722").encode
    sound = np.repeat(rounded(pressed("3", 300), pause(200)), 2)
    digits: list[Event] = []
    for frame in sound.reshape(-1, 320):
        one.send(one.packet(encode_frame(frame)))
        digits += bench.poll()
        digits += bench.advance(0.02)
    assert keys_of(digits) == ["3"]
    heard = two.heard_samples()
    assert sum(level_db(frame) > -40 for frame in heard.reshape(-1, 160)) <= 3
