"""RFC 3550's receiver statistics, for several streams and packets at once."""

import numpy as np
import pytest

from media.rtp.statistics import Arrivals, Reception


def arrive(reception: Reception, *packets: tuple[int, int], ssrc: int = 1, now: float = 0) -> None:
    """Let packets (row, sequence) arrive in one batch, 20 ms of audio each."""
    rows, sequence = np.array(packets, np.int64).T
    reception.update(
        Arrivals(
            rows,
            sequence & 0xFFFF,
            160 * sequence,
            np.full(len(rows), ssrc),
            np.full(len(rows), 172),
            np.ones(len(rows), np.bool_),
        ),
        now,
    )


def test_streams_are_counted_apart() -> None:
    reception = Reception(3)
    arrive(reception, (0, 5), (2, 9), (0, 6), (0, 7))
    assert reception.received.tolist() == [3, 0, 1]
    assert reception.octets.tolist() == [516, 0, 172]
    assert [reception.lost(row) for row in range(3)] == [0, 0, 0]


def test_many_packets_of_one_stream_in_a_batch_are_all_counted() -> None:
    reception = Reception(1)
    arrive(reception, *((0, k) for k in range(100, 150) if k != 120))
    assert reception.received[0] == 49
    assert reception.highest[0] == 149
    assert reception.lost(0) == 1


def test_late_and_double_packets_make_up_for_loss() -> None:
    reception = Reception(1)
    for sequence in (1, 2, 5, 3, 5):
        arrive(reception, (0, sequence))
    assert reception.highest[0] == 5
    assert reception.lost(0) == 0


def test_the_sequence_is_counted_on_past_sixteen_bits() -> None:
    reception = Reception(1)
    for sequence in (65534, 65535, 65536, 65537):
        arrive(reception, (0, sequence))
    assert reception.highest[0] == 65537
    assert reception.expected(0) == 4


def test_a_new_source_begins_anew_and_keeps_what_was_lost() -> None:
    reception = Reception(1)
    for sequence in (10, 11, 14):
        arrive(reception, (0, sequence), ssrc=1)
    for sequence in (50_000, 50_001, 50_003):
        arrive(reception, (0, sequence), ssrc=2)
    assert reception.received[0] == 6
    assert reception.lost(0) == 3


def test_one_wild_sequence_number_changes_nothing() -> None:
    reception = Reception(1)
    for sequence in (10, 11, 40_000, 12, 13):
        arrive(reception, (0, sequence))
    assert reception.highest[0] == 13


def test_a_jump_that_goes_on_is_a_restart() -> None:
    reception = Reception(1)
    for sequence in (10, 11, 40_000, 40_001, 40_002):
        arrive(reception, (0, sequence))
    assert reception.highest[0] == 40_002
    assert reception.lost(0) == 0


def test_the_fraction_lost_is_of_the_time_since_it_was_asked() -> None:
    reception = Reception(1)
    arrive(reception, *((0, k) for k in range(10)))
    assert reception.fraction_lost(0) == 0
    arrive(reception, *((0, k) for k in range(10, 20) if k % 2))
    assert reception.fraction_lost(0) == 128
    arrive(reception, (0, 20))
    assert reception.fraction_lost(0) == 0


def test_jitter_follows_the_rfc() -> None:
    reception = Reception(1)
    jitter, late = 0.0, [0.0, 0.005, 0.0, 0.01, 0.002]
    previous = late[0]
    for k, delay in enumerate(late):
        arrive(reception, (0, k), now=k * 0.02 + delay)
        jitter += (abs(delay - previous) * 8000 - jitter) / 16 if k else 0.0
        previous = delay
    assert abs((reception.jitter_units(0) or 0) - jitter) <= 1.5


def test_nothing_is_known_of_a_row_that_was_reset() -> None:
    reception = Reception(1)
    arrive(reception, (0, 5), (0, 9))
    reception.reset(0)
    assert reception.jitter_units(0) is None
    assert (reception.lost(0), reception.expected(0)) == (0, 0)


def test_jitter_is_of_when_packets_came_and_not_of_when_we_looked() -> None:
    reception = Reception(2)
    for k in range(
        50
    ):  # both every 20 ms, seen 40 ms later; what row 1 sends is 5 ms early or late
        now = 10.0 + 0.02 * k
        reception.update(
            Arrivals(
                np.array([0, 1]),
                np.array([k, k]),
                np.array([160 * k, 160 * k]),
                np.array([1, 1]),
                np.array([172, 172]),
                np.ones(2, np.bool_),
                np.array([now, now + (0.005 if k % 2 else -0.005)]),
            ),
            now + 0.04 + 0.013 * (k % 3),
        )
    assert reception.jitter_units(0) == 0
    assert reception.jitter_units(1) == pytest.approx(0.010 * 8000, abs=5)


def test_a_clock_that_was_set_makes_no_nonsense_of_jitter() -> None:
    reception = Reception(1)
    for k, shift in enumerate((0.0, 0.0, 3600.0, 3600.0)):
        now = 10.0 + 0.02 * k
        rows, sequence, timestamp, ssrc, length = np.array([[0], [k], [160 * k], [1], [172]])
        audio, arrived = np.ones(1, np.bool_), np.array([now + shift])
        arrivals = Arrivals(rows, sequence, timestamp, ssrc, length, audio, arrived)
        reception.update(arrivals, now)
    assert reception.jitter_units(0) == 0


def test_late_and_double_packets_are_told_apart() -> None:
    reception = Reception(1)
    for sequence in (1, 2, 5, 3, 5, 3, 6, 4):
        arrive(reception, (0, sequence))
    assert (reception.late[0], reception.duplicated[0]) == (2, 2)
    assert reception.missing(np.array([0])).tolist() == [0]


def test_duplicates_do_not_make_up_for_loss() -> None:
    reception = Reception(1)
    arrive(reception, *((0, k) for k in (1, 2, 2, 2, 5, 5, 6)))
    assert reception.lost(0) == -1
    assert reception.missing(np.array([0])).tolist() == [2]


def test_a_double_packet_of_long_ago_counts_as_late() -> None:
    reception = Reception(1)
    arrive(reception, *((0, k) for k in range(100)))
    arrive(reception, (0, 36), (0, 35))
    assert (reception.late[0], reception.duplicated[0]) == (1, 1)


def test_the_first_packets_of_a_source_and_of_a_jump_are_not_late() -> None:
    reception = Reception(1)
    arrive(reception, (0, 7), (0, 8))
    arrive(reception, (0, 40_000), (0, 40_001), (0, 40_002), (0, 40_001))
    arrive(reception, (0, 5), (0, 6), ssrc=2)
    assert (reception.late[0], reception.duplicated[0]) == (0, 1)
    assert reception.missing(np.array([0])).tolist() == [0]


def test_what_never_came_survives_a_restart_of_the_source() -> None:
    reception = Reception(1)
    arrive(reception, *((0, k) for k in (1, 2, 2, 5)))
    arrive(reception, *((0, k) for k in (900, 901, 904)), ssrc=2)
    assert reception.missing(np.array([0])).tolist() == [4]
    assert reception.bursts.runs[0] == 2
