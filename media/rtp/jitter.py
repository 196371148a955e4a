"""The jitter buffer: what arrives unevenly is heard evenly, for all listened streams at once.

Each stream has a ring of samples in the order of their RTP timestamps, and a place in it from which
20 ms are taken at a tick. How far that is behind what arrives, is the delay:

- It begins with `least` and grows at once when something comes too late, by as much as it was late
  (GROWTH at a time, `most` in all). What is later than that is lost.
- It shrinks when for SPELL ticks everything has come earlier than it had to: 20 ms are taken from
  a little more than 20 ms of sound, which nobody hears (RATE_CHANGE). That evens out two clocks
  that do not agree as well, in one direction; in the other one the late packets do so.

A pause in the timestamps is a pause in the speech and no loss (RFC 3551, section 4.1). A source
that begins anew, or whose timestamps jump, begins anew here.
"""

from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from media.codecs.g711 import Samples
from media.net.batch import Flags, Ints

TICKS: Final = 50
"""In a second."""

SPELL: Final = 100
"""Ticks over which it is seen how early everything comes."""

RATE_CHANGE: Final = 0.02
"""Share by which sound is played faster while the delay shrinks."""

GROWTH: Final = 0.06
"""Seconds by which the delay grows at once, at most."""

PATIENCE: Final = 10
"""Late packets in a row after which the source is taken to have begun anew. Of those that are later
than a quarter of a second it is the second: one alone may be a straggler."""

HEARD: Final = 0
MISSING: Final = 1
PAUSED: Final = 2
"""What a frame is: sound; in a gap that is over, or may be; nothing was sent."""

_UNKNOWN: Final = -1


class JitterBuffer:
    """Rings for streams of one sample rate.

    rate    samples a second: 8,000, 16,000 or 48,000
    least   seconds of delay at the beginning, and at least
    most    seconds of delay at most
    """

    def __init__(self, rate: int, least: float = 0.02, most: float = 0.2) -> None:
        self.rate = rate
        self.frame = rate // TICKS
        self._least, self._most = round(least * rate), round(most * rate)
        self._most_growth = round(GROWTH * rate)
        self._length = 1 << (rate // 2 - 1).bit_length()  # half a second, up to a power of two
        self._mask = self._length - 1
        self._rows = 0
        self._ring: Samples = np.zeros((0, self._length), np.int16)
        self._there: Flags = np.zeros((0, self._length), np.bool_)
        self._columns()

    def _columns(self) -> None:
        rows = self._rows
        self.source: Ints = np.full(rows, _UNKNOWN, np.int64)
        """SSRC, or `_UNKNOWN` before anything came."""

        self._place: Ints = np.zeros(rows, np.int64)  # of the next frame to be taken
        self._newest: Ints = np.zeros(rows, np.int64)  # one past the last sample that came
        self._timestamp: Ints = np.zeros(rows, np.int64)  # RTP's, of `_position`
        self._position: Ints = np.zeros(rows, np.int64)
        self._early: Ints = np.zeros(rows, np.int64)  # by how much the latest was early, at least
        self._ticks: Ints = np.zeros(rows, np.int64)
        self._surplus: Ints = np.zeros(rows, np.int64)  # samples of delay to be played away
        self._late_in_a_row: Ints = np.zeros(rows, np.int64)
        self.late: Ints = np.zeros(rows, np.int64)
        self.duplicated: Ints = np.zeros(rows, np.int64)

    def open(self, row: int) -> None:
        """Begin with a stream that has sent nothing."""
        if row >= self._rows:
            self._grow(max(row + 1, 2 * self._rows, 8))
        self.source[row] = _UNKNOWN
        self._there[row] = False
        self._ticks[row] = self._surplus[row] = self._late_in_a_row[row] = 0
        self.late[row] = self.duplicated[row] = 0

    def put(self, rows: Ints, sources: Ints, timestamps: Ints, scale: int, sound: Samples) -> None:
        """Take packets of equal length, of which no two are of one row.

        sources     SSRC
        timestamps  as in the header
        scale       samples for a unit of the timestamps
        sound       int16 (packets, samples)
        """
        length = sound.shape[1]
        ahead = (timestamps - self._timestamp[rows]).astype(np.int32).astype(np.int64) * scale
        begins = self._position[rows] + ahead
        lead = begins - self._place[rows]
        anew = (
            (self.source[rows] != sources)
            | (lead > self._length - length)  # beyond what is not heard yet
            | ((lead < -self._length // 2) & (self._late_in_a_row[rows] >= 1))
            | (self._late_in_a_row[rows] >= PATIENCE)
        )
        if anew.any():
            which = anew.nonzero()[0]
            self._begin(rows[which], sources[which], begins[which])
            lead[which] = self._least
        self._timestamp[rows] = timestamps
        self._position[rows] = begins
        is_late = lead < 0
        if is_late.any():
            lead = self._wait(rows, lead, is_late)
            is_late = lead + length <= 0  # wholly; of others the rest is heard
            self.late[rows] += is_late
            self._late_in_a_row[rows] = np.where(is_late, self._late_in_a_row[rows] + 1, 0)
            which = (~is_late).nonzero()[0]
            if not len(which):
                return
            rows, begins, lead, sound = rows[which], begins[which], lead[which], sound[which]
        else:
            self._late_in_a_row[rows] = 0
        self._early[rows] = np.minimum(self._early[rows], lead)
        self.duplicated[rows] += self._read(self._there, rows, begins, length).all(axis=1)
        self._write(self._ring, rows, begins, sound)
        self._write(self._there, rows, begins, np.ones(sound.shape, np.bool_))
        self._newest[rows] = np.maximum(self._newest[rows], begins + length)

    def take(self, rows: Ints) -> tuple[Samples, NDArray[np.int8]]:
        """Return the next 20 ms of each row, int16 (rows, frame), and what each is: of a frame
        that is not wholly there the rest is silent."""
        frame, place = self.frame, self._place[rows]
        there = self._read(self._there, rows, place, frame)
        sound: Samples = self._read(self._ring, rows, place, frame)
        kinds = np.full(len(rows), HEARD, np.int8)
        whole: Flags = np.asarray(there.all(axis=1))
        if not whole.all():
            sound[~there] = 0
            is_under_way = (self._newest[rows] > place) & (self.source[rows] != _UNKNOWN)
            kinds[~whole] = np.where(is_under_way[~whole], MISSING, PAUSED)
        steps = np.full(len(rows), frame, np.int64)
        shrinks = self._surplus[rows] > 0
        if shrinks.any():
            self._hurry(rows, shrinks, sound, whole, steps)
        self._write(self._there, rows, place, np.zeros(sound.shape, np.bool_))
        self._place[rows] = place + steps
        self._ticks[rows] += 1
        spell = self._ticks[rows] >= SPELL
        if spell.any():
            self._look_back(rows[spell])
        return sound, kinds

    def past(self, row: int, seconds: float) -> Samples:
        """Return what was heard before the frame taken last."""
        end = int(self._place[row]) - self.frame
        at = np.arange(end - round(seconds * self.rate), end) & self._mask
        sound: Samples = self._ring[row, at]
        return sound

    def delay(self, row: int) -> float:
        """Return how many seconds what arrives now has to wait."""
        if self.source[row] == _UNKNOWN:
            return 0.0
        return max(0.0, float(self._newest[row] - self._place[row]) / self.rate)

    # Inside

    def _read(self, ring: NDArray[Any], rows: Ints, places: Ints, length: int) -> NDArray[Any]:
        """Return a copy of (rows, length) from a place of each row on."""
        starts = places & self._mask
        begins = rows * self._length + starts
        whole = starts <= self._length - length
        runs = sliding_window_view(ring.reshape(-1), length)
        if whole.all():
            return runs[begins]
        found = runs[np.where(whole, begins, 0)]
        over = (~whole).nonzero()[0]
        at = (starts[over, None] + np.arange(length)) & self._mask
        found[over] = ring[rows[over, None], at]
        return found

    def _write(self, ring: NDArray[Any], rows: Ints, places: Ints, what: NDArray[Any]) -> None:
        """Put (rows, length) at a place of each row. No two are of one row."""
        length = what.shape[1]
        starts = places & self._mask
        whole = starts <= self._length - length
        runs = sliding_window_view(ring.reshape(-1), length, writeable=True)
        if whole.all():
            runs[rows * self._length + starts] = what
            return
        some = whole.nonzero()[0]
        runs[rows[some] * self._length + starts[some]] = what[some]
        over = (~whole).nonzero()[0]
        at = (starts[over, None] + np.arange(length)) & self._mask
        ring[rows[over, None], at] = what[over]

    def _begin(self, rows: Ints, sources: Ints, begins: Ints) -> None:
        """Let sources begin, with packets that begin there."""
        self.source[rows] = sources
        self._there[rows] = False
        self._place[rows] = begins - self._least
        self._newest[rows] = begins
        self._early[rows] = self._length
        self._ticks[rows] = self._surplus[rows] = self._late_in_a_row[rows] = 0

    def _wait(self, rows: Ints, lead: Ints, is_late: Flags) -> Ints:
        """Let the delay of those that are late grow, as far as it may, and return their leads."""
        delay = np.maximum(self._newest[rows] - self._place[rows], 0)
        room = np.maximum(self._most - delay - self.frame, 0)
        # One straggler is no reason to keep all that follow waiting for long.
        grows = np.where(is_late & (-lead <= np.minimum(room, self._most_growth)), -lead, 0)
        self._place[rows] -= grows
        self._surplus[rows] = np.where(grows > 0, 0, self._surplus[rows])
        self._ticks[rows] = np.where(grows > 0, 0, self._ticks[rows])
        waited: Ints = lead + grows
        return waited

    def _hurry(self, rows: Ints, shrinks: Flags, sound: Samples, whole: Flags, steps: Ints) -> None:
        """Take a little more than a frame, squeezed into one; in a pause skip what is silent."""
        frame = self.frame
        extra = max(1, round(frame * RATE_CHANGE))
        for i in shrinks.nonzero()[0].tolist():
            row = int(rows[i])
            more = min(extra, int(self._surplus[row]))
            place = int(self._place[row])
            if whole[i]:
                at = np.arange(place, place + frame + more + 1) & self._mask
                if not self._there[row, at].all():
                    continue
                wide = self._ring[row, at].astype(np.float32)
                where = np.arange(frame) * ((frame + more) / frame)
                sound[i] = np.rint(np.interp(where, np.arange(len(wide)), wide))
                self._there[row, at[frame : frame + more]] = False
            steps[i] += more
            self._surplus[row] -= more

    def _look_back(self, rows: Ints) -> None:
        """See after a spell whether all came earlier than it had to."""
        early = self._early[rows] - self._least
        seen = self._early[rows] < self._length
        # Half a frame is left: who comes every 20 ms comes up to that much later by chance.
        self._surplus[rows] = np.where(seen & (early > self.frame // 2), early, 0)
        self._early[rows] = self._length
        self._ticks[rows] = 0

    def _grow(self, rows: int) -> None:
        old = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        before, self._rows = self._rows, rows
        self._ring = np.zeros((rows, self._length), np.int16)
        self._there = np.zeros((rows, self._length), np.bool_)
        self._columns()
        for name, value in old.items():
            getattr(self, name)[:before] = value
