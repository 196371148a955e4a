"""RTCP for all streams: what we report, and what we learn from the reports of peers."""

from typing import Final

import numpy as np

from media.net.batch import Batch, Buffer, Flags, Ints
from media.quality import QualityWatch
from media.rtp import rtcp, xr
from media.rtp.statistics import Reception
from media.streams import NEVER, Streams, Times

INTERVAL: Final = 5.0
"""Seconds between two reports of a stream."""

BURST: Final = 32
BREATH: Final = 0.01
"""So many reports are made at once, the others so many seconds later: streams that began together
must not report together and hold up the audio."""

_NO_TIME: Final = float("inf")
_LONGEST_ROUND_TRIP: Final = 60.0


class Reports:
    """Sends a report for each stream every INTERVAL, and says goodbye.

    epoch  Unix time when the monotonic clock was 0
    cname  our canonical name
    """

    def __init__(
        self,
        streams: Streams,
        reception: Reception,
        quality: QualityWatch,
        epoch: float,
        cname: str,
    ) -> None:
        self._streams = streams
        self._reception = reception
        self._quality = quality
        self._epoch = epoch
        self._cname = cname
        self._due: Times = np.full(streams.rows, _NO_TIME)
        self.deadline = _NO_TIME
        """When to call `expire`; sometimes earlier than needed."""

        self._sent_before: Ints = np.zeros(streams.rows, np.int64)
        self._last_report: Ints = np.zeros(streams.rows, np.int64)
        self._last_report_at: Times = np.full(streams.rows, NEVER)
        self._has_reported = [False] * streams.rows
        self._is_extended: Flags = np.zeros(streams.rows, np.bool_)
        self._buffer = Buffer(64)

    def begin(self, row: int, now: float, *, extended: bool = False) -> None:
        """Report on a stream from now on, unless that is done already.

        extended  with VoIP metrics
        """
        if self._due[row] == _NO_TIME:
            self._due[row] = now + INTERVAL
            self.deadline = min(self.deadline, now + INTERVAL)
            self._sent_before[row] = self._last_report[row] = 0
            self._has_reported[row] = False
            self._is_extended[row] = False
        self._is_extended[row] |= extended

    def receive(self, row: int, data: bytes, now: float) -> bool:
        """Learn from a compound packet of the peer; return whether it was one."""
        reports, told, ours = rtcp.parse(data), self._quality.told, self._streams.ssrc[row]
        for report in reports:
            if report.sender is not None:
                self._last_report[row] = rtcp.middle(report.sender.ntp)
                self._last_report_at[row] = now
            for block in report.blocks:
                if block.ssrc != ours:
                    continue
                told.take(row, block)
                if block.last_report:
                    clock = rtcp.middle(rtcp.ntp(self._epoch + now))
                    units = clock - block.last_report - block.delay & 0xFFFFFFFF
                    if units < _LONGEST_ROUND_TRIP * 65536:
                        told.round_trip[row] = units / 65536
        for metrics in xr.parse(data) if reports else ():
            self._is_extended[row] = True  # who sends them reads them
            if metrics.ssrc == ours:
                told.take_metrics(row, metrics)
        return bool(reports)

    def has_reported(self, row: int) -> bool:
        return self._has_reported[row]

    def resume(self, row: int, *, has_reported: bool) -> None:
        """Go on with a row whose columns were written by another engine's."""
        self._has_reported[row] = has_reported
        self.deadline = min(self.deadline, float(self._due[row]))

    def leave(self, row: int) -> None:
        """Stop reporting on a stream that goes on elsewhere."""
        self._due[row] = _NO_TIME

    def expire(self, now: float) -> Batch | None:
        """Return the reports that are due."""
        rows: list[int] = []
        packets: list[bytes] = []
        due = (self._due <= now).nonzero()[0]
        self._due[due[BURST:]] = now + BREATH
        for row in due[:BURST].tolist():
            self._due[row] = now + INTERVAL
            if self._reaches(row):
                rows.append(row)
                packets.append(self._compound(row, now))
                self._has_reported[row] = True
        self.deadline = float(self._due.min(initial=_NO_TIME))
        return self._batch(rows, packets)

    def close(self, row: int, now: float) -> Batch | None:
        """Stop reporting; return the goodbye, which only who has sent anything may say."""
        self._due[row] = _NO_TIME
        if not self._reaches(row) or not (self._streams.sent[row] or self._has_reported[row]):
            return None
        goodbye = self._compound(row, now) + rtcp.goodbye(int(self._streams.ssrc[row]))
        return self._batch([row], [goodbye])

    def _reaches(self, row: int) -> bool:
        return bool(self._streams.directed[row] and self._streams.control_destination[row])

    def _compound(self, row: int, now: float) -> bytes:
        ssrc = int(self._streams.ssrc[row])
        blocks = () if self._reception.ssrc[row] < 0 else (self._block(row, now),)
        report = rtcp.report(ssrc, self._sender(row, now), blocks)
        report += rtcp.description(ssrc, self._cname)
        if blocks and self._is_extended[row]:
            report += xr.report(ssrc, self._quality.metrics(row))
        return report

    def _sender(self, row: int, now: float) -> rtcp.SenderInfo | None:
        """Return the sender's part, if we have sent since the report before."""
        streams = self._streams
        sent = int(streams.sent[row])
        if sent == self._sent_before[row] or streams.sent_at[row] == NEVER:
            return None
        self._sent_before[row] = sent
        elapsed = round((now - float(streams.sent_at[row])) * int(streams.clock_rate[row]))
        timestamp = int(streams.timestamp[row]) + elapsed
        ntp = rtcp.ntp(self._epoch + now)
        return rtcp.SenderInfo(ntp, timestamp, sent, int(streams.sent_octets[row]))

    def _block(self, row: int, now: float) -> rtcp.ReportBlock:
        reception = self._reception
        last, delay = int(self._last_report[row]), 0
        if last:
            delay = round((now - float(self._last_report_at[row])) * 65536)
        return rtcp.ReportBlock(
            int(reception.ssrc[row]),
            reception.fraction_lost(row),
            reception.lost(row),
            int(reception.highest[row]),
            (reception.jitter_units(row) or 0) * int(reception.scale[row]),
            last,
            delay,
        )

    def _batch(self, rows: list[int], packets: list[bytes]) -> Batch | None:
        if not rows:
            return None
        if len(rows) > self._buffer.capacity:
            self._buffer = Buffer(2 * len(rows))
        for slot, data in enumerate(packets):
            self._buffer.views[slot][: len(data)] = data
        destinations = self._streams.control_destination[rows].tolist()
        channels = [2 * row + 1 for row in rows]
        return Batch.of(self._buffer, [len(data) for data in packets], channels, destinations)
