"""Datagrams that are no RTP, between two streams that carry them: T.38's UDPTL, above all.

Nothing of them is read or changed. Whose they may be is decided as for RTP.
"""

import numpy as np

from media.latch import Latch
from media.net.batch import STRIDE, Batch, Flags
from media.rtp.statistics import Reception
from media.streams import Streams


class Carriage:
    """Passes on what comes by streams that carry datagrams."""

    def __init__(self, streams: Streams, latch: Latch, reception: Reception) -> None:
        self._streams = streams
        self._latch = latch
        self._reception = reception

    def carry(self, batch: Batch, now: float) -> Batch | None:
        """Return what is to be sent: the same packets to other addresses.

        batch  packets of rows that carry datagrams, one at least, none of them RTCP
        """
        streams = self._streams
        rows = batch.channel >> 1
        usable: Flags = (batch.length > 0) & (batch.length < STRIDE)
        admitted = self._latch.admit(rows, batch.peer, usable, now)
        np.add.at(streams.dropped, rows[~admitted], 1)
        which = admitted.nonzero()[0]
        batch, rows = batch.where(which), rows[which]
        streams.heard_at[rows] = now
        streams.alive_at[rows] = now
        self._reception.count(rows, batch.length)
        to = streams.other[rows]
        passes = (
            streams.carries[to]
            & streams.sends[to]
            & streams.receives[rows]
            & (streams.destination[to] != 0)
        ).nonzero()[0]
        if not len(passes):
            return None
        batch, to = batch.where(passes), to[passes]
        np.add.at(streams.sent, to, 1)
        np.add.at(streams.sent_octets, to, batch.length)
        return Batch(batch.buffer, batch.slot, batch.length, 2 * to, streams.destination[to])
