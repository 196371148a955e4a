"""Two-channel recordings through the engine: who is left, who is right, and that time is kept."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.codecs.g711 import Samples, encode
from media.control import Bridge, Close, Closed, Event, Record, Recorded, StopRecording, Unbridge
from media.filing import HandRecording, RecordCall, StopRecordingCall
from tests.support.disk import full_disk
from tests.unit.media.bench import Bench, Peer, tone

RATE = 8000
LEFT = 440.0
RIGHT = 1000.0
OTHER = 2000.0


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(rows=60)
    yield bench
    bench.engine.close()


def talk(bench: Bench, seconds: float, **hertz: float) -> list[Event]:
    """Let peers, `p1` and so on, say tones together for a while."""
    events: list[Event] = []
    peers: dict[int, Peer] = bench.__dict__.setdefault("peers", {})
    for k in range(round(seconds * 50)):
        for name, frequency in hertz.items():
            number = int(name[1:])
            if number not in peers:
                peers[number] = bench.peer(number)
            peer = peers[number]
            frame = tone(0.02 * (k + 1), frequency)[-160:]
            peer.send(peer.packet(encode(frame, peer.codec).tobytes()))
        events += bench.poll()
        events += bench.advance(0.02)
    return events


def call(bench: Bench, *numbers: int) -> None:
    """Bridge peers 1 and 2, and open further ones."""
    peers: dict[int, Peer] = bench.__dict__.setdefault("peers", {})
    for number in (1, 2, *numbers):
        peers[number] = bench.peer(number)
    bench.do(Bridge(1, 2))


def sides(path: Path) -> Samples:
    sound: Samples
    sound, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate == RATE
    assert sound.shape[1] == 2
    return sound


def heard(sound: Samples, since: float, until: float) -> int:
    """Return the frequency of one side in a span, 0 for silence, -1 for anything else."""
    part = sound[round(since * RATE) : round(until * RATE)].astype(np.float64)
    if np.abs(part).max() < 50:
        return 0
    if np.sqrt(np.mean(part**2)) < 4000:
        return -1
    return round(float(np.abs(np.fft.rfft(part)).argmax()) / (until - since))


def edges(sound: Samples) -> list[float]:
    """Return the times at which one side begins or ends to sound, to 10 ms."""
    blocks = np.abs(sound[: len(sound) // 80 * 80].astype(np.int32)).reshape(-1, 80).max(axis=1)
    loud = np.concatenate(([False], blocks > 2000, [False]))
    return [round(at * 0.01, 2) for at in np.flatnonzero(loud[1:] != loud[:-1]).tolist()]


def test_the_stream_is_left_and_its_partner_is_right(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    path = tmp_path / "a.wav"
    bench.do(RecordCall(1, str(path), 5, 3600.0))
    talk(bench, 2.0, p1=LEFT, p2=RIGHT)
    [recorded] = bench.do(StopRecordingCall(1))
    assert recorded == Recorded(1, 5, str(path), pytest.approx(2.0, abs=0.04), "stopped")  # type: ignore[arg-type]
    sound = sides(path)
    assert heard(sound[:, 0], 0.5, 1.5) == LEFT
    assert heard(sound[:, 1], 0.5, 1.5) == RIGHT
    assert edges(sound[:, 0]) == edges(sound[:, 1])
    assert edges(sound[:, 0]) == [pytest.approx(0.0, abs=0.021), pytest.approx(2.0, abs=0.021)]


def test_where_nothing_came_is_silence_as_long_as_it_lasted(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    path = tmp_path / "a.wav"
    bench.do(RecordCall(1, str(path), 5, 3600.0))
    talk(bench, 1.0, p1=LEFT, p2=RIGHT)
    talk(bench, 0.5, p2=RIGHT)  # 1 is on hold, or is silent and sends nothing
    bench.advance(1.0)
    talk(bench, 0.5, p1=LEFT)
    talk(bench, 0.5, p1=LEFT, p2=RIGHT)
    bench.do(StopRecordingCall(1))
    sound = sides(path)
    near = pytest.approx
    assert edges(sound[:, 0]) == [near(at, abs=0.021) for at in (0.0, 1.0, 2.5, 3.5)]
    assert edges(sound[:, 1]) == [near(at, abs=0.021) for at in (0.0, 1.5, 3.0, 3.5)]


def test_another_partner_goes_on_in_the_same_file(bench: Bench, tmp_path: Path) -> None:
    call(bench, 3)
    path = tmp_path / "a.wav"
    bench.do(RecordCall(1, str(path), 5, 3600.0))
    talk(bench, 1.0, p1=LEFT, p2=RIGHT)
    bench.do(Unbridge(1), Close(2))
    talk(bench, 1.0, p1=LEFT)
    bench.do(Bridge(1, 3))
    talk(bench, 1.0, p1=LEFT, p3=OTHER)
    bench.do(StopRecordingCall(1))
    sound = sides(path)
    assert [heard(sound[:, 0], at, at + 0.9) for at in (0.05, 1.05, 2.05)] == [LEFT] * 3
    assert [heard(sound[:, 1], at, at + 0.9) for at in (0.05, 1.05, 2.05)] == [RIGHT, 0, OTHER]
    assert edges(sound[:, 1]) == [pytest.approx(at, abs=0.021) for at in (0.0, 1.0, 2.0, 3.0)]


def test_who_takes_the_place_of_the_caller_goes_on_left(bench: Bench, tmp_path: Path) -> None:
    call(bench, 3)
    path = tmp_path / "a.wav"
    bench.do(RecordCall(1, str(path), 5, 3600.0))
    talk(bench, 1.0, p1=LEFT, p2=RIGHT)
    bench.do(Bridge(3, 2), HandRecording(1, 3), Close(1))
    talk(bench, 1.0, p3=OTHER, p2=RIGHT)
    *_, recorded = bench.do(StopRecordingCall(3))
    assert isinstance(recorded, Recorded)
    assert (recorded.stream, recorded.token, recorded.reason) == (3, 5, "stopped")
    sound = sides(path)
    assert [heard(sound[:, 0], at, at + 0.9) for at in (0.05, 1.05)] == [LEFT, OTHER]
    assert [heard(sound[:, 1], at, at + 0.9) for at in (0.05, 1.05)] == [RIGHT, RIGHT]


def test_a_recording_is_handed_to_nobody_who_is_not_there(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    bench.do(HandRecording(1, 2), HandRecording(1, 9))
    assert bench.engine.discards == {"recording-not-handed": 1, "unknown-stream": 1}


def test_of_a_call_that_is_recorded_for_both_the_other_recording_goes_on(
    bench: Bench, tmp_path: Path
) -> None:
    call(bench)
    bench.do(RecordCall(1, str(tmp_path / "a.wav"), 5, 3600.0))
    bench.do(RecordCall(2, str(tmp_path / "b.wav"), 6, 3600.0))
    talk(bench, 0.5, p1=LEFT, p2=RIGHT)
    bench.do(StopRecordingCall(1))
    talk(bench, 0.5, p1=LEFT, p2=RIGHT)
    bench.do(StopRecordingCall(2))
    assert len(sides(tmp_path / "a.wav")) == pytest.approx(0.5 * RATE, abs=320)
    other = sides(tmp_path / "b.wav")
    assert heard(other[:, 0], 0.1, 0.9) == RIGHT
    assert heard(other[:, 1], 0.1, 0.9) == LEFT


def test_what_was_said_last_before_both_hung_up_is_in_the_file(
    bench: Bench, tmp_path: Path
) -> None:
    call(bench)
    path = tmp_path / "a.wav"
    bench.do(RecordCall(1, str(path), 5, 3600.0))
    talk(bench, 1.0, p1=LEFT, p2=RIGHT)
    events = bench.do(Close(2), Close(1))
    assert [type(event) for event in events] == [Closed, Recorded, Closed]
    sound = sides(path)
    assert edges(sound[:, 0])[-1] == edges(sound[:, 1])[-1] == pytest.approx(1.0, abs=0.021)


def test_it_ends_by_itself_at_the_maximum(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    path = tmp_path / "a.wav"
    bench.do(RecordCall(1, str(path), 5, 0.5))
    [recorded] = talk(bench, 1.5, p1=LEFT, p2=RIGHT)
    assert isinstance(recorded, Recorded)
    assert (recorded.reason, recorded.seconds) == ("maximum", 0.5)
    assert len(sides(path)) == 0.5 * RATE
    assert bench.do(StopRecordingCall(1)) == []


def test_a_second_order_ends_the_first(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    bench.do(RecordCall(1, str(tmp_path / "a.wav"), 5, 3600.0))
    talk(bench, 0.2, p1=LEFT)
    [first] = bench.do(RecordCall(1, str(tmp_path / "b.wav"), 6, 3600.0))
    assert isinstance(first, Recorded)
    assert (first.token, first.reason) == (5, "stopped")


def test_a_disk_that_fills_ends_the_recording_and_not_the_call(
    bench: Bench, tmp_path: Path
) -> None:
    call(bench)
    one, two = (bench.__dict__["peers"][number] for number in (1, 2))
    bench.do(RecordCall(1, str(tmp_path / "a.wav"), 5, 3600.0))
    with full_disk(44 + 1600):
        events = talk(bench, 3.0, p1=LEFT, p2=RIGHT)
    [recorded] = events
    assert isinstance(recorded, Recorded)
    assert (recorded.reason, recorded.error) == ("failed", "File too large")
    two.heard()
    one.talk()
    assert len(two.heard()) == 1, "the call goes on"


def test_the_file_can_be_opened_while_the_call_is_on(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    bench.do(RecordCall(1, str(tmp_path / "a.wav"), 5, 3600.0))
    talk(bench, 2.5, p1=LEFT, p2=RIGHT)
    sound = sides(tmp_path / "a.wav.part")
    assert len(sound) / RATE > 1.2
    assert heard(sound[:, 0], 0.1, 1.1) == LEFT
    assert heard(sound[:, 1], 0.1, 1.1) == RIGHT
    bench.do(StopRecordingCall(1))


def test_an_engine_that_was_busy_for_a_second_keeps_the_time(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    path = tmp_path / "a.wav"
    bench.do(RecordCall(1, str(path), 5, 3600.0))
    talk(bench, 0.5, p1=LEFT, p2=RIGHT)
    bench.now += 1.0
    talk(bench, 0.5, p1=LEFT, p2=RIGHT)
    bench.do(StopRecordingCall(1))
    sound = sides(path)
    near = pytest.approx
    assert edges(sound[:, 0]) == [near(at, abs=0.021) for at in (0.0, 0.5, 1.5, 2.0)]
    assert edges(sound[:, 0]) == edges(sound[:, 1])


def test_a_message_may_be_recorded_beside_a_call(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    bench.do(RecordCall(1, str(tmp_path / "a.wav"), 5, 3600.0))
    bench.do(Record(1, str(tmp_path / "b.wav"), 6, 3600.0))
    talk(bench, 0.5, p1=LEFT, p2=RIGHT)
    events = bench.do(StopRecording(1), StopRecordingCall(1))
    assert [event.token for event in events if isinstance(event, Recorded)] == [6, 5]


def test_nothing_is_due_when_nothing_is_recorded(bench: Bench, tmp_path: Path) -> None:
    call(bench)
    idle = bench.engine.deadline
    bench.do(RecordCall(1, str(tmp_path / "a.wav"), 5, 3600.0))
    assert (bench.engine.deadline or 0) - bench.now <= 0.02
    bench.do(StopRecordingCall(1))
    assert bench.engine.deadline == idle


def test_there_is_room_for_many_calls_and_none_hears_another(bench: Bench, tmp_path: Path) -> None:
    calls = range(1, 29, 2)
    peers: dict[int, Peer] = bench.__dict__.setdefault("peers", {})
    for number in range(1, 29):
        peers[number] = bench.peer(number)
    for number in calls:
        bench.do(Bridge(number, number + 1))
        bench.do(RecordCall(number, str(tmp_path / f"{number}.wav"), number, 3600.0))
    talk(bench, 1.5, **{f"p{number}": 300.0 + 50 * number for number in range(1, 29)})
    for number in calls:
        bench.do(StopRecordingCall(number))
        sound = sides(tmp_path / f"{number}.wav")
        assert heard(sound[:, 0], 0.2, 1.2) == 300 + 50 * number
        assert heard(sound[:, 1], 0.2, 1.2) == 350 + 50 * number
