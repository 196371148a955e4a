"""The sequence numbers and timestamps that we send.

What a peer hears changes its source many times in a call: ringback, prompts, one partner and
then another. To the peer it is one source all along: one SSRC, sequence numbers without a gap and
timestamps that follow the clock.
"""

from typing import Final

import numpy as np

from media.net.batch import Ints
from media.streams import NEVER, Streams

FRAME: Final = 160
"""Samples in 20 ms of what we make ourselves, and timestamp units of most codecs."""

CLOCK_RATE: Final = 8000
"""Of most codecs; what a stream has, says its `clock_rate`."""

FRAMES_A_SECOND: Final = 50


class Timeline:
    """Continues the output of all streams."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def timestamp(self, row: int, now: float) -> int:
        """Return the timestamp of audio that is sent now, at least a frame after the last."""
        streams = self._streams
        sent_at = float(streams.sent_at[row])
        elapsed = 0
        if sent_at != NEVER:
            clock_rate = int(streams.clock_rate[row])
            elapsed = max(clock_rate // FRAMES_A_SECOND, round((now - sent_at) * clock_rate))
        return int(streams.timestamp[row]) + elapsed & 0xFFFFFFFF

    def join(self, row: int, feed: int, sequence: int, timestamp: int, now: float) -> None:
        """Let a stream's output go on with the packets of `feed`, beginning with this one."""
        streams = self._streams
        streams.feed[row] = feed
        streams.sequence_offset[row] = int(streams.sequence[row]) + 1 - sequence
        streams.timestamp_offset[row] = self.timestamp(row, now) - timestamp

    def relayed(
        self, rows: Ints, sequence: Ints, timestamp: Ints, octets: Ints, audio: Ints, now: float
    ) -> None:
        """Note that packets were sent, several perhaps of one stream.

        audio  indices of those whose timestamp is of now and not of the beginning of an event
        """
        streams = self._streams
        last = streams.sequence[rows]
        ahead = (sequence - last).astype(np.int16)
        np.maximum.at(streams.sequence, rows, last + ahead)
        np.add.at(streams.sent, rows, 1)
        np.add.at(streams.sent_octets, rows, octets)
        if len(audio) < len(rows):
            rows, timestamp = rows[audio], timestamp[audio]
        streams.timestamp[rows] = timestamp
        streams.sent_at[rows] = now
