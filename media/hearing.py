"""What peers say, for whoever listens to it: decoded, in order, 20 ms at a tick.

A stream that is only relayed is not listened to and costs nothing here. What arrives between two
ticks waits for the second one, and is put into the jitter buffers at once.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.codecs.conceal import Concealment
from media.codecs.g711 import ALAW_TO_LINEAR, ULAW_TO_LINEAR, Octets, Samples
from media.codecs.table import CODECS, Decoder, decoder
from media.net.batch import Flags, Ints, different, is_all, is_any
from media.relay import Arrived
from media.rtp.header import SIZE, payload_span
from media.rtp.jitter import HEARD, MISSING, PAUSED, JitterBuffer
from media.streams import LAST_LAW, NAMES, NONE, Streams

USUAL_DELAY: Final = (0.02, 0.2)
"""Seconds, least and most."""

CONCEALED: Final = MISSING
SILENT: Final = PAUSED
"""What a frame is, besides HEARD."""

_PLAIN: Final = 0x80
"""First byte of a header without padding, extension and contributing sources."""

_REMEMBERED: Final = 0.065
"""Seconds of sound that concealment begins with."""

_GAP: Final = 3
"""Frames of a gap that are made up; by then it has faded."""

_RATES: Final = np.array([codec.rate for codec in CODECS.values()])
_SCALES: Final = np.array([codec.rate // codec.clock_rate for codec in CODECS.values()])
"""Samples a second, and for a unit of RTP's timestamps, by number of the codec."""


class Heard(NamedTuple):
    """20 ms of all listened streams of one rate."""

    rate: int
    rows: Ints
    frames: Samples
    """int16 (rows, rate / 50)"""

    kinds: NDArray[np.int8]
    """Of each: HEARD, CONCEALED or SILENT."""


class _Came(NamedTuple):
    """Packets of equal length, in the order of their arrival."""

    rows: Ints
    sources: Ints
    timestamps: Ints
    sound: Samples

    def where(self, which: Flags) -> "_Came":
        rows, sources, timestamps, sound = self
        return _Came(rows[which], sources[which], timestamps[which], sound[which])


class Hearing:
    """Listens to streams.

    delay  seconds at least and at most, between which the jitter buffer finds its own
    """

    def __init__(self, streams: Streams, delay: tuple[float, float] = USUAL_DELAY) -> None:
        self._streams = streams
        self._bounds = delay
        self._listened: Flags = np.zeros(streams.rows + 1, np.bool_)
        self._count = 0  # of them
        self._rate: Ints = np.zeros(streams.rows + 1, np.int64)
        self._buffers: dict[int, JitterBuffer] = {}
        self._decoders: dict[int, tuple[int, Decoder]] = {}  # by row, with the codec's number
        self._gaps: dict[int, tuple[Concealment, int]] = {}  # by row, with the frames made up
        self._is_odd: Flags = np.zeros(streams.rows + 1, np.bool_)  # is in a gap, or rests
        self._resting: Flags = np.zeros(streams.rows + 1, np.bool_)
        """The peer has said that it sends nothing while nobody speaks."""

        self._concealed: Ints = np.zeros(streams.rows + 1, np.int64)
        self._too_late: Ints = np.zeros(streams.rows + 1, np.int64)  # in buffers that were left
        self._came: dict[tuple[int, int, int], list[_Came]] = {}
        """What waits: by rate, by samples for a unit of the timestamps, and by length."""

        self._first: Ints = np.zeros(streams.rows + 1, np.int64)  # scratch, by row

    @property
    def active(self) -> bool:
        """Somebody listens to somebody."""
        return self._count > 0

    def listen(self, row: int) -> None:
        if not self._listened[row]:
            self._listened[row] = True
            self._count += 1
            self._start(row)

    def ignore(self, row: int) -> None:
        if self._listened[row]:
            self._settle(row)
            self._stop(row)

    def close(self, row: int) -> None:
        """Nobody listens to a stream any more, for it is over."""
        if self._listened[row]:
            self._put()
            self._stop(row)
        self._too_late[row] = self._concealed[row] = 0

    def changed(self, row: int) -> None:
        """Learn that a stream speaks other codecs than before."""
        if self._listened[row] and self._rate[row] != _RATES[self._streams.law[row]]:
            self._settle(row)
            self._start(row)

    def counts(self, row: int) -> tuple[int, int]:
        """Return how many packets of a stream came when their turn was over, and how many frames
        were made up, in all the time that somebody listened."""
        too_late = int(self._too_late[row])
        if self._listened[row]:
            self._put()
            too_late += int(self._buffers[int(self._rate[row])].late[row])
        return too_late, int(self._concealed[row])

    def delay(self, row: int) -> float:
        """Return how many seconds what arrives now has to wait here."""
        buffer = self._buffers.get(int(self._rate[row]))
        return 0.0 if buffer is None or not self._listened[row] else buffer.delay(row)

    def rest(self, rows: Ints) -> None:
        """Learn that peers send nothing for a while, by their comfort noise (RFC 3389): what does
        not come then is no loss."""
        self._resting[rows] = self._is_odd[rows] = self._listened[rows]

    def take(self, arrived: Arrived) -> None:
        """Take audio packets of any streams; those that nobody listens to are left out."""
        rows = arrived.rows
        listened = (
            self._listened[rows]
            & (arrived.law != NONE)
            & ~arrived.is_event
            & self._streams.receives[rows]
        )
        if not is_all(listened):
            if not is_any(listened):
                return
            arrived = arrived.where(listened.nonzero()[0])
            rows = arrived.rows
        sizes = arrived.batch.length - SIZE
        plain = (arrived.header[0] >> 24 == _PLAIN) & (arrived.law <= LAST_LAW) & (sizes > 0)
        plain &= self._rate[rows] == _RATES[0]
        size = int(sizes[0])
        if is_all(plain) and is_all(sizes == size):  # as nearly always
            self._take_laws(arrived, size)
            return
        for size in different(sizes[plain]):
            self._take_laws(arrived.where((plain & (sizes == size)).nonzero()[0]), size)
        for i in (~plain).nonzero()[0].tolist():
            self._take_one(arrived, i)

    def tick(self) -> list[Heard]:
        """Return the next 20 ms of each listened stream."""
        self._put()
        listened = self._listened.nonzero()[0]
        rates = self._rate[listened]
        heard = []
        for rate, buffer in self._buffers.items():
            rows = listened[rates == rate]
            if len(rows):
                frames, kinds = buffer.take(rows)
                odd = (kinds != HEARD) | self._is_odd[rows]
                if is_any(odd):
                    self._mend(buffer, rows, frames, kinds, odd.nonzero()[0])
                heard.append(Heard(rate, rows, frames, kinds))
        return heard

    # Inside

    def _start(self, row: int) -> None:
        self._put()
        rate = int(_RATES[self._streams.law[row]])
        self._rate[row] = rate
        if rate not in self._buffers:
            self._buffers[rate] = JitterBuffer(rate, *self._bounds)
        self._buffers[rate].open(row)
        self._gaps.pop(row, None)
        self._is_odd[row] = self._resting[row] = False

    def _settle(self, row: int) -> None:
        """Keep what a buffer has counted, which is about to be left."""
        self._put()
        self._too_late[row] += self._buffers[int(self._rate[row])].late[row]

    def _stop(self, row: int) -> None:
        """Listen no more, and forget what was heard."""
        self._listened[row] = self._is_odd[row] = self._resting[row] = False
        self._count -= 1
        self._decoders.pop(row, None)
        self._gaps.pop(row, None)

    def _take_laws(self, arrived: Arrived, size: int) -> None:
        """Take packets of G.711 of one size."""
        batch = arrived.batch
        octets = batch.buffer.data[batch.slot, SIZE : SIZE + size]
        is_alaw: Flags = arrived.law == LAST_LAW
        if is_any(is_alaw):
            sound = np.where(
                is_alaw[:, None], _linear(ALAW_TO_LINEAR, octets), _linear(ULAW_TO_LINEAR, octets)
            )
        else:
            sound = _linear(ULAW_TO_LINEAR, octets)
        self._keep(int(_RATES[0]), 1, arrived.rows, arrived.header, sound)

    def _take_one(self, arrived: Arrived, i: int) -> None:
        """Take one packet of any codec."""
        row, law, batch = int(arrived.rows[i]), int(arrived.law[i]), arrived.batch
        if _RATES[law] != self._rate[row]:
            return  # one that was agreed on too, and is not what we listen at
        data = batch.buffer.views[int(batch.slot[i])][: int(batch.length[i])]
        span = payload_span(data)
        if span is None:
            return
        sound = self._decoder(row, law).decode(bytes(data[span[0] : span[1]]))
        if not len(sound):
            return
        rows, header = arrived.rows[i : i + 1], arrived.header[:, i : i + 1]
        self._keep(int(_RATES[law]), int(_SCALES[law]), rows, header, sound[None, :])

    def _keep(self, rate: int, scale: int, rows: Ints, header: Ints, sound: Samples) -> None:
        """Let sound wait for the next tick."""
        came = _Came(rows, header[2], header[1], sound)
        self._came.setdefault((rate, scale, sound.shape[1]), []).append(came)

    def _put(self) -> None:
        """Put what has waited into the jitter buffers."""
        if not self._came:
            return
        for (rate, scale, _), some in self._came.items():
            buffer, came = self._buffers[rate], _joined(some)
            while len(came.rows):
                is_first = self._are_first(came.rows)
                if is_all(is_first):
                    buffer.put(came.rows, came.sources, came.timestamps, scale, came.sound)
                    break
                # Several of one stream: one after another, in their order.
                now = came.where(is_first)
                buffer.put(now.rows, now.sources, now.timestamps, scale, now.sound)
                came = came.where(~is_first)
        self._came.clear()

    def _are_first(self, rows: Ints) -> Flags:
        """Return of each whether no other before it is the same."""
        places = np.arange(len(rows))
        self._first[rows[::-1]] = places[::-1]
        first: Flags = self._first[rows] == places
        return first

    def _decoder(self, row: int, law: int) -> Decoder:
        kept = self._decoders.get(row)
        if kept is None or kept[0] != law:
            kept = self._decoders[row] = (law, decoder(NAMES[law]))
        return kept[1]

    def _mend(
        self,
        buffer: JitterBuffer,
        rows: Ints,
        frames: Samples,
        kinds: NDArray[np.int8],
        which: Ints,
    ) -> None:
        """Make up what did not come, and join what comes after it.

        which  the frames that this may concern
        """
        for i, row in zip(which.tolist(), rows[which].tolist(), strict=True):
            kind = int(kinds[i])
            gap = self._gaps.get(row)
            if kind == HEARD:
                self._is_odd[row] = self._resting[row] = False
                if gap is not None:
                    frames[i] = gap[0].heard(frames[i])
                    del self._gaps[row]
                continue
            made_up = 0 if gap is None else gap[1]
            if self._resting[row] or made_up == _GAP:
                kinds[i] = SILENT
                continue
            concealment = self._conceal(buffer, row) if gap is None else gap[0]
            if concealment is None:
                continue
            # Of a frame that came in part, the part that came stays.
            made = concealment.make(buffer.frame)
            frames[i] = np.where(frames[i] == 0, made, frames[i])
            self._gaps[row] = (concealment, made_up + 1)
            self._is_odd[row] = True
            if kind == MISSING:
                self._concealed[row] += 1
            # Where nothing later has come yet, it may be a loss as well as a pause: it is to be
            # heard all the same.
            kinds[i] = CONCEALED

    def _conceal(self, buffer: JitterBuffer, row: int) -> Concealment | None:
        """Return what goes on with the sound before; None when there was none."""
        past = buffer.past(row, _REMEMBERED)
        if buffer.source[row] < 0 or not past.any():
            return None
        concealment = Concealment(buffer.rate)
        concealment.heard(past)
        return concealment


def _linear(table: Samples, octets: Octets) -> Samples:
    """Look octets up: thus in half of the time that indexing takes."""
    return np.take(table, octets, mode="clip")


def _joined(some: list[_Came]) -> _Came:
    if len(some) == 1:
        return some[0]
    return _Came(
        np.concatenate([each.rows for each in some]),
        np.concatenate([each.sources for each in some]),
        np.concatenate([each.timestamps for each in some]),
        np.concatenate([each.sound for each in some]),
    )
