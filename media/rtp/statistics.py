"""What is known of the packets that came, for all streams at once (RFC 3550, appendix A)."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.net.batch import Flags, Ints, Times, is_all, is_any
from media.rtp.bursts import Bursts

MAX_DROPOUT: Final = 3000
MAX_MISORDER: Final = 100
"""Sequence numbers further off than these begin anew, if the next one follows (appendix A.1)."""

WINDOW: Final = 64
"""Sequence numbers back from the highest of which it is known whether they came."""

_NO_SEQUENCE: Final = 1 << 17
_ONE: Final = np.uint64(1)

_COUNT: Final = np.arange(4096)
"""0, 1, 2 ... for as many packets as arrive together at most."""


_MAX_DROPOUT: Final = np.array(MAX_DROPOUT, np.int16)
_MIN_MISORDER: Final = np.array(-MAX_MISORDER, np.int16)
_NOTHING: Final = np.array(0, np.int16)
_HALF: Final = np.array(8, np.int32)
_4: Final = np.array(4, np.int32)
_A_SECOND: Final = np.array(8000, np.int32)


class Arrivals(NamedTuple):
    """Packets that came, by column, in their order."""

    rows: Ints
    sequence: Ints
    timestamp: Ints
    ssrc: Ints
    length: Ints
    audio: Flags
    """Which of them say something of jitter: named events repeat a timestamp."""

    arrived: Times | None = None
    """Monotonic seconds at which each came, where that is known; else all came now."""

    def where(self, which: Flags | Ints) -> "Arrivals":
        return Arrivals(
            self.rows[which],
            self.sequence[which],
            self.timestamp[which],
            self.ssrc[which],
            self.length[which],
            self.audio[which],
            None if self.arrived is None else self.arrived[which],
        )


class Reception:
    """Arrays with one entry a stream, by row.

    received    packets taken since the stream was opened
    octets      their payload bytes, header included
    highest     extended highest sequence number, RFC 3550's `cycles | max_seq`
    base        the first sequence number, extended
    jitter      16 times the interarrival jitter, in 1/8000 s whatever the clock
    scale       timestamp units in 1/8000 s
    late        packets that came after one that was sent later
    duplicated  packets that came once more, as far as WINDOW tells
    bursts      how the losses lie
    """

    def __init__(self, rows: int) -> None:
        self.received: Ints = np.zeros(rows, np.int64)
        self.octets: Ints = np.zeros(rows, np.int64)
        self.highest: Ints = np.zeros(rows, np.int64)
        self.base: Ints = np.zeros(rows, np.int64)
        self.jitter: NDArray[np.int32] = np.zeros(rows, np.int32)
        self.scale: Ints = np.ones(rows, np.int64)
        self.ssrc: Ints = np.full(rows, -1, np.int64)
        self.late: Ints = np.zeros(rows, np.int64)
        self.duplicated: Ints = np.zeros(rows, np.int64)
        self.bursts = Bursts(rows)
        self._came: NDArray[np.uint64] = np.zeros(rows, np.uint64)  # bit k: highest - k has come
        self._transit: NDArray[np.int32] = np.zeros(rows, np.int32)
        self._timed: Flags = np.zeros(rows, np.bool_)
        self._bad: Ints = np.full(rows, _NO_SEQUENCE, np.int64)
        self._before: Ints = np.zeros(rows, np.int64)  # received before the present sequence began
        self._lost_before: Ints = np.zeros(rows, np.int64)
        self._expected_reported: Ints = np.zeros(rows, np.int64)
        self._lost_reported: Ints = np.zeros(rows, np.int64)
        self._mark: Ints = np.zeros(rows, np.int64)

    def reset(self, row: int) -> None:
        """Forget all about a row."""
        for counts in (
            self.received,
            self.octets,
            self.highest,
            self.base,
            self.jitter,
            self.late,
            self.duplicated,
            self._before,
            self._lost_before,
            self._expected_reported,
            self._lost_reported,
        ):
            counts[row] = 0
        self.scale[row] = 1
        self.ssrc[row] = -1
        self._timed[row] = False
        self.bursts.reset(row)

    def update(self, arrivals: Arrivals, now: float) -> None:
        """Count packets, in order of arrival; several may be of one stream."""
        # numpy keeps only the last of several writes to one place: take the first packet of each
        # stream, then the second of each, and so on.
        while (first := self._first(arrivals.rows)) is not None:
            self._update(arrivals.where(first), now)
            arrivals = arrivals.where(~first)
        self._update(arrivals, now)

    def count(self, rows: Ints, length: Ints) -> None:
        """Count packets without numbers and times."""
        np.add.at(self.received, rows, 1)
        np.add.at(self.octets, rows, length)

    def expected(self, row: int) -> int:
        """Return how many packets of the present sequence the numbers promise so far."""
        return int(self.highest[row] - self.base[row]) + 1 if self.ssrc[row] >= 0 else 0

    def lost(self, row: int) -> int:
        """Return how many packets never came; negative when there were duplicates."""
        received = int(self.received[row] - self._before[row])
        return int(self._lost_before[row]) + self.expected(row) - received

    def missing(self, rows: Ints) -> Ints:
        """Return how many packets of each row never came, duplicates not counted as others."""
        expected = np.where(self.ssrc[rows] >= 0, self.highest[rows] - self.base[rows] + 1, 0)
        came = self.received[rows] - self._before[rows] - self.duplicated[rows]
        return np.maximum(self._lost_before[rows] + expected - came, 0)

    def fraction_lost(self, row: int) -> int:
        """Return the loss since this was asked last, in 1/256 (appendix A.3)."""
        expected, lost = self.expected(row), self.lost(row)
        new = expected - int(self._expected_reported[row])
        gone = lost - int(self._lost_reported[row])
        self._expected_reported[row], self._lost_reported[row] = expected, lost
        return min((gone << 8) // new, 255) if new > 0 and gone > 0 else 0

    def is_timed(self, rows: Ints) -> Flags:
        """Return for which rows audio has come, so that there is a jitter."""
        timed: Flags = self._timed[rows]
        return timed

    def jitter_units(self, row: int) -> int | None:
        """Return the interarrival jitter in 1/8000 s; None before audio came."""
        return int(self.jitter[row]) >> 4 if self._timed[row] else None

    def _first(self, rows: Ints) -> Flags | None:
        """Return which packets are the first of their stream, or None when all are."""
        count = _COUNT[: len(rows)]
        self._mark[rows[::-1]] = count[::-1]
        first: Flags = self._mark[rows] == count
        return None if is_all(first) else first

    def _update(self, arrivals: Arrivals, now: float) -> None:
        """Count packets of which no two are of one stream."""
        rows, sequence, timestamp, ssrc, length, audio, arrived = arrivals
        self.received[rows] += 1
        self.octets[rows] += length
        highest = self.highest[rows]
        ahead = (sequence - highest).astype(np.int16)
        odd = (self.ssrc[rows] != ssrc) | (ahead > _MAX_DROPOUT) | (ahead < _MIN_MISORDER)
        if is_any(odd):
            for i in odd.nonzero()[0].tolist():
                self._restart(int(rows[i]), int(sequence[i]), int(ssrc[i]))
            highest = self.highest[rows]
            ahead = (sequence - highest).astype(np.int16)
            wild = (ahead > MAX_DROPOUT) | (ahead < -MAX_MISORDER)
            self._follow(rows[~wild], ahead[~wild])
            ahead[wild] = 0
        else:
            self._follow(rows, ahead)
        self.highest[rows] = highest + np.maximum(ahead, _NOTHING)

        scale = self.scale[rows]
        transit = (_units(arrived, now) * scale - timestamp).astype(np.int32)
        difference = np.abs(transit - self._transit[rows]) // scale
        jitter = self.jitter[rows]
        moved = jitter + difference - ((jitter + _HALF) >> _4)
        # A jump of more than a second is a new clock and no jitter.
        counts = audio & self._timed[rows] & (difference < _A_SECOND)
        self.jitter[rows] = np.where(counts, moved, jitter)
        self._transit[rows] = np.where(audio, transit, self._transit[rows])
        self._timed[rows] |= audio

    def _follow(self, rows: Ints, ahead: NDArray[np.int16]) -> None:
        """Note what comes next, what is left out, and what comes late or once more."""
        came = self._came
        if (ahead == 1).all():
            came[rows] = came[rows] << _ONE | _ONE
            return
        is_ahead = ahead > 0
        forward, steps = rows[is_ahead], ahead[is_ahead].astype(np.int64)
        shift = np.minimum(steps, WINDOW - 1).astype(np.uint64)
        came[forward] = np.where(steps < WINDOW, came[forward] << shift, 0) | _ONE
        leaps = steps > 1
        if leaps.any():
            leapt = forward[leaps]
            self.bursts.miss(leapt, steps[leaps] - 1, self.received[leapt] - 1)
        if is_ahead.all():
            return
        back, steps = rows[~is_ahead], -ahead[~is_ahead].astype(np.int64)
        bit = _ONE << np.minimum(steps, WINDOW - 1).astype(np.uint64)
        is_double = ((came[back] & bit) != 0) & (steps < WINDOW)
        self.duplicated[back] += is_double
        self.late[back] += ~is_double & (steps > 0)
        came[back] |= np.where(steps < WINDOW, bit, 0).astype(np.uint64)

    def _restart(self, row: int, sequence: int, ssrc: int) -> None:
        """Begin a new sequence, at once for a new source, else at the second packet of it."""
        is_same = bool(self.ssrc[row] == ssrc)
        if is_same and self._bad[row] != sequence:
            self._bad[row] = (sequence + 1) & 0xFFFF
            return
        # Counted as received already: this packet, and the first of the jump.
        fresh = 2 if is_same else 1
        if self.ssrc[row] >= 0:
            self._lost_before[row] = self.lost(row) + fresh
        self._before[row] = self.received[row] - fresh
        self.highest[row] = sequence
        self.base[row] = sequence + 1 - fresh
        self.ssrc[row] = ssrc
        self._came[row] = 2 if is_same else 0
        self._bad[row] = _NO_SEQUENCE
        self._timed[row] = False


def _units(arrived: Times | None, now: float) -> Ints:
    """Return times of arrival in timestamp units. A clock that was set meanwhile makes nonsense of
    what it told, so they are of the last second."""
    if arrived is None:
        return np.array(int(now * 8000))
    units: Ints = (np.clip(arrived, now - 1.0, now) * 8000).astype(np.int64)
    return units
