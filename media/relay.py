"""From one stream to the one that it is bridged with, by rewriting twelve bytes."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from media.codecs.table import CODECS, encoder
from media.net.batch import Batch, Flags, Ints, Keys, constant, is_all, is_any
from media.rtp.header import SIZE, payload_span
from media.streams import LAST_LAW, LAWS, NAMES, NONE, Streams
from media.timeline import Timeline
from media.transcode import Transcoder

_PLAIN: Final = 0x80
"""First byte of a header without padding, extension and contributing sources."""

_ONE: Final = constant(1)
_16: Final = constant(16)
_32: Final = constant(32)
_NOWHERE: Final = np.array(0, np.uint64)
_NONE: Final = constant(0)
_SIZE: Final = constant(SIZE)
_SEQUENCE: Final = constant(0xFFFF)
_TIMESTAMP: Final = constant(0xFFFFFFFF)
_MARKER: Final = constant(0x00800000)
_FIRST_BYTE: Final = constant(0xFF000000)

_FROM_ULAW: Final = LAWS["PCMU"]


@cache
def silence(law: int) -> bytes:
    """Return 20 ms of silence in a codec."""
    name = NAMES[law]
    return encoder(name).encode(np.zeros(CODECS[name].rate // 50, np.int16))


class Arrived:
    """Packets that were taken, by column.

    rows      of the stream that they came by
    header    int64 (3, packets): the header's words
    law       int8: the audio's codec; less than 0 for what is no audio
    is_event  named events, where the others are audio
    """

    __slots__ = ("batch", "header", "is_event", "law", "rows")

    def __init__(
        self, batch: Batch, rows: Ints, header: Ints, law: NDArray[np.int8], is_event: Flags
    ) -> None:
        self.batch = batch
        self.rows = rows
        self.header = header
        self.law = law
        self.is_event = is_event

    def where(self, which: Ints) -> "Arrived":
        return Arrived(
            self.batch.where(which),
            self.rows[which],
            self.header[:, which],
            self.law[which],
            self.is_event[which],
        )


class Relay:
    """Passes packets on between bridged streams."""

    def __init__(self, streams: Streams, timeline: Timeline) -> None:
        self._streams = streams
        self._timeline = timeline
        self._transcoder = Transcoder(streams)

    def relay(self, arrived: Arrived, now: float) -> Batch | None:
        """Return what is to be sent: the same buffer, whose headers are rewritten in place."""
        streams = self._streams
        to = streams.other[arrived.rows]
        kinds = np.where(arrived.is_event, streams.event_payload_type[to], streams.payload_type[to])
        passes: Flags = (
            streams.sends[to]
            & streams.receives[arrived.rows]
            & ~streams.occupied[to]
            & (streams.destination[to] != _NOWHERE)
            & (kinds >= _NONE)
        )
        if not is_all(passes):
            which = passes.nonzero()[0]
            if not len(which):
                return None
            arrived, to, kinds = arrived.where(which), to[which], kinds[which]

        unlike = self._unlike(arrived, to)
        if is_any(unlike):
            arrived, which = self._convert(arrived, to, unlike)
            if not len(which):
                return None
            to, kinds = to[which], kinds[which]

        feed = arrived.rows << _32 | arrived.header[2]
        marker = arrived.header[0] & _MARKER
        if is_any(streams.feed[to] != feed):
            self._join(arrived, to, feed, marker, now)
            follows = streams.feed[to] == feed
            if not is_all(follows):  # a straggler of a source that is over
                which = follows.nonzero()[0]
                arrived, to, kinds = arrived.where(which), to[which], kinds[which]
                marker = marker[which]

        self._transcode(arrived, to)
        if is_any(streams.muted[arrived.rows]):
            self._silence(arrived, to)
        return self._rewrite(arrived, to, kinds << _16 | marker, now)

    def _unlike(self, arrived: Arrived, to: Ints) -> Flags:
        """Return which packets need more than a look-up table: other codecs than the laws of
        G.711, events on another clock."""
        streams = self._streams
        law = streams.law[to]
        # Of what is no audio, the law is -1.
        differs = (arrived.law != law) & ((arrived.law | law) > LAST_LAW)
        rows = arrived.rows
        other_clock = (streams.clock_rate[to] != streams.clock_rate[rows]) | (
            streams.event_clock_rate[to] != streams.event_clock_rate[rows]
        )
        unlike: Flags = np.where(arrived.is_event, other_clock, differs)
        return unlike

    def _convert(self, arrived: Arrived, to: Ints, unlike: Flags) -> tuple[Arrived, Ints]:
        """Make packets of the other side's codec; return what can be sent on, and its indices."""
        which = unlike.nonzero()[0]
        some = arrived.where(which)
        law = np.where(some.is_event, np.int8(NONE), some.law)
        can = np.ones(len(to), np.bool_)
        can[which] = self._transcoder.convert(some.batch, some.header, law, to[which])
        arrived = arrived.where(np.arange(len(to)))  # columns of our own
        arrived.header[:, which] = some.header
        arrived.batch.length[which] = some.batch.length
        arrived.law[which] = self._streams.law[to[which]]
        which = can.nonzero()[0]
        return arrived.where(which), which

    def forget(self, row: int) -> None:
        """Forget what a stream has said."""
        self._transcoder.forget(row)

    def _join(self, arrived: Arrived, to: Ints, feed: Ints, marker: Ints, now: float) -> None:
        """Continue outputs whose source has changed; their first packet gets the marker."""
        streams = self._streams
        for i in (streams.feed[to] != feed).nonzero()[0].tolist():
            row = int(to[i])
            if int(streams.feed[row]) == int(feed[i]):
                continue  # joined by an earlier packet of this batch
            word, timestamp, _ = arrived.header[:, i].tolist()
            self._timeline.join(row, int(feed[i]), word & 0xFFFF, timestamp, now)
            if not arrived.is_event[i]:
                marker[i] = 0x00800000

    def _rewrite(self, arrived: Arrived, to: Ints, second: Ints, now: float) -> Batch:
        streams, batch, header = self._streams, arrived.batch, arrived.header
        sequence = header[0] + streams.sequence_offset[to] & _SEQUENCE
        timestamp = header[1] + streams.timestamp_offset[to] & _TIMESTAMP
        words = np.empty((len(to), 4), np.uint32)
        words[:, 0] = header[0] & _FIRST_BYTE | second | sequence
        words[:, 1] = timestamp
        words[:, 2] = streams.ssrc[to]
        words.byteswap(inplace=True)
        heads = batch.buffer.heads
        # What follows the header comes along, unchanged since.
        words[:, 3] = heads[batch.slot].view(np.uint32)[3::4]
        heads[batch.slot] = words.view(np.complex128).reshape(-1)
        octets = batch.length - _SIZE
        audio = (~arrived.is_event).nonzero()[0]
        self._timeline.relayed(to, sequence, timestamp, octets, audio, now)
        destination: Keys = streams.destination[to]
        return Batch(batch.buffer, batch.slot, batch.length, to << _ONE, destination)

    def _transcode(self, arrived: Arrived, to: Ints) -> None:
        """Turn the payload of one law into that of the other, where the two sides differ."""
        streams = self._streams
        law = arrived.law
        differs: Flags = (law != streams.law[to]) & ~arrived.is_event
        if not is_any(differs):
            return
        batch = arrived.batch
        data = batch.buffer.data
        plain = (arrived.header[0] >> 24) == _PLAIN
        for is_from, table in (
            (law == _FROM_ULAW, ULAW_TO_ALAW),
            (law != _FROM_ULAW, ALAW_TO_ULAW),
        ):
            which = (differs & is_from & plain).nonzero()[0]
            if len(which):
                slots = batch.slot[which]
                end = int(batch.length[which].max())
                data[slots, SIZE:end] = table[data[slots, SIZE:end]]
            for i in (differs & is_from & ~plain).nonzero()[0].tolist():
                slot, length = int(batch.slot[i]), int(batch.length[i])
                span = payload_span(batch.buffer.views[slot][:length])
                if span is not None:
                    data[slot, span[0] : span[1]] = table[data[slot, span[0] : span[1]]]

    def _silence(self, arrived: Arrived, to: Ints) -> None:
        """Put silence where the tone of a key is, but for who takes tones."""
        streams, batch = self._streams, arrived.batch
        muted: Flags = streams.muted[arrived.rows] & ~streams.detects[to] & ~arrived.is_event
        for i in muted.nonzero()[0].tolist():
            slot, law = int(batch.slot[i]), int(streams.law[to[i]])
            view = batch.buffer.views[slot]
            span = payload_span(view[: int(batch.length[i])])
            if span is None:
                continue
            quiet = silence(law)
            if law <= LAST_LAW:  # an octet a sample, however long the packet is
                batch.buffer.data[slot, span[0] : span[1]] = quiet[0]
            elif len(quiet) <= span[1] - span[0]:
                view[span[0] : span[0] + len(quiet)] = quiet
                batch.length[i] += span[0] + len(quiet) - span[1]
