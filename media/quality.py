"""How well each peer is heard and hears us: live once a second, and as of the end."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.control import Direct
from media.loudness import Loudness
from media.measuring import Quality, Statistics
from media.net.batch import Ints
from media.rtp import quality
from media.rtp.quality import IMPAIRMENTS, UNKNOWN
from media.rtp.statistics import Reception
from media.rtp.xr import VoipMetrics
from media.streams import NONE, Streams
from media.timeline import CLOCK_RATE
from media.told import Told

SPAN: Final = 5
"""Intervals that the live loss is about."""

PACKET_MS: Final = 20.0
"""Milliseconds of audio that wait until a packet is full."""

OVER_DBM0: Final = 6.18
"""What a level has more in dBm0 than in dBov (ITU-T G.711 and G.100.1)."""

_NO_TIME: Final = float("inf")

Values = NDArray[np.float64]


class QualityWatch:
    """Measures all streams at once, if that was asked for; counts are there in any case."""

    def __init__(self, streams: Streams, reception: Reception) -> None:
        rows = streams.rows
        self._streams = streams
        self._reception = reception
        self.told = Told(rows)
        self.loudness = Loudness(rows + 1)
        self.interval = 0.0
        """Seconds between two events; 0 for none."""

        self.deadline = _NO_TIME
        self._ie: Values = np.full(rows, UNKNOWN.ie)
        self._bpl: Values = np.full(rows, UNKNOWN.bpl)
        # What had come, was missing, and in how many runs, at each of the last turns.
        self._past: list[NDArray[np.int64]] = [np.zeros((3, rows), np.int64) for _ in range(SPAN)]
        self._turn = 0
        self._seen: Ints = np.zeros(rows, np.int64)  # packets and reports at the last turn

    def measure(self, interval: float, now: float) -> None:
        """Say Quality every so many seconds, 0 for never."""
        self.interval = max(interval, 0.0)
        self.deadline = _NO_TIME
        if self._streams.row_of:
            self._go_on(now)

    def open(self, row: int, now: float) -> None:
        """Forget what was there before."""
        self.told.reset(row)
        self.loudness.reset(row)
        for past in self._past:
            past[:, row] = 0
        self._seen[row] = 0
        if self.deadline == _NO_TIME:
            self._go_on(now)

    def resume(self, row: int) -> None:
        """Begin the last intervals anew, on a row whose counts may be those of another engine."""
        for past in self._past:
            past[:, row] = 0
        if self.interval and self.deadline == _NO_TIME:
            self.deadline = 0.0  # the next turn is at once

    def direct(self, row: int, direct: Direct) -> None:
        """Learn what codec is spoken."""
        self._ie[row], self._bpl[row] = IMPAIRMENTS.get(direct.codec, UNKNOWN)

    def expire(self, now: float) -> list[Quality]:
        """Tell of the streams where anything has come since the last turn."""
        self.deadline = _NO_TIME
        if not self._streams.row_of:
            return []
        self._go_on(now)
        received, told = self._reception.received[: self._streams.rows], self.told
        seen = received + told.reports
        rows = ((seen != self._seen) & (self._streams.number[: len(seen)] != NONE)).nonzero()[0]
        self._seen = seen
        counts = self._counts(np.arange(self._streams.rows))
        past, self._past[self._turn] = self._past[self._turn], counts
        self._turn = (self._turn + 1) % SPAN
        return [self._event(rows, (counts - past)[:, rows])] if len(rows) else []

    def statistics(self, row: int, unauthentic: int) -> Statistics:
        """Return what is known of a stream, all in all; `unauthentic` as in Statistics."""
        streams, reception, told = self._streams, self._reception, self.told
        rows = np.array([row])
        counts = self._counts(rows)
        loss, ratio = _loss(counts)
        r = self._r_factor(rows, loss, ratio)
        sent = int(streams.sent[row])
        told_loss = 100.0 * np.minimum(told.lost[rows] / max(sent, 1), 1.0)
        spurts = int(self.loudness.spurts[row])
        return Statistics(
            received=int(reception.received[row]),
            received_bytes=int(reception.octets[row]),
            sent=sent,
            lost=int(counts[1, 0]),
            dropped=int(streams.dropped[row]),
            jitter_ms=_known(self._jitter_ms(rows))[0],
            round_trip_ms=_known(told.round_trip[rows] * 1000)[0],
            late=int(reception.late[row]),
            duplicated=int(reception.duplicated[row]),
            r_factor=_known(r)[0],
            mos=_known(quality.mos(r))[0],
            level=_known(self.loudness.levels(rows))[0],
            talk_spurts=spurts if self.interval else None,
            told_lost=None if np.isnan(told.lost[row]) else int(told.lost[row]),
            told_jitter_ms=_known(told.jitter[rows] * 1000 / self._streams.clock_rate[rows])[0],
            told_mos=_known(self._told_mos(rows, told_loss))[0],
            unauthentic=unauthentic,
        )

    def metrics(self, row: int) -> VoipMetrics:
        """Return what a peer is told in an extended report of how we hear it."""
        reception, rows = self._reception, np.array([row])
        loss, ratio = _loss(self._counts(rows))
        pattern = reception.bursts.pattern(row, int(reception.received[row]))
        listening = self._r_factor(rows, loss, ratio, with_delay=False)
        conversational = self._r_factor(rows, loss, ratio)
        (round_trip,) = _known(self.told.round_trip[rows] * 1000)
        (level,) = _known(self.loudness.levels(rows))
        (r,) = _known(listening if round_trip is None else conversational)
        (mos_conversational,) = _known(quality.mos(conversational))
        return VoipMetrics(
            int(reception.ssrc[row]),
            float(np.nan_to_num(loss[0])) / 100,
            0.0,
            pattern.burst_density,
            pattern.gap_density,
            round(pattern.burst * PACKET_MS),
            round(pattern.gap * PACKET_MS),
            round(round_trip or 0.0),
            0,
            None if level is None else level + OVER_DBM0,
            r,
            _known(quality.mos(listening))[0],
            None if round_trip is None else mos_conversational,
        )

    def _go_on(self, now: float) -> None:
        self.deadline = now + self.interval if self.interval else _NO_TIME

    def _counts(self, rows: Ints) -> NDArray[np.int64]:
        """Return (3, rows): packets that came, that never came, and in how many runs."""
        reception = self._reception
        came = reception.received[rows] - reception.duplicated[rows]
        return np.stack((came, reception.missing(rows), reception.bursts.runs[rows]))

    def _event(self, rows: Ints, lately: NDArray[np.int64]) -> Quality:
        reception, told = self._reception, self.told
        loss, ratio = _loss(lately)
        return Quality(
            tuple(self._streams.number[rows].tolist()),
            tuple(reception.received[rows].tolist()),
            tuple(reception.missing(rows).tolist()),
            tuple(reception.late[rows].tolist()),
            tuple(reception.duplicated[rows].tolist()),
            _known(loss),
            _known(self._jitter_ms(rows)),
            _known(self.loudness.levels(rows)),
            _known(quality.mos(self._r_factor(rows, loss, ratio))),
            _known(told.round_trip[rows] * 1000),
            _known(told.loss[rows]),
            _known(told.jitter[rows] * 1000 / self._streams.clock_rate[rows]),
            _known(self._told_mos(rows, told.loss[rows])),
        )

    def _jitter_ms(self, rows: Ints) -> Values:
        jitter = (self._reception.jitter[rows] >> 4) * 1000 / CLOCK_RATE
        return np.where(self._reception.is_timed(rows), jitter, np.nan)

    def _r_factor(
        self, rows: Ints, loss: Values, ratio: Values, *, with_delay: bool = True
    ) -> Values:
        """Return R of what comes. The delay is that of the way, of a full packet, and of a jitter
        buffer for twice the jitter."""
        delay = np.full(len(rows), np.nan)
        if with_delay:
            delay = self.told.round_trip[rows] * 500 + PACKET_MS + 2.0 * self._jitter_ms(rows)
        return quality.r_factor(loss, ratio, delay, self._ie[rows], self._bpl[rows])

    def _told_mos(self, rows: Ints, loss: Values) -> Values:
        """Return what the peer scores us with itself, or what its losses would be scored with."""
        told = self.told
        delay = told.round_trip[rows] * 500 + PACKET_MS
        r = quality.r_factor(loss, np.ones(len(rows)), delay, self._ie[rows], self._bpl[rows])
        return np.where(np.isnan(told.mos[rows]), quality.mos(r), told.mos[rows])


def _loss(counts: NDArray[np.int64]) -> tuple[Values, Values]:
    """Return packets lost in 100, NaN where none were to come, and the burst ratio."""
    came, missing, runs = np.maximum(counts, 0).astype(np.float64)
    promised = came + missing
    loss = np.where(promised > 0, 100.0 * missing / np.maximum(promised, 1.0), np.nan)
    return loss, quality.burst_ratio(loss, runs, missing)


def _known(values: Values) -> tuple[float | None, ...]:
    """Return two digits of each value, None where it is NaN."""
    known = np.round(values, 2).astype(object)
    known[np.isnan(values)] = None
    return tuple(known.tolist())
