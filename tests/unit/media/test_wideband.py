"""G.722 and Opus through the engine: passed on as they are, played to, recorded, with digits."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.codecs.table import CODECS, decoder, encoder
from media.control import Bridge, Close, Closed, Digit, Play, Record, SendDigits, StopRecording
from media.rtp import rtcp
from tests.unit.media.bench import Bench, Peer, wave
from tests.unit.media.codecs.sounds import level_of, tone, tone_and_noise

WIDE = [name for name in CODECS if name not in ("PCMU", "PCMA")]

each_codec = pytest.mark.parametrize("codec", WIDE)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def say(bench: Bench, peer: Peer, samples: Samples) -> None:
    """Let a telephone say something in its own codec."""
    encode = encoder(peer.codec).encode
    for frame in samples.reshape(-1, CODECS[peer.codec].rate // 50):
        peer.talk(encode(frame))
        bench.advance(0.02)


def heard(peer: Peer) -> Samples:
    """Return what a telephone has heard since it was asked last."""
    decode = decoder(peer.codec).decode
    packets = [each for each in peer.heard() if each.payload_type == peer.payload_type]
    return np.concatenate([decode(each.payload) for each in packets])


@each_codec
def test_between_two_of_a_codec_the_payload_is_not_touched(bench: Bench, codec: str) -> None:
    one, two = bench.pair(codec, codec)
    payloads = [bytes([k, 255 - k]) * 40 for k in range(5)]
    for payload in payloads:
        one.talk(payload)
        bench.advance(0.02)
    packets = two.heard()
    assert [each.payload for each in packets] == payloads
    steps = [later.timestamp - sooner.timestamp for sooner, later in pairwise(packets)]
    assert steps == [CODECS[codec].clock_rate // 50] * 4


@each_codec
def test_an_echo_is_heard_as_it_was_said(bench: Bench, codec: str) -> None:
    one = bench.peer(1, codec)
    bench.do(Bridge(1, 1))
    rate = CODECS[codec].rate
    say(bench, one, tone(1000, rate, 1.0, -15.0))
    pure, noise = tone_and_noise(heard(one)[rate // 2 :], 1000, rate)
    assert pure == pytest.approx(-15.0, abs=0.5)
    assert noise < pure - 20


@each_codec
def test_what_is_played_is_heard_at_its_level_and_its_pace(bench: Bench, codec: str) -> None:
    one, law = bench.peer(1, codec), bench.peer(2, "PCMA")
    bench.do(Play(1, ("tone:beep",), token=7), Play(2, ("tone:beep",), token=8))
    bench.advance(0.5)
    sent = bench.sent_to(one.address)
    clock = CODECS[codec].clock_rate
    assert {b.timestamp - a.timestamp for a, b in pairwise(sent)} == {clock // 50}
    assert [each.marker for each in sent].count(True) == 1
    decode = decoder(codec).decode
    wide = np.concatenate([decode(each.payload) for each in sent])
    narrow = law.heard_samples()
    assert len(wide) / CODECS[codec].rate == len(narrow) / 8000
    assert level_of(wide) == pytest.approx(level_of(narrow), abs=1.0)


@each_codec
def test_two_listeners_do_not_hear_each_others_prompts(bench: Bench, codec: str) -> None:
    one, two = bench.peer(1, codec), bench.peer(2, codec)
    bench.do(Play(1, ("tone:beep",), token=1), Play(2, ("tone:silence:400",), token=2))
    bench.advance(0.3)
    assert level_of(heard(one)) > -30.0
    assert level_of(heard(two)) < -70.0


@each_codec
def test_what_is_said_is_recorded_at_8_khz(bench: Bench, codec: str, tmp_path: Path) -> None:
    one = bench.peer(1, codec)
    path = tmp_path / "message.wav"
    bench.do(Record(1, str(path), token=9, maximum=60.0))
    say(bench, one, tone(1000, CODECS[codec].rate, 1.0, -15.0))
    bench.do(StopRecording(1))
    samples = wave(path)
    assert len(samples) == 8000
    pure, noise = tone_and_noise(samples[4000:], 1000, 8000)
    assert pure == pytest.approx(-15.0, abs=0.5)
    assert noise < pure - 20


@each_codec
def test_odd_payloads_are_recorded_without_complaint(
    bench: Bench, codec: str, tmp_path: Path
) -> None:
    one = bench.peer(1, codec)
    path = tmp_path / "message.wav"
    bench.do(Record(1, str(path), token=9, maximum=60.0))
    for payload in (b"\x00", b"\xff" * 7, b"\x78", bytes(range(161))):
        one.talk(payload)
        bench.advance(0.02)
    bench.do(StopRecording(1))
    assert path.exists()


@each_codec
def test_a_press_lasts_as_long_on_any_clock(bench: Bench, codec: str) -> None:
    one, two = bench.pair(codec, codec)
    clock = CODECS[codec].clock_rate
    bench.do(SendDigits(1, "5", milliseconds=100))
    bench.advance(0.3)
    events = [each for each in one.heard() if each.payload_type == 101]
    assert int.from_bytes(events[-1].payload[2:4], "big") == clock // 10
    start = two.timestamp
    said = two.press(5, duration=clock // 10, is_end=True, start=start)
    assert said == [Digit(2, "5", 100)]
    assert [each.payload_type for each in one.heard()] == [101]


def test_events_may_have_another_clock_than_the_audio(bench: Bench) -> None:
    one = bench.peer(1, WIDE[-1], event_clock_rate=8000)
    bench.do(SendDigits(1, "5", milliseconds=100))
    bench.advance(0.3)
    assert int.from_bytes(one.heard()[-1].payload[2:4], "big") == 800
    said = one.press(5, duration=800, is_end=True, start=one.timestamp)
    assert said == [Digit(1, "5", 100)]


@each_codec
def test_a_press_is_no_longer_than_its_duration_can_say(bench: Bench, codec: str) -> None:
    one = bench.peer(1, codec)
    bench.do(SendDigits(1, "5", milliseconds=5000))
    bench.advance(6.0)
    durations = [int.from_bytes(each.payload[2:4], "big") for each in one.heard()]
    assert durations == sorted(durations)
    assert durations[-1] == durations[-2] == durations[-3]


@each_codec
def test_packets_that_come_at_their_pace_have_no_jitter(bench: Bench, codec: str) -> None:
    one = bench.peer(1, codec)
    for _ in range(50):
        one.talk(b"\x11" * 80)
        bench.advance(0.02)
    (closed,) = bench.do(Close(1))
    assert isinstance(closed, Closed)
    assert closed.statistics.jitter_ms == 0


@each_codec
def test_sender_reports_tell_the_time_on_the_clock_of_the_codec(bench: Bench, codec: str) -> None:
    one = bench.peer(1, codec)
    bench.do(Play(1, ("tone:silence:20000",), token=1))
    bench.advance(11.0)
    reports = [rtcp.parse(each)[0].sender for each in bench.control_sent_to(one.address)]
    first, second = (each for each in reports[:2] if each is not None)
    seconds = (second.ntp - first.ntp) / 2**32
    units = second.timestamp - first.timestamp & 0xFFFFFFFF
    assert units / CODECS[codec].clock_rate == pytest.approx(seconds, abs=0.03)


@each_codec
@pytest.mark.parametrize("other", ["PCMA", "G722"])
def test_a_key_that_comes_as_a_tone_is_told_and_kept_from_the_partner(
    bench: Bench, codec: str, other: str
) -> None:
    one, two = bench.peer(1, codec, detects=True), bench.peer(2, other)
    bench.do(Bridge(1, 2))
    rate = CODECS[codec].rate
    five = tone(770, rate, 0.4, -12.0) + tone(1336, rate, 0.4, -12.0)
    encode = encoder(codec).encode
    told = []
    for frame in np.concatenate((five, np.zeros_like(five))).reshape(-1, rate // 50):
        one.send(one.packet(encode(frame)))
        told += bench.advance(0.02)
    assert [event.key for event in told if isinstance(event, Digit)] == ["5"]
    later = heard(two)[CODECS[other].rate // 5 : CODECS[other].rate * 2 // 5]
    assert level_of(later) < -35.0
