"""What is heard of a peer whose packets come unevenly, twice or not at all, from the telephones of
a room."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.codecs.g711 import Samples, encode
from media.conferencing import Join, Leave
from media.control import Close, Closed
from media.measuring import Statistics
from media.rtp.header import RtpPacket
from tests.unit.media.bench import Bench, Peer
from tests.unit.media.codecs.sounds import level_of, tone

COMFORT_NOISE = 13
HERTZ = 400.0
LEVEL = -20.0


@pytest.fixture
def bench() -> Bench:
    return Bench()


def room(bench: Bench) -> tuple[Peer, Peer]:
    one, two = bench.peer(1), bench.peer(2)
    bench.do(Join(1, 7), Join(2, 7))
    return one, two


def packets_of(peer: Peer, sound: Samples) -> list[RtpPacket]:
    return [peer.packet(encode(frame, "PCMU").tobytes()) for frame in sound.reshape(-1, 160)]


def arrive(bench: Bench, peer: Peer, due: list[tuple[int, RtpPacket]], milliseconds: int) -> None:
    """Let packets arrive, each at its millisecond."""
    for now in range(milliseconds):
        peer.send(*(packet for at, packet in due if at == now))
        bench.advance(0.001)


def statistics(bench: Bench, stream: int) -> Statistics:
    (closed,) = [event for event in bench.do(Close(stream)) if isinstance(event, Closed)]
    return closed.statistics


def envelope(sound: Samples) -> NDArray[np.float64]:
    """Return the level of each 10 ms, of full scale."""
    levels: NDArray[np.float64] = np.sqrt(np.mean((sound.reshape(-1, 80) / 32768) ** 2, axis=1))
    return levels


def test_a_tone_passes_jitter_of_60_ms_and_loss_of_5_percent(bench: Bench) -> None:
    one, two = room(bench)
    chance = np.random.default_rng(5)
    packets = packets_of(one, tone(HERTZ, 8000, 6.0, LEVEL))
    late = chance.integers(0, 61, len(packets)).tolist()
    lost = set(range(10, len(packets), 20))
    due = [(20 * k + late[k], each) for k, each in enumerate(packets) if k not in lost]
    arrive(bench, one, due, 6000)
    heard = two.heard_samples()[8000:40_000]
    assert level_of(heard) == pytest.approx(LEVEL, abs=1.0)
    levels = envelope(heard)
    assert levels.min() > 0.3 * np.median(levels)
    counts = statistics(bench, 1)
    assert 0 < counts.concealed <= len(lost)
    assert counts.too_late < 5


def test_what_begins_to_sound_is_heard_soon_though_it_comes_unevenly(bench: Bench) -> None:
    one, two = room(bench)
    sound = np.concatenate((np.zeros(24_000, np.int16), tone(HERTZ, 8000, 1.0, LEVEL)))
    late = np.random.default_rng(6).integers(0, 61, 200).tolist()
    due = [(20 * k + late[k], each) for k, each in enumerate(packets_of(one, sound))]
    arrive(bench, one, due, 4000)
    begins = int(np.argmax(np.abs(two.heard_samples()) > 1000)) / 8000
    assert 3.0 <= begins <= 3.0 + 0.06 + 0.06


def test_counts_outlast_the_room(bench: Bench) -> None:
    one, _ = room(bench)
    packets = packets_of(one, tone(HERTZ, 8000, 1.0, LEVEL))
    straggler = packets[10]
    due = [(20 * k, each) for k, each in enumerate(packets) if each is not straggler]
    arrive(bench, one, [*due, (440, straggler)], 1000)
    bench.do(Leave(1), Join(1, 8), Leave(1))
    counts = statistics(bench, 1)
    assert (counts.too_late, counts.concealed) == (1, 1)


def test_the_next_stream_of_a_row_begins_at_nought(bench: Bench) -> None:
    one, _ = room(bench)
    packets = packets_of(one, tone(HERTZ, 8000, 1.0, LEVEL))
    del packets[10]
    arrive(bench, one, [(20 * k + 20 * (k >= 10), each) for k, each in enumerate(packets)], 1000)
    assert statistics(bench, 1).concealed == 1
    bench.advance(3.0)  # the port rests
    bench.peer(1)
    assert statistics(bench, 1).concealed == 0


def test_a_pause_with_comfort_noise_is_no_loss_and_no_noise_in_a_room(bench: Bench) -> None:
    one, two = room(bench)
    arrive(bench, one, list(enumerate(packets_of(one, np.zeros(160, np.int16)))), 100)
    one.sequence += 1
    noise = RtpPacket(COMFORT_NOISE, one.sequence, one.timestamp + 160, one.ssrc, bytes((40,)))
    arrive(bench, one, [(0, noise)], 1000)
    assert not two.heard_samples().any()
    one.timestamp += 8000
    speech = packets_of(one, tone(HERTZ, 8000, 1.0, LEVEL))
    arrive(bench, one, [(20 * k, each) for k, each in enumerate(speech)], 1000)
    assert level_of(two.heard_samples()[-4000:]) == pytest.approx(LEVEL, abs=0.5)
    assert statistics(bench, 1).concealed == 0


@pytest.mark.parametrize(("least", "frames"), [(0.02, 2), (0.1, 6)])
def test_what_is_said_waits_as_long_as_the_engine_is_told(least: float, frames: int) -> None:
    bench = Bench(delay=(least, 0.2))
    one, two = room(bench)
    for packet in packets_of(one, tone(HERTZ, 8000, 0.4, LEVEL)):
        one.send(packet)
        bench.poll()
        bench.advance(0.02)
    heard = two.heard_samples()
    silent = int(np.argmax(np.abs(heard) > 100)) // 160
    assert silent in (frames - 1, frames)
