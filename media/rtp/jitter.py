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

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import Samples
from media.net.batch import Flags, Ints, different, is_all, is_any
from media.rtp.rings import Rings

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
        # Half a second. Of whole frames, and sources begin with one, so that few go over the end.
        self._length = TICKS // 2 * self.frame
        self._rings = Rings(self._length)
        self._rows = 0
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
        self._rings.clear(row)
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
        place = self._place[rows]
        ahead = (timestamps - self._timestamp[rows]).astype(np.int32).astype(np.int64) * scale
        begins = self._position[rows] + ahead
        lead = begins - place
        late_in_a_row = self._late_in_a_row[rows]
        anew = (
            (self.source[rows] != sources)
            | (lead > self._length - length)  # beyond what is not heard yet
            | ((lead < -self._length // 2) & (late_in_a_row >= 1))
            | (late_in_a_row >= PATIENCE)
        )
        if is_any(anew):
            which = anew.nonzero()[0]
            self._begin(rows[which], sources[which])
            lead[which] = begins[which] = self._least
        self._timestamp[rows] = timestamps
        self._position[rows] = begins
        is_late = lead < 0
        if is_any(is_late):
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
        newest = self._newest[rows]
        if is_any(begins < newest):
            again = (begins < newest).nonzero()[0]
            there = self._rings.read(rows[again], begins[again], length)[1]
            self.duplicated[rows[again]] += there.all(axis=1)
        self._rings.write(rows, begins, sound)
        self._newest[rows] = np.maximum(newest, begins + length)
        for i in (lead < 0).nonzero()[0].tolist():  # its beginning has had its turn
            only = slice(i, i + 1)
            self._rings.remove(rows[only], begins[only], -int(lead[i]))

    def take(self, rows: Ints) -> tuple[Samples, NDArray[np.int8]]:
        """Return the next 20 ms of each row, int16 (rows, frame), and what each is: of a frame
        that is not wholly there the rest is silent."""
        frame, place = self.frame, self._place[rows]
        sound, there = self._rings.read(rows, place, frame)
        kinds = np.full(len(rows), HEARD, np.int8)
        whole: Flags = np.all(there, axis=1)
        if not is_all(whole):
            part = (~whole).nonzero()[0]
            sound[part] *= there[part]
            is_under_way = (self._newest[rows] > place) & (self.source[rows] != _UNKNOWN)
            kinds[part] = np.where(is_under_way[part], MISSING, PAUSED)
        steps = np.full(len(rows), frame, np.int64)
        shrinks = self._surplus[rows] > 0
        if is_any(shrinks):
            self._hurry(rows, shrinks, sound, whole, steps)
        self._rings.remove(rows, place, frame)
        self._place[rows] = place + steps
        ticks = self._ticks[rows] + 1
        self._ticks[rows] = ticks
        spell = ticks >= SPELL
        if is_any(spell):
            self._look_back(rows[spell])
        return sound, kinds

    def past(self, row: int, seconds: float) -> Samples:
        """Return what was heard before the frame taken last."""
        count = round(seconds * self.rate)
        begin = self._place[row : row + 1] - self.frame - count
        sound, _ = self._rings.read(np.array([row]), begin, count)
        return sound.reshape(-1)

    def delay(self, row: int) -> float:
        """Return how many seconds what arrives now has to wait."""
        if self.source[row] == _UNKNOWN:
            return 0.0
        return max(0.0, float(self._newest[row] - self._place[row]) / self.rate)

    # Inside

    def _begin(self, rows: Ints, sources: Ints) -> None:
        """Let sources begin, with packets that wait for the least delay."""
        self.source[rows] = sources
        self._rings.clear(rows)
        self._place[rows] = 0
        self._newest[rows] = self._least
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
        extra = max(1, round(self.frame * RATE_CHANGE))
        more = np.where(shrinks, np.minimum(self._surplus[rows], extra), 0)
        for count in different(more[shrinks]):
            which = (more == count).nonzero()[0]
            spoken = which[whole[which]]
            if len(spoken):
                squeezed = self._squeeze(rows[spoken], count, sound, spoken)
                which = np.concatenate((which[~whole[which]], squeezed))
            steps[which] += count
            self._surplus[rows[which]] -= count

    def _squeeze(self, rows: Ints, more: int, sound: Samples, which: Ints) -> Ints:
        """Let frames be made of so many samples more, where these are there; return which are.

        which  the frames of `rows` in `sound`
        """
        frame = self.frame
        wide, there = self._rings.read(rows, self._place[rows], frame + more + 1)
        can = np.all(there, axis=1)
        where = np.arange(frame) * ((frame + more) / frame)
        before = where.astype(np.int64)
        part = (where - before).astype(np.float32)
        wide = wide[can]
        made = wide[:, before] * (1 - part) + wide[:, before + 1] * part
        which, rows = which[can], rows[can]
        sound[which] = np.rint(made)
        self._rings.remove(rows, self._place[rows] + frame, more)
        return which

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
        self._rings.grow(rows)
        self._columns()
        for name, value in old.items():
            getattr(self, name)[:before] = value
