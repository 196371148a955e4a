"""What comes unevenly is heard evenly, once, and in its order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.g711 import Samples
from media.rtp.jitter import HEARD, MISSING, PAUSED, SPELL, JitterBuffer

FRAME = 160
ROW = np.zeros(1, np.int64)
SSRC = 77
FIRST = 0xFFFFFFFF - 900
"""A timestamp that begins anew soon."""


def numbered(count: int) -> Samples:
    """Return frames (count, 160), each with its own number in all samples."""
    return np.repeat(np.arange(1, count + 1, dtype=np.int16), FRAME).reshape(count, FRAME)


class Line:
    """One stream into a buffer."""

    def __init__(self, **bounds: float) -> None:
        self.buffer = JitterBuffer(8000, **bounds)
        self.buffer.open(0)

    def put(self, number: int, *, ssrc: int = SSRC, sound: Samples | None = None) -> None:
        """Let packet `number`, counted from 0, arrive."""
        samples = numbered(number + 1)[-1] if sound is None else sound
        timestamp = FIRST + number * FRAME & 0xFFFFFFFF
        self.buffer.put(
            ROW, np.array([ssrc]), np.array([timestamp]), 1, samples.reshape(1, -1).astype(np.int16)
        )

    def take(self) -> tuple[Samples, int]:
        sound, kinds = self.buffer.take(ROW)
        return sound[0], int(kinds[0])

    def numbers(self, count: int) -> list[int]:
        """Return the number of each of the next frames, 0 for none."""
        return [int(self.take()[0][80]) for _ in range(count)]


def test_what_comes_in_time_is_heard_after_the_least_delay() -> None:
    line = Line(least=0.04)
    heard = []
    for number in range(6):
        line.put(number)
        heard += line.numbers(1)
    assert heard == [0, 0, 1, 2, 3, 4]
    assert line.buffer.delay(0) == pytest.approx(0.04)


def test_before_anything_came_there_is_silence() -> None:
    line = Line()
    sound, kind = line.take()
    assert kind == PAUSED
    assert not sound.any()


@given(
    st.permutations(range(8)),
    st.lists(st.integers(0, 7), max_size=5),
    st.sets(st.integers(0, 7), max_size=3),
)
def test_any_order_is_put_right(order: list[int], again: list[int], lost: set[int]) -> None:
    line = Line(least=0.2)
    line.put(0)
    for number in [*order, *again]:
        if number not in lost:
            line.put(number)
    line.numbers(10)  # the delay
    kinds = []
    for number in range(8):
        sound, kind = line.take()
        kinds.append(kind)
        assert set(sound.tolist()) == {number + 1 if kind == HEARD else 0}
    came = {0, *range(8)} - (lost - {0})
    assert {number for number, kind in enumerate(kinds) if kind == HEARD} == came
    assert line.buffer.late[0] == 0


def test_a_packet_that_comes_twice_is_heard_once_and_counted() -> None:
    line = Line()
    for number in (0, 1, 1, 1, 2):
        line.put(number)
    assert line.numbers(5) == [0, 1, 2, 3, 0]
    assert line.buffer.duplicated[0] == 2


def test_a_gap_is_told_apart_from_a_pause() -> None:
    line = Line()
    for number in (0, 1, 3):
        line.put(number)
    kinds = [line.take()[1] for _ in range(7)]
    assert kinds == [MISSING, HEARD, HEARD, MISSING, HEARD, PAUSED, PAUSED]


def test_a_pause_in_the_timestamps_is_kept() -> None:
    line = Line()
    line.put(0)
    heard = line.numbers(10)
    line.put(10)
    heard += line.numbers(3)
    assert [i for i, number in enumerate(heard) if number] == [1, 11]


def test_the_delay_grows_for_what_comes_late_and_not_beyond_its_bound() -> None:
    line = Line(least=0.02, most=0.1)
    for number in range(3):
        line.put(number)
    assert line.numbers(5) == [0, 1, 2, 3, 0]
    line.put(3)  # its turn was 20 ms ago
    assert line.numbers(1) == [4]
    for number in range(4, 40):  # 160 ms late: too much to wait for
        line.take()
        if number >= 12:
            line.put(number - 8)
    assert line.buffer.late[0] > 0
    assert line.buffer.delay(0) <= 0.1 + 0.04


def test_who_is_always_late_begins_anew() -> None:
    line = Line(least=0.02, most=0.06)
    line.put(0)
    line.numbers(10)
    heard = []
    for number in range(1, 30):  # the clock stood still while nothing was said
        line.put(number)
        heard += line.numbers(1)
    assert heard[-1] >= 28


@pytest.mark.parametrize("jump", [1 << 20, -(1 << 20), 1 << 31])
def test_a_jump_of_the_timestamps_begins_anew(jump: int) -> None:
    line = Line()
    line.put(0)
    line.numbers(2)
    heard = []
    for number in range(1, 4):
        line.put(number + jump // FRAME, sound=np.full(FRAME, 500, np.int16))
        heard += line.numbers(1)
    assert heard[-1] == 500


def test_one_straggler_changes_nothing() -> None:
    line = Line()
    heard = []
    for number in range(30):
        line.put(number)
        if number == 20:
            line.put(3)
        heard += line.numbers(1)
    assert heard == [0, *range(1, 30)]
    assert line.buffer.late[0] == 1


def test_another_source_begins_anew() -> None:
    line = Line()
    line.put(0)
    line.put(1)
    line.put(500, ssrc=SSRC + 1, sound=np.full(FRAME, 500, np.int16))
    assert line.numbers(3) == [0, 500, 0]


@pytest.mark.parametrize("length", [80, 240, 480, 37])
def test_packets_of_any_length_are_heard_without_seams(length: int) -> None:
    line = Line(least=0.08)
    sound = np.arange(1, 6 * length + 1, dtype=np.int16)
    for number, piece in enumerate(sound.reshape(6, length)):
        timestamp = np.array([FIRST + number * length & 0xFFFFFFFF])
        line.buffer.put(ROW, np.array([SSRC]), timestamp, 1, piece[None, :])
    heard = np.concatenate([line.take()[0] for _ in range(4 + 6 * length // FRAME)])
    heard = heard[4 * FRAME :]
    assert heard.tolist() == sound[: len(heard)].tolist()


def test_a_delay_that_is_not_needed_any_more_is_played_away_unheard() -> None:
    line = Line(least=0.02, most=0.2)
    hertz = 400.0
    sound = (8000 * np.sin(2 * np.pi * hertz * np.arange(FRAME * 1000) / 8000)).astype(np.int16)
    frames = sound.reshape(-1, FRAME)
    line.put(0, sound=frames[0])
    line.numbers(5)  # a stall of 80 ms
    for number in range(1, 6):
        line.put(number, sound=frames[number])
    before = line.buffer.delay(0)
    heard = []
    for number in range(6, 6 + 6 * SPELL):
        line.put(number, sound=frames[number])
        heard.append(line.take()[0])
    assert before >= 0.09
    assert line.buffer.delay(0) <= before - 0.05
    whole = np.concatenate(heard).astype(np.float64)
    assert np.abs(np.diff(whole)).max() < 1.1 * 8000 * 2 * np.pi * hertz / 8000
    level = np.sqrt(np.mean(whole**2))
    assert level == pytest.approx(8000 / np.sqrt(2), rel=0.02)


def test_a_clock_that_runs_fast_never_fills_the_buffer() -> None:
    line = Line(least=0.02, most=0.2)
    number = 0
    for tick in range(5000):  # 100 s, with a clock that is 0.1 % fast
        while number <= tick * 1.001:
            line.put(number, sound=np.full(FRAME, 9, np.int16))
            number += 1
        line.take()
    assert line.buffer.delay(0) < 0.08
    assert line.buffer.late[0] == 0


def test_rows_do_not_disturb_each_other_and_are_made_as_needed() -> None:
    buffer = JitterBuffer(8000)
    rows = np.array([3, 40])
    for row in rows.tolist():
        buffer.open(row)
    sources, timestamps = np.array([1, 2]), np.array([0, 1_000_000])
    buffer.put(rows, sources, timestamps, 1, numbered(2))
    buffer.take(rows)
    sound, kinds = buffer.take(rows)
    assert sound[:, 0].tolist() == [1, 2]
    assert kinds.tolist() == [HEARD, HEARD]
    buffer.open(3)
    sound, kinds = buffer.take(rows)
    assert kinds.tolist() == [PAUSED, PAUSED]


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 0xFFFFFFFF), st.integers(1, 1500)), max_size=30
    )
)
def test_nothing_that_comes_breaks_it(packets: list[tuple[int, int, int]]) -> None:
    line = Line()
    for ssrc, timestamp, length in packets:
        sound = np.full((1, length), 7, np.int16)
        line.buffer.put(ROW, np.array([ssrc]), np.array([timestamp]), 1, sound)
        sound, kind = line.take()
        assert len(sound) == FRAME
        assert kind in (HEARD, MISSING, PAUSED)
    assert 0.0 <= line.buffer.delay(0) < 0.5


def test_the_part_of_a_packet_that_came_too_late_is_not_heard_a_round_later() -> None:
    line = Line(least=0.02, most=0.02)
    line.put(0)
    line.numbers(2)
    line.buffer.put(  # from the middle of packet 0 on
        ROW, np.array([SSRC]), np.array([FIRST + 80]), 1, np.full((1, FRAME), 9, np.int16)
    )
    heard = [line.take()[0] for _ in range(60)]
    assert heard[0].tolist() == [9] * 80 + [0] * 80
    assert not np.concatenate(heard[1:]).any()
