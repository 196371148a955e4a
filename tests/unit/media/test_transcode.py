"""Between unlike codecs: the tone, its level, the clock, digits, and what is no speech."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.g711 import Samples
from media.codecs.table import CODECS, decoder, encoder
from media.control import Bridge, Close, Open
from media.rtp.header import RtpPacket
from tests.unit.media.bench import EVENT, Bench, Peer
from tests.unit.media.codecs.sounds import level_of, tone, tone_and_noise

UNLIKE = [pair for pair in permutations(CODECS, 2) if set(pair) != {"PCMU", "PCMA"}]

each_pair = pytest.mark.parametrize(("codec", "other"), UNLIKE)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def say(bench: Bench, peer: Peer, samples: Samples, *, lost: frozenset[int] = frozenset()) -> None:
    """Let a telephone say something in its own codec, of which some packets are lost."""
    encode = encoder(peer.codec).encode
    for number, frame in enumerate(samples.reshape(-1, CODECS[peer.codec].rate // 50)):
        packet = peer.packet(encode(frame))
        if number not in lost:
            peer.send(packet)
        bench.advance(0.02)


def heard(peer: Peer, packets: list[RtpPacket]) -> Samples:
    decode = decoder(peer.codec).decode
    return np.concatenate([decode(each.payload) for each in packets])


@each_pair
def test_a_tone_arrives_with_its_level_and_without_noise(
    bench: Bench, codec: str, other: str
) -> None:
    one, two = bench.pair(codec, other)
    say(bench, one, tone(1000, CODECS[codec].rate, 1.0, -15.0))
    rate = CODECS[other].rate
    samples = heard(two, two.heard())
    assert len(samples) == rate
    pure, noise = tone_and_noise(samples[rate // 2 :], 1000, rate)
    assert pure == pytest.approx(-15.0, abs=0.5)
    assert noise < pure - 20


@each_pair
def test_packets_follow_the_clock_of_the_other_side(bench: Bench, codec: str, other: str) -> None:
    one, two = bench.pair(codec, other)
    one.timestamp = 0xFFFFFFFF - 5 * one.step
    say(bench, one, tone(1000, CODECS[codec].rate, 0.4))
    packets = two.heard()
    assert {each.payload_type for each in packets} == {two.payload_type}
    assert len({each.ssrc for each in packets}) == 1
    step = CODECS[other].clock_rate // 50
    gaps = [(b.sequence - a.sequence, b.timestamp - a.timestamp) for a, b in pairwise(packets)]
    assert {(s & 0xFFFF, t & 0xFFFFFFFF) for s, t in gaps} == {(1, step)}
    assert [each.marker for each in packets] == [True] + [False] * 19


@each_pair
def test_what_is_lost_is_lost_on_the_other_side_too(bench: Bench, codec: str, other: str) -> None:
    one, two = bench.pair(codec, other)
    say(bench, one, tone(1000, CODECS[codec].rate, 0.4), lost=frozenset((7, 8)))
    packets = two.heard()
    step = CODECS[other].clock_rate // 50
    gaps = [(b.sequence - a.sequence, b.timestamp - a.timestamp) for a, b in pairwise(packets)]
    assert gaps.count((1, step)) == 16
    assert gaps.count((3, 3 * step)) == 1


def test_two_wideband_codecs_keep_their_band(bench: Bench) -> None:
    if "opus" not in CODECS:
        pytest.skip("libopus0 is not installed")
    one, two = bench.pair("opus", "G722")
    say(bench, one, tone(5000, 48000, 1.0, -15.0))
    pure, noise = tone_and_noise(heard(two, two.heard())[8000:], 5000, 16000)
    assert pure == pytest.approx(-15.0, abs=1.0)
    assert noise < pure - 12


def test_what_lies_above_the_old_band_is_not_folded_into_it(bench: Bench) -> None:
    one, two = bench.pair("G722", "PCMA")
    say(bench, one, tone(5000, 16000, 0.5, -10.0))
    assert level_of(heard(two, two.heard())[800:]) < -45.0  # the noise of G.722 is there


@each_pair
def test_a_press_lasts_as_long_on_the_other_clock(bench: Bench, codec: str, other: str) -> None:
    one, two = bench.pair(codec, other)
    say(bench, one, tone(1000, CODECS[codec].rate, 0.1))
    before = two.heard()[-1].timestamp
    clock, theirs = CODECS[codec].clock_rate, CODECS[other].clock_rate
    start = one.timestamp + one.step
    for duration in (clock // 50, clock // 25):
        one.press(5, duration=duration, is_end=False, start=start)
    one.press(5, duration=clock // 20, is_end=True, start=start)
    events = [each for each in two.heard() if each.payload_type == EVENT]
    durations = [int.from_bytes(each.payload[2:4], "big") for each in events]
    assert durations == [theirs // 50, theirs // 25, theirs // 20]
    assert [each.payload[:2] for each in events] == [b"\x05\x0a", b"\x05\x0a", b"\x05\x8a"]
    assert {each.timestamp - before for each in events} == {theirs // 50}


@pytest.mark.skipif("opus" not in CODECS, reason="libopus0 is not installed")
def test_events_of_another_clock_than_the_audio_become_those_of_the_other_side(
    bench: Bench,
) -> None:
    one, two = bench.peer(1, "opus", event_clock_rate=8000), bench.peer(2, "opus")
    bench.do(Bridge(1, 2))
    say(bench, one, tone(1000, 48000, 0.1))
    before = two.heard()[-1].timestamp
    one.press(5, duration=800, is_end=True, start=one.timestamp + one.step)
    (event,) = two.heard()
    assert int.from_bytes(event.payload[2:4], "big") == 4800
    assert event.timestamp - before == 960


def test_only_the_payload_is_converted_behind_a_longer_header(bench: Bench) -> None:
    one, two = bench.pair("G722", "PCMA")
    payload = encoder("G722").encode(tone(1000, 16000, 0.02))
    plain = bytes(one.packet(payload))
    one.send(bytes([0x81]) + plain[1:12] + b"\x00\x00\x00\x07" + plain[12:])
    bench.poll()
    (packet,) = two.heard()
    assert len(packet.payload) == 160


def test_three_partners_in_turn_are_one_source_to_the_listener(bench: Bench) -> None:
    one, two = bench.pair("G722", "PCMA")
    three = bench.peer(3, "PCMU")
    say(bench, one, tone(700, 16000, 0.1))
    bench.do(Bridge(3, 2))
    say(bench, three, tone(700, 8000, 0.1))
    bench.do(Bridge(1, 2))
    say(bench, one, tone(700, 16000, 0.1))
    packets = two.heard()
    assert len(packets) == 15
    steps = [b.sequence - a.sequence & 0xFFFF for a, b in pairwise(packets)]
    assert steps == [1] * 14
    assert {b.timestamp - a.timestamp for a, b in pairwise(packets)} == {160}


def test_who_comes_next_on_a_row_hears_nothing_of_who_was_there(bench: Bench) -> None:
    one, two = bench.pair("G722", "PCMA")
    say(bench, one, tone(1000, 16000, 0.1, -6.0))
    bench.do(Close(1))
    bench.advance(3.0)
    two.heard()
    anew = Peer(bench, 1, "G722")
    anew.stream = 9
    bench.do(Open(9, anew.port), bench.direct(anew), Bridge(9, 2))
    fresh = encoder("G722").encode(np.zeros(320, np.int16))
    anew.talk(fresh)
    quiet = heard(two, two.heard())
    assert np.abs(quiet).max() <= 40


def test_a_length_that_the_other_codec_has_not_is_not_sent(bench: Bench) -> None:
    if "opus" not in CODECS:
        pytest.skip("libopus0 is not installed")
    one, two = bench.pair("PCMA", "opus")
    one.talk(b"\xd5" * 240)
    assert two.heard() == []
    one.talk(b"\xd5" * 160)
    assert len(two.heard()) == 1


@given(st.sampled_from(UNLIKE), st.lists(st.binary(max_size=1400), max_size=6), st.booleans())
def test_no_payload_of_a_stranger_breaks_anything(
    pair: tuple[str, str], payloads: list[bytes], is_event: bool
) -> None:
    bench = Bench()
    one, two = bench.pair(*pair)
    for payload in payloads:
        packet = one.packet(payload)
        if is_event:
            packet = RtpPacket(EVENT, packet.sequence, packet.timestamp, packet.ssrc, payload)
        one.send(packet)
        bench.poll()
    for each in two.heard():
        assert each.payload or each.payload_type == EVENT
        decoder(two.codec).decode(each.payload)
