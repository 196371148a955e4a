"""Audio in the order of its timestamps."""

import numpy as np

from media.codecs.g711 import Samples
from media.tape import Tape


def frame(value: int) -> Samples:
    return np.full(160, value, np.int16)


def play(tape: Tape, *packets: tuple[int, int], pace: float = 0.02) -> list[int]:
    """Put frames (timestamp, value), a pace apart; return the value of each frame given back."""
    out: list[Samples] = []
    for k, (timestamp, value) in enumerate(packets):
        out += tape.put(timestamp, frame(value), k * pace)
    out += tape.finish()
    samples = np.concatenate(out)
    assert len(samples) == tape.written
    assert len(samples) % 160 == 0
    frames = samples.reshape(-1, 160)
    assert (frames == frames[:, :1]).all()
    return [int(each[0]) for each in frames]


def test_audio_in_order_is_given_back_at_once() -> None:
    tape = Tape()
    assert len(tape.put(1000, frame(1), 0.0)) == 1
    assert len(tape.put(1160, frame(2), 0.02)) == 1
    assert tape.finish() == []


def test_a_gap_is_silence() -> None:
    assert play(Tape(), (0, 1), (160, 2), (640, 5)) == [1, 2, 0, 0, 5]


def test_a_late_packet_finds_its_place() -> None:
    assert play(Tape(), (0, 1), (320, 3), (160, 2), (480, 4)) == [1, 2, 3, 4]


def test_a_packet_that_comes_twice_is_heard_once() -> None:
    assert play(Tape(), (0, 1), (160, 2), (160, 2), (320, 3)) == [1, 2, 3]


def test_a_packet_too_late_is_left_out() -> None:
    order = [(160 * k, k + 1) for k in range(12) if k != 2]
    assert play(Tape(), *order, (320, 3)) == [1, 2, 0, *range(4, 13)]


def test_timestamps_wrap() -> None:
    start = (1 << 32) - 320
    packets = [((start + 160 * k) & 0xFFFFFFFF, k + 1) for k in range(5)]
    assert play(Tape(), *packets) == [1, 2, 3, 4, 5]


def test_another_clock_goes_on_where_the_time_says() -> None:
    assert play(Tape(), (0, 1), (160, 2), (5_000_000, 3), (5_000_160, 4)) == [1, 2, 3, 4]


def test_a_long_pause_is_kept() -> None:
    tape = Tape()
    tape.put(0, frame(1), 0.0)
    out = [*tape.put(160 + 80_000, frame(2), 10.02), *tape.finish()]
    assert sum(map(len, out)) == 80_000 + 160
