"""What the plane does with packets and commands, seen from the telephones."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media.codecs.g711 import ULAW_TO_ALAW, decode
from media.control import (
    Audible,
    Bridge,
    Close,
    Closed,
    Digit,
    Event,
    Open,
    Play,
    Played,
    Record,
    Recorded,
    SendDigits,
    Silence,
    Stop,
    StopRecording,
    Unbridge,
)
from media.rtp import rtcp
from media.rtp.header import RtpPacket
from tests.unit.media.bench import EPOCH, Bench, tone, wave


@pytest.fixture
def bench() -> Bench:
    return Bench()


def silences(events: list[Event]) -> list[tuple[float, bool]]:
    """Return the whole seconds and the kind of each Silence of stream 1; there is nothing else."""
    reports = [event for event in events if isinstance(event, Silence) and event.stream == 1]
    assert len(reports) == len(events)
    return [(round(each.seconds, 3), each.never) for each in reports]


def closed(bench: Bench, stream: int) -> Closed:
    (event,) = bench.do(Close(stream))
    assert isinstance(event, Closed)
    return event


# Relay


def test_a_bridged_packet_is_passed_on_under_our_own_name(bench: Bench) -> None:
    one, two = bench.pair()
    one.talk(b"hello" * 32)
    (packet,) = two.heard()
    assert packet.payload == b"hello" * 32
    assert packet.ssrc not in (one.ssrc, two.ssrc)
    assert one.heard() == []


def test_the_peer_sees_one_source_without_a_gap(bench: Bench) -> None:
    one, two = bench.pair()
    for _ in range(5):
        one.talk()
        bench.advance(0.02)
    packets = two.heard()
    assert [p.sequence - packets[0].sequence for p in packets] == [0, 1, 2, 3, 4]
    assert [p.timestamp - packets[0].timestamp for p in packets] == [0, 160, 320, 480, 640]
    assert [p.marker for p in packets] == [True, False, False, False, False]


def test_two_packets_of_one_stream_in_a_batch_keep_their_order(bench: Bench) -> None:
    one, two = bench.pair()
    one.send(*(one.packet(bytes([k] * 160)) for k in range(4)))
    bench.poll()
    packets = two.heard()
    assert [p.payload[0] for p in packets] == [0, 1, 2, 3]
    assert [p.sequence - packets[0].sequence for p in packets] == [0, 1, 2, 3]


def test_loss_and_reordering_are_passed_on_as_they_are(bench: Bench) -> None:
    one, two = bench.pair()
    packets = [one.packet(bytes([k] * 160)) for k in range(5)]
    for k in (0, 2, 1, 4):
        one.send(packets[k])
        bench.poll()
    heard = two.heard()
    assert [p.payload[0] for p in heard] == [0, 2, 1, 4]
    assert [p.sequence - heard[0].sequence for p in heard] == [0, 2, 1, 4]


def test_sequence_numbers_and_timestamps_wrap(bench: Bench) -> None:
    one, two = bench.pair()
    one.sequence, one.timestamp = 0xFFFD, 0xFFFFFFFF - 200
    for _ in range(5):
        one.talk()
    heard = two.heard()
    assert [(p.sequence - heard[0].sequence) & 0xFFFF for p in heard] == [0, 1, 2, 3, 4]
    assert [(p.timestamp - heard[0].timestamp) & 0xFFFFFFFF for p in heard] == [
        160 * k for k in range(5)
    ]
    assert closed(bench, 1).statistics.lost == 0


def test_a_new_source_of_the_peer_continues_the_same_output(bench: Bench) -> None:
    one, two = bench.pair()
    one.talk()
    bench.advance(0.02)
    one.ssrc, one.sequence, one.timestamp = 0xDEAD, 40000, 5_000_000
    one.talk()
    first, second = two.heard()
    assert second.ssrc == first.ssrc
    assert (second.sequence - first.sequence) & 0xFFFF == 1
    assert (second.timestamp - first.timestamp) & 0xFFFFFFFF == 160
    assert second.marker


def test_a_change_of_partner_is_seamless_and_follows_the_clock(bench: Bench) -> None:
    one, two = bench.pair()
    three = bench.peer(3)
    one.talk()
    bench.do(Bridge(3, 2))
    bench.advance(1.0)
    three.talk()
    one.talk()
    first, second = two.heard()
    assert (second.sequence - first.sequence) & 0xFFFF == 1
    assert (second.timestamp - first.timestamp) & 0xFFFFFFFF == 8000
    assert second.ssrc == first.ssrc


def test_payload_types_are_each_sides_own(bench: Bench) -> None:
    one = bench.peer(1)
    two = bench.peer(2, payload_type=96, event_payload_type=97)
    bench.do(Bridge(1, 2))
    one.talk()
    one.press(5, duration=160, is_end=False, start=one.timestamp)
    audio, event = two.heard()
    assert (audio.payload_type, event.payload_type) == (96, 97)


def test_an_event_is_not_passed_to_who_takes_none(bench: Bench) -> None:
    one = bench.peer(1)
    two = bench.peer(2, event_payload_type=-1)
    bench.do(Bridge(1, 2))
    one.press(5, duration=160, is_end=False, start=one.timestamp)
    assert two.heard() == []


def test_laws_that_differ_are_converted(bench: Bench) -> None:
    one, two = bench.pair("PCMU", "PCMA")
    payload = bytes(range(160))
    one.talk(payload)
    (packet,) = two.heard()
    assert packet.payload_type == 8
    assert packet.payload == ULAW_TO_ALAW[np.frombuffer(payload, np.uint8)].tobytes()
    two.talk(b"\xd5" * 160)
    (packet,) = one.heard()
    assert packet.payload_type == 0
    assert set(packet.payload) <= {0xFE, 0xFF}


def test_only_the_payload_is_converted_behind_a_longer_header(bench: Bench) -> None:
    one, two = bench.pair("PCMU", "PCMA")
    plain = bytes(one.packet(b"\x11" * 160))
    one.send(bytes([0x81]) + plain[1:12] + b"\x00\x00\x00\x07" + plain[12:])
    bench.poll()
    (packet,) = two.heard()
    assert packet.payload == bytes([ULAW_TO_ALAW[0x11]]) * 160


def test_a_stream_bridged_with_itself_is_an_echo(bench: Bench) -> None:
    one = bench.peer(1)
    bench.do(Bridge(1, 1))
    one.talk(b"e" * 160)
    assert [p.payload for p in one.heard()] == [b"e" * 160]


def test_parted_streams_hear_nothing_more(bench: Bench) -> None:
    one, two = bench.pair()
    bench.do(Unbridge(2))
    one.talk()
    two.talk()
    assert one.heard() == two.heard() == []


def test_nothing_reaches_a_peer_on_hold(bench: Bench) -> None:
    one, two = bench.pair()
    bench.do(bench.direct(two, sends=False))
    one.talk()
    assert two.heard() == []


def test_what_a_peer_says_that_may_only_listen_is_not_passed_on(bench: Bench) -> None:
    one, two = bench.pair()
    bench.do(bench.direct(one, receives=False))
    one.talk()
    assert two.heard() == []


def test_what_comes_before_direct_is_dropped_and_counted(bench: Bench) -> None:
    bench.do(Open(1, 30000))
    bench.backend.deliver(30000, bytes(RtpPacket(0, 1, 1, 1, b"x" * 160)), ("10.0.0.1", 4000))
    bench.poll()
    assert closed(bench, 1).statistics.dropped == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        b"\x80\x00" + bytes(9),
        b"\x40\x00" + bytes(170),
        b"\x80\x62" + bytes(170),
        b"\x80\x00" + bytes(2000),
    ],
    ids=["empty", "one byte", "short header", "version 1", "foreign payload type", "too long"],
)
def test_what_is_no_packet_of_the_call_is_dropped_and_counted(bench: Bench, data: bytes) -> None:
    one, two = bench.pair()
    one.send(data)
    bench.poll()
    assert two.heard() == []
    assert closed(bench, 1).statistics.dropped == 1


# Digits


def test_a_key_is_heard_once_for_three_end_packets(bench: Bench) -> None:
    one = bench.peer(1)
    events = []
    start = one.timestamp
    for duration, is_end in ((160, False), (320, False), (480, True), (480, True), (480, True)):
        events += one.press(5, duration=duration, is_end=is_end, start=start)
        events += bench.advance(0.02)
    assert events == [Digit(1, "5", 60)]


def test_a_key_whose_end_is_lost_is_heard_soon_after(bench: Bench) -> None:
    one = bench.peer(1)
    assert one.press(11, duration=800, is_end=False, start=77) == []
    assert bench.advance(0.3) == [Digit(1, "#", 100)]


def test_digits_are_sent_as_events_and_audio_waits(bench: Bench) -> None:
    one, two = bench.pair()
    two.talk()
    before = one.heard()[-1]
    bench.do(SendDigits(1, "1#", milliseconds=60))
    two.talk()
    bench.advance(0.5)
    two.talk()
    packets = one.heard()
    events = [p for p in packets if p.payload_type == 101]
    assert {p.payload[0] for p in events} == {1, 11}
    assert len({p.timestamp for p in events}) == 2
    assert sum(p.payload[1] >> 7 for p in events) == 6
    assert [p.payload_type for p in packets][-1] == 0
    assert [(p.sequence - before.sequence) & 0xFFFF for p in packets] == list(
        range(1, len(packets) + 1)
    )


def test_what_plays_goes_on_after_digits_by_the_clock(bench: Bench) -> None:
    one = bench.peer(1)
    bench.do(Play(1, ("tone:silence:2000",), token=7))
    bench.advance(0.1)
    bench.do(SendDigits(1, "5", milliseconds=100))
    bench.advance(0.5)
    packets = one.heard()
    assert [(p.sequence - packets[0].sequence) & 0xFFFF for p in packets] == list(
        range(len(packets))
    )
    audio = [p for p in packets if p.payload_type == 0]
    gaps = [(b.timestamp - a.timestamp, b.marker) for a, b in pairwise(audio)]
    assert [gap for gap in gaps if gap != (160, False)] == [(160 * 8, True)]
    (start,) = {p.timestamp for p in packets if p.payload_type == 101}
    assert audio[0].timestamp < start < audio[-1].timestamp


def test_what_plays_goes_on_after_hold_by_the_clock(bench: Bench) -> None:
    one = bench.peer(1)
    bench.do(Play(1, ("tone:silence:5000",), token=7))
    bench.advance(0.1)
    bench.do(bench.direct(one, sends=False))
    bench.advance(1.0)
    bench.do(bench.direct(one))
    bench.advance(0.1)
    packets = one.heard()
    gaps = [(b.timestamp - a.timestamp, b.marker) for a, b in pairwise(packets)]
    ((gap, marker),) = [gap for gap in gaps if gap != (160, False)]
    assert marker
    assert abs(gap - 8160) <= 160


def test_digits_that_are_no_keys_are_a_discard(bench: Bench) -> None:
    bench.peer(1)
    bench.do(SendDigits(1, "1x"))
    assert bench.engine.discards == {"digits-not-sent": 1}


# Playing


def test_a_tone_is_played_at_once_and_at_its_pace(bench: Bench) -> None:
    one = bench.peer(1)
    assert bench.do(Play(1, ("tone:ringback",), token=7)) == []
    assert len(one.heard()) == 1
    bench.advance(0.5)
    assert len(one.heard()) == 25


def test_playing_begins_with_the_marker_and_runs_on(bench: Bench) -> None:
    one = bench.peer(1)
    bench.do(Play(1, ("tone:ringback",), token=7))
    bench.advance(0.1)
    packets = one.heard()
    assert [p.marker for p in packets] == [True] + [False] * 5
    assert [p.timestamp - packets[0].timestamp for p in packets] == [160 * k for k in range(6)]
    assert [p.sequence - packets[0].sequence for p in packets] == list(range(6))


def test_the_end_of_playing_is_told(bench: Bench) -> None:
    bench.peer(1)
    bench.do(Play(1, ("tone:silence:100",), token=7))
    assert bench.advance(0.2) == [Played(1, 7, "end")]
    assert bench.do(Stop(1)) == []


def test_playing_again_replaces_and_stop_stops(bench: Bench) -> None:
    one = bench.peer(1)
    bench.do(Play(1, ("tone:busy",), token=7, repeat=True))
    assert bench.do(Play(1, ("tone:busy",), token=8, repeat=True)) == [Played(1, 7, "replaced")]
    bench.advance(5.0)
    assert bench.do(Stop(1)) == [Played(1, 8, "stopped")]
    one.heard()
    bench.advance(1.0)
    assert one.heard() == []


def test_what_cannot_be_read_is_told_with_its_name(bench: Bench) -> None:
    bench.peer(1)
    (event,) = bench.do(Play(1, ("/nowhere/hello.wav",), token=7))
    assert isinstance(event, Played)
    assert event.reason.startswith("failed: ")
    assert "/nowhere/hello.wav" in event.reason


def test_a_bridge_is_silent_while_something_is_played(bench: Bench) -> None:
    one, two = bench.pair()
    bench.do(Play(2, ("tone:silence:100",), token=7))
    for _ in range(10):
        one.talk()
        bench.advance(0.02)
    packets = two.heard()
    assert [p.payload != b"\x11" * 160 for p in packets] == [True] * 5 + [False] * 5
    assert [p.sequence - packets[0].sequence for p in packets] == list(range(10))
    assert [p.timestamp - packets[0].timestamp for p in packets] == [160 * k for k in range(10)]


def test_each_listener_hears_its_own_law(bench: Bench) -> None:
    one, two = bench.peer(1, "PCMU"), bench.peer(2, "PCMA")
    bench.do(Play(1, ("tone:beep",), token=1), Play(2, ("tone:beep",), token=2))
    bench.advance(1.0)
    ulaw, alaw = one.heard_samples().astype(float), two.heard_samples().astype(float)
    assert len(ulaw) == len(alaw) > 800
    assert np.abs(ulaw - alaw).max() < 600
    assert np.abs(ulaw).max() > 2000


def test_playing_goes_on_for_a_peer_on_hold_unheard(bench: Bench) -> None:
    one = bench.peer(1, sends=False)
    bench.do(Play(1, ("tone:silence:100",), token=7))
    assert bench.advance(0.2) == [Played(1, 7, "end")]
    assert one.heard() == []


def test_a_stall_of_the_clock_is_not_made_up_for_without_bound(bench: Bench) -> None:
    one = bench.peer(1)
    bench.do(Play(1, ("tone:ringback",), token=7, repeat=True))
    one.heard()
    bench.now += 60.0
    bench.poll()
    assert len(one.heard()) <= 12


# Recording


def test_what_is_said_is_recorded_from_the_first_to_the_last_sample(
    bench: Bench, tmp_path: Path
) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Record(1, str(path), token=9, maximum=60.0))
    spoken = tone(1.0)
    one.say(spoken)
    assert not path.exists()
    assert bench.do(StopRecording(1)) == [Recorded(1, 9, str(path), 1.0, "stopped")]
    assert np.abs(wave(path).astype(int) - spoken.astype(int)).max() < 300


def test_lost_packets_are_silence_and_late_ones_find_their_place(
    bench: Bench, tmp_path: Path
) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Record(1, str(path), token=9, maximum=60.0))
    payloads = [bytes([0x10 + k]) * 160 for k in range(6)]
    packets = [one.packet(payload) for payload in payloads]
    for k in (0, 2, 1, 4, 5):
        one.send(packets[k])
        bench.poll()
        bench.advance(0.02)
    bench.do(StopRecording(1))
    samples = wave(path).reshape(-1, 160)
    assert [bool(frame.any()) for frame in samples] == [True, True, True, False, True, True]
    assert samples[1, 0] < samples[2, 0] < 0


def test_a_recording_ends_at_its_maximum_to_the_sample(bench: Bench, tmp_path: Path) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Record(1, str(path), token=9, maximum=0.5))
    assert one.say(tone(1.0)) == [Recorded(1, 9, str(path), 0.5, "maximum")]


def test_a_recording_of_nobody_ends_at_its_maximum_too(bench: Bench, tmp_path: Path) -> None:
    bench.peer(1, early=True)
    path = str(tmp_path / "message.wav")
    bench.do(Record(1, path, token=9, maximum=3.0))
    assert bench.advance(2.9) == []
    assert bench.advance(0.2) == [Recorded(1, 9, path, 0.0, "maximum")]


def test_silence_ends_a_recording(bench: Bench, tmp_path: Path) -> None:
    one = bench.peer(1)
    path = str(tmp_path / "message.wav")
    bench.do(Record(1, path, token=9, maximum=60.0, silence=2.0))
    assert one.say(tone(1.0)) == []
    quiet = tone(3.0, level=40)
    (event,) = one.say(quiet)
    assert isinstance(event, Recorded)
    assert event.reason == "silence"
    assert event.seconds == pytest.approx(3.0, abs=0.05)


def test_closing_completes_the_recording_before_closed(bench: Bench, tmp_path: Path) -> None:
    one = bench.peer(1)
    path = str(tmp_path / "message.wav")
    bench.do(Record(1, path, token=9, maximum=60.0))
    one.say(tone(0.1))
    recorded, ended = bench.do(Close(1))
    assert recorded == Recorded(1, 9, path, 0.1, "closed")
    assert isinstance(ended, Closed)


def test_an_empty_recording_is_a_whole_file(bench: Bench, tmp_path: Path) -> None:
    bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Record(1, str(path), token=9, maximum=60.0))
    assert bench.do(StopRecording(1)) == [Recorded(1, 9, str(path), 0.0, "stopped")]
    assert len(wave(path)) == 0


def test_a_recording_after_a_play_begins_in_the_moment_of_its_end(
    bench: Bench, tmp_path: Path
) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Play(1, ("tone:beep",), token=8))
    bench.do(Record(1, str(path), token=9, maximum=60.0, after=8))
    payloads = [bytes([k]) * 160 for k in range(30)]  # each packet tells its number
    ends_after = 0
    for number, payload in enumerate(payloads):
        if Played(1, 8, "end") in one.talk(payload) + bench.advance(0.02):
            ends_after = number
    assert ends_after == 19, "the beep takes 400 ms"
    bench.do(StopRecording(1))
    samples = wave(path).reshape(-1, 160)
    said = decode(np.frombuffer(b"".join(payloads[ends_after + 1 :]), np.uint8), "PCMU")
    assert np.array_equal(samples, said.reshape(-1, 160))


@pytest.mark.parametrize("ending", [Stop(1), Play(1, ("tone:busy",), token=10)])
def test_a_recording_after_a_play_begins_however_that_ends(
    bench: Bench, tmp_path: Path, ending: Stop | Play
) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Play(1, ("tone:beep",), token=8))
    bench.do(Record(1, str(path), token=9, maximum=60.0, after=8), ending)
    one.say(tone(0.1))
    assert bench.do(StopRecording(1)) == [Recorded(1, 9, str(path), 0.1, "stopped")]


def test_a_recording_after_a_play_that_is_over_begins_at_once(bench: Bench, tmp_path: Path) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Play(1, ("/no/such/file.wav",), token=8))
    bench.do(Record(1, str(path), token=9, maximum=60.0, after=8))
    one.say(tone(0.1))
    assert bench.do(StopRecording(1)) == [Recorded(1, 9, str(path), 0.1, "stopped")]


@pytest.mark.parametrize(
    ("ending", "reason"), [(StopRecording(1), "stopped"), (Close(1), "closed")]
)
def test_a_recording_that_still_waits_for_a_play_ends_as_an_empty_one(
    bench: Bench, tmp_path: Path, ending: StopRecording | Close, reason: str
) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Play(1, ("tone:beep",), token=8))
    bench.do(Record(1, str(path), token=9, maximum=60.0, after=8))
    one.say(tone(0.1))
    assert Recorded(1, 9, str(path), 0.0, reason) in bench.do(ending)
    assert len(wave(path)) == 0


def test_a_place_that_does_not_take_it_is_told_at_once(bench: Bench) -> None:
    bench.peer(1)
    (event,) = bench.do(Record(1, "/proc/none/message.wav", token=9, maximum=60.0)) + bench.poll()
    assert isinstance(event, Recorded)
    assert event.reason == "failed"
    assert bench.do(StopRecording(1)) == []


def test_a_place_that_does_not_take_it_fails_with_words(bench: Bench) -> None:
    bench.peer(1)
    bench.do(Record(1, "/proc/none/message.wav", token=9, maximum=60.0))
    (event,) = bench.do(StopRecording(1))
    assert isinstance(event, Recorded)
    assert event.reason == "failed"
    assert event.error


def test_keys_pressed_are_not_heard_in_the_recording(bench: Bench, tmp_path: Path) -> None:
    one = bench.peer(1)
    path = tmp_path / "message.wav"
    bench.do(Record(1, str(path), token=9, maximum=60.0))
    one.say(tone(0.1))
    start = one.timestamp + 160
    for k in range(1, 6):
        one.press(5, duration=160 * k, is_end=k == 5, start=start)
        bench.advance(0.02)
    one.timestamp += 800
    one.say(tone(0.1))
    bench.do(StopRecording(1))
    samples = wave(path)
    assert len(samples) == 2400
    assert not samples[800:1600].any()


# Silence of the peer


def test_a_peer_that_never_sends_is_told_after_three_seconds(bench: Bench) -> None:
    bench.peer(1)
    told = silences(bench.advance(130.0))
    assert told == [(3, True), (10, True), (30, True), (60, True), (120, True)]


def test_a_peer_that_stops_is_told_from_ten_seconds_on(bench: Bench) -> None:
    one = bench.peer(1)
    for _ in range(100):
        one.talk()
        assert bench.advance(0.2) == []
    assert silences(bench.advance(60.0)) == [(10, False), (30, False), (60, False)]


def test_a_peer_that_comes_back_after_silence_and_goes_again_is_told_again(bench: Bench) -> None:
    one = bench.peer(1)
    bench.advance(65.0)
    assert one.talk() == [Audible(1)]
    assert one.talk() == []
    assert silences(bench.advance(11.0)) == [(10, False)]


def test_a_peer_of_which_only_reports_come_again_is_audible(bench: Bench) -> None:
    one = bench.peer(1)
    bench.advance(4.0)
    report = rtcp.report(one.ssrc, None, ())
    bench.backend.deliver(one.port + 1, report, (one.address[0], one.address[1] + 1))
    assert bench.poll() == [Audible(1)]


def test_before_the_answer_nothing_is_missed(bench: Bench) -> None:
    one = bench.peer(1, early=True)
    assert bench.advance(60.0) == []
    bench.do(bench.direct(one))
    assert silences(bench.advance(3.5)) == [(3, True)]


# RTCP


def test_reports_go_out_every_five_seconds(bench: Bench) -> None:
    one, two = bench.pair()
    one.talk()
    bench.advance(5.0)
    (data,) = bench.control_sent_to(two.address)
    (report,) = rtcp.parse(data)
    assert report.sender is not None
    assert (report.sender.packets, report.sender.octets) == (1, 160)
    assert rtcp.middle(report.sender.ntp) == rtcp.middle(rtcp.ntp(EPOCH + 1005.0))
    (data,) = bench.control_sent_to(one.address)
    (report,) = rtcp.parse(data)
    assert report.sender is None
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.highest) == (one.ssrc, 0, one.sequence)


def test_a_report_of_the_peer_gives_the_round_trip_and_counts_as_life(bench: Bench) -> None:
    one, two = bench.pair()
    one.talk()
    bench.advance(5.0)
    (data,) = bench.control_sent_to(two.address)
    (report,) = rtcp.parse(data)
    assert report.sender is not None
    bench.now += 0.25
    last = rtcp.middle(report.sender.ntp)
    block = rtcp.ReportBlock(report.ssrc, 0, 0, 1, 0, last, delay=round(0.15 * 65536))
    answer = rtcp.report(two.ssrc, None, [block])
    assert bench.backend.deliver(two.port + 1, answer, (two.address[0], two.address[1] + 1))
    bench.poll()
    missed = [event.stream for event in bench.advance(9.5) if isinstance(event, Silence)]
    assert missed == [1]
    assert closed(bench, 2).statistics.round_trip_ms == pytest.approx(100, abs=1)


def test_a_strangers_report_is_dropped(bench: Bench) -> None:
    bench.peer(1)
    bench.backend.deliver(30001, rtcp.report(1, None, []), ("6.6.6.6", 6))
    bench.poll()
    assert closed(bench, 1).statistics.dropped == 1


def test_who_has_sent_says_goodbye(bench: Bench) -> None:
    one, two = bench.pair()
    one.talk()
    bench.do(Close(1), Close(2))
    assert bench.control_sent_to(one.address) == []
    (data,) = bench.control_sent_to(two.address)
    assert data[-8:-4] == b"\x81\xcb\x00\x01"


# Ends


def test_statistics_tell_what_came_and_what_did_not(bench: Bench) -> None:
    one, two = bench.pair()
    for k in range(10):
        packet = one.packet(b"\x11" * 160)
        if k not in (3, 4):
            one.send(packet)
        bench.poll()
        bench.advance(0.02)
    statistics = closed(bench, 1).statistics
    assert (statistics.received, statistics.lost, statistics.dropped) == (8, 2, 0)
    assert statistics.received_bytes == 8 * 172
    assert statistics.jitter_ms == pytest.approx(0.0, abs=0.2)
    assert closed(bench, 2).statistics.sent == 8
    assert two.heard()


def test_jitter_is_not_that_of_our_turns_where_the_network_tells_when_packets_came(
    bench: Bench,
) -> None:
    one, _ = bench.pair()
    for _ in range(50):  # two packets a turn, the first of which has waited
        for ago in (0.02, 0.0):
            packet = bytes(one.packet(b"\x11" * 160))
            bench.backend.deliver(one.port, packet, one.address, at=bench.now - ago)
        bench.poll()
        bench.advance(0.04)
    assert closed(bench, 1).statistics.jitter_ms == pytest.approx(0.0, abs=0.2)


def test_jitter_grows_with_uneven_arrival(bench: Bench) -> None:
    one = bench.peer(1)
    for k in range(100):
        one.talk()
        bench.advance(0.01 if k % 2 else 0.03)
    jitter = closed(bench, 1).statistics.jitter_ms
    assert jitter == pytest.approx(10.0, abs=1.0)


def test_closing_stops_what_plays_and_parts_the_bridge(bench: Bench) -> None:
    one, two = bench.pair()
    bench.do(Play(1, ("tone:busy",), token=7, repeat=True))
    events = bench.do(Close(1))
    assert events[0] == Played(1, 7, "stopped")
    assert isinstance(events[1], Closed)
    one.heard()
    two.talk()
    assert one.heard() == []


def test_a_command_for_a_stream_that_is_gone_is_a_discard(bench: Bench) -> None:
    assert bench.do(Stop(5), Close(6)) == []
    assert bench.engine.discards == {"unknown-stream": 2}


def test_an_idle_stream_asks_for_time_only_every_few_seconds(bench: Bench) -> None:
    one = bench.peer(1)
    one.talk()
    deadline = bench.engine.deadline
    assert deadline is not None
    assert deadline >= bench.now + 3.0
