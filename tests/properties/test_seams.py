"""Where one stream follows another on a row, and where parts of the plane meet."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.codecs.g711 import encode
from media.codecs.table import CODECS
from media.conferencing import Join
from media.control import Bridge, Close, Lease, Leased, Open, Play
from media.filing import RecordCall, StopRecordingCall
from media.handing import HandedOff, HandOff, TakeOver
from tests.unit.media.bench import FIRST_PORT, Bench, Peer, tone

SILENCE = b"\xff" * 160


@pytest.fixture
def bench() -> Bench:
    return Bench(quarantine=1.0)


def talk(bench: Bench, *peers: Peer, frames: int = 20) -> None:
    """Let telephones say a tone."""
    sound = tone(0.02 * frames).reshape(frames, 160)
    for frame in sound:
        for peer in peers:
            peer.send(peer.packet(encode(frame, peer.codec).tobytes()))
        bench.poll()
        bench.advance(0.02)


@pytest.mark.parametrize("ptime", [10, 20, 30, 40, 60])
def test_packets_are_as_long_as_the_peer_wants(bench: Bench, ptime: int) -> None:
    peer = bench.peer(1, ptime=ptime)
    bench.do(Play(1, ("tone:ringback",), 7))
    bench.advance(0.239)
    packets = peer.heard()
    assert len(packets) == 240 // ptime
    assert {len(packet.payload) for packet in packets} == {8 * ptime}
    assert set(np.diff([packet.timestamp for packet in packets]).tolist()) == {8 * ptime}
    assert [packet.marker for packet in packets] == [True] + [False] * (len(packets) - 1)


def test_nothing_of_a_call_is_heard_in_the_next_one_on_its_port(bench: Bench) -> None:
    one, two = bench.peer(1), bench.peer(2)
    bench.do(Join(1, 1), Join(2, 1))
    talk(bench, one)
    bench.do(Close(1))
    bench.advance(3.0)
    two.heard()
    again = Peer(bench, 1, "PCMU")
    bench.do(Open(11, again.port), bench.direct(again, stream=11), Join(11, 1))
    for _ in range(10):
        again.talk(SILENCE)
        bench.advance(0.02)
    assert not two.heard_samples().any()


def test_who_may_not_send_is_not_heard_in_a_room(bench: Bench) -> None:
    one, two = bench.peer(1, receives=False), bench.peer(2)
    bench.do(Join(1, 1), Join(2, 1))
    talk(bench, one)
    assert not two.heard_samples().any()


def test_a_recording_that_ends_gives_nothing_to_another(bench: Bench, tmp_path: Path) -> None:
    one, _ = bench.peer(1), bench.peer(2)
    bench.do(RecordCall(1, str(tmp_path / "1.wav"), 1, maximum=0.2))
    bench.do(RecordCall(2, str(tmp_path / "2.wav"), 2, maximum=5.0))
    for _ in range(30):
        bench.now += 0.02
        one.talk(b"\x11" * 160)
    bench.do(StopRecordingCall(2))
    bench.do(Close(1), Close(2))
    sound, _ = soundfile.read(tmp_path / "2.wav")
    assert not sound.any()


def test_a_stream_that_is_not_taken_home_gives_its_port_back() -> None:
    bench = Bench(rows=1, guests=1)
    bench.peer(1)
    (handed,) = bench.do(HandOff(1))
    assert isinstance(handed, HandedOff)
    bench.do(TakeOver(1, FIRST_PORT, b"", ()))
    assert bench.do(Lease(1)) == [Leased((FIRST_PORT,))]


def test_extended_reports_move_with_their_stream(bench: Bench) -> None:
    there = Bench(first=FIRST_PORT + 1000, guests=2)
    peer = bench.peer(1, extended_reports=True)
    (handed,) = bench.do(HandOff(1))
    assert isinstance(handed, HandedOff)
    there.now = bench.now
    there.do(TakeOver(1, handed.port, handed.state, handed.descriptors))
    peer.visit(there)
    other = there.peer(2)
    there.do(Bridge(1, 2))
    for _ in range(260):
        peer.talk()
        other.talk()
        there.advance(0.02)
    reports = b"".join(there.control_sent_to(peer.address))
    assert b"\xcf\x00" in reports  # packet type 207 (RFC 3611)


@pytest.mark.parametrize(("ptime", "sent"), [(30, 20), (50, 40), (5, 10), (90, 60)])
def test_a_length_that_a_codec_has_not_is_the_next_shorter_one(
    bench: Bench, ptime: int, sent: int
) -> None:
    if "opus" not in CODECS:
        pytest.skip("libopus0 is not installed")
    peer = bench.peer(1, "opus", ptime=ptime)
    bench.do(Play(1, ("tone:ringback",), 7))
    bench.advance(0.479)
    steps = set(np.diff([packet.timestamp for packet in peer.heard()]).tolist())
    assert steps == {48 * sent}
