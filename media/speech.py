"""What we say ourselves, in packets: encoded for each peer, and numbered as one source.

Frames of 20 ms come in; packets of as many milliseconds leave as the peer wants (ptime).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from media.codecs.g711 import LINEAR_TO_ALAW, LINEAR_TO_ULAW, Octets, Samples
from media.net.batch import Batch, Buffer, Ints
from media.rtp.header import MARKER, SIZE, pack
from media.streams import LAST_LAW, LAWS, VOICE_FEED, Streams
from media.timeline import FRAME, FRAMES_A_SECOND, Timeline
from media.wideband import Encoders

PAUSE: Final = 0.03
"""Seconds without audio after which the next frame begins anew, by the clock: the peer was on
hold, or digits were sent."""

_USUAL: Final = 20
"""Milliseconds of a frame, and of most packets."""

_PER_SECOND: Final = 1000


class Spoken(NamedTuple):
    """20 ms for some streams, no two for one."""

    rate: int
    rows: Ints
    frames: Samples
    """int16 (rows, rate / 50)"""

    def where(self, which: Ints) -> "Spoken":
        return Spoken(self.rate, self.rows[which], self.frames[which])


class Packet(NamedTuple):
    """One packet for a stream's peer: its 12-byte header and what follows."""

    row: int
    data: bytes


class Speech:
    """Makes packets. One batch at a time: its buffer is used again by the next one."""

    def __init__(self, streams: Streams, timeline: Timeline) -> None:
        self._streams = streams
        self._timeline = timeline
        self._encoders = Encoders(streams)
        self._pending: dict[int, Samples] = {}  # by row: what is no whole packet yet
        self._anew: set[int] = set()  # rows whose next packet follows a gap
        self._buffer = Buffer(64)

    def reaches(self, row: int) -> bool:
        streams = self._streams
        return bool(streams.sends[row] and streams.destination[row] and not streams.carries[row])

    def forget(self, row: int) -> None:
        self._encoders.forget(row)
        self._pending.pop(row, None)
        self._anew.discard(row)

    def say(self, said: Sequence[Spoken], packets: Sequence[Packet], now: float) -> Batch | None:
        """Return frames as packets, and with them `packets` as they are. Who is not to be sent to
        is left out."""
        groups = [self._reached(one) for one in said]
        others = [packet for one in groups for packet in self._unusual(one, now)]
        others += packets
        groups = [self._usual(one) for one in groups]
        total = sum(len(one.rows) for one in groups) + len(others)
        if not total:
            return None
        if total > self._buffer.capacity:
            self._buffer = Buffer(2 * total)
        length = np.full(total, SIZE + FRAME, np.int64)
        to = np.empty(total, np.int64)
        begin = 0
        for one in groups:
            if len(one.rows):
                self._write(one, begin, length, now)
                to[begin : begin + len(one.rows)] = one.rows
                begin += len(one.rows)
        for slot, packet in enumerate(others, begin):
            self._buffer.views[slot][: len(packet.data)] = packet.data
            length[slot] = len(packet.data)
            to[slot] = packet.row
        streams = self._streams
        np.add.at(streams.sent, to, 1)
        np.add.at(streams.sent_octets, to, length - SIZE)
        return Batch(self._buffer, np.arange(total), length, 2 * to, streams.destination[to])

    # Inside

    def _reached(self, said: Spoken) -> Spoken:
        streams, rows = self._streams, said.rows
        reached = streams.sends[rows] & (streams.destination[rows] != 0) & ~streams.carries[rows]
        return said if reached.all() else said.where(reached.nonzero()[0])

    def _usual(self, said: Spoken) -> Spoken:
        """Return those whose packets are as long as a frame."""
        usual = self._streams.ptime[said.rows] == _USUAL
        return said if usual.all() else said.where(usual.nonzero()[0])

    def _unusual(self, said: Spoken, now: float) -> list[Packet]:
        """Return the packets, if any, of those that want other lengths."""
        unusual = (self._streams.ptime[said.rows] != _USUAL).nonzero()[0]
        packets: list[Packet] = []
        if len(unusual):
            rows = said.rows[unusual]
            wide = self._encoders.resample(rows, said.frames[unusual], said.rate)
            for row, frame in zip(rows.tolist(), wide, strict=True):
                packets += self._packets(row, frame, now)
        return packets

    def _packets(self, row: int, frame: Samples, now: float) -> list[Packet]:
        """Add a frame, at the codec's rate, to what waits, and return what is whole then."""
        streams = self._streams
        if self._begins(row, now):
            self._pending.pop(row, None)
            self._anew.add(row)
            streams.feed[row] = VOICE_FEED  # from now on, though the first packet is not whole yet
        waiting = self._pending.get(row)
        samples = frame if waiting is None else np.concatenate((waiting, frame))
        ptime = int(streams.ptime[row])
        whole = ptime * len(frame) // _USUAL
        step = ptime * int(streams.clock_rate[row]) // _PER_SECOND
        packets = []
        while len(samples) >= whole:
            marker = MARKER if row in self._anew else 0
            self._anew.discard(row)
            timestamp = self._timeline.timestamp(row, now)
            if not marker:
                timestamp = int(streams.timestamp[row]) + step & 0xFFFFFFFF
            payload = self._encoders.one(row, samples[:whole])
            samples = samples[whole:]
            streams.feed[row] = VOICE_FEED
            streams.sequence[row] += 1
            streams.timestamp[row] = timestamp
            second = int(streams.payload_type[row]) | marker
            header = pack(second, int(streams.sequence[row]), timestamp, int(streams.ssrc[row]))
            packets.append(Packet(row, header + payload))
            streams.sent_at[row] = now
        streams.sent_at[row] = now  # of the audio, of which some waits
        self._pending[row] = samples
        return packets

    def _begins(self, row: int, now: float) -> bool:
        """Return whether there is a gap before what is said now."""
        streams = self._streams
        return bool(streams.feed[row] != VOICE_FEED or streams.sent_at[row] < now - PAUSE)

    def _write(self, said: Spoken, begin: int, length: Ints, now: float) -> None:
        """Write one packet for each, beginning at a slot."""
        buffer, rows, count = self._buffer, said.rows, len(said.rows)
        self._number(rows, begin, now)
        laws = self._streams.law[rows]
        is_law = laws <= LAST_LAW
        if is_law.all():
            narrow = self._encoders.narrow(rows, said.frames, said.rate)
            data = buffer.data[begin : begin + count]
            data[:, SIZE : SIZE + FRAME] = _companded(narrow, laws)
            return
        if is_law.any():
            which = is_law.nonzero()[0]
            narrow = self._encoders.narrow(rows[which], said.frames[which], said.rate)
            buffer.data[begin + which, SIZE : SIZE + FRAME] = _companded(narrow, laws[which])
        which = (~is_law).nonzero()[0]
        payloads = self._encoders.encode(rows[which], said.frames[which], said.rate)
        for slot, payload in zip((begin + which).tolist(), payloads, strict=True):
            length[slot] = SIZE + len(payload)
            buffer.views[slot][SIZE : length[slot]] = payload

    def _number(self, rows: Ints, begin: int, now: float) -> None:
        """Write the headers of one frame for each of `rows`."""
        streams = self._streams
        step = streams.clock_rate[rows] // FRAMES_A_SECOND
        timestamp = streams.timestamp[rows] + step & 0xFFFFFFFF
        marker = np.zeros(len(rows), np.int64)
        begins = (streams.feed[rows] != VOICE_FEED) | (streams.sent_at[rows] < now - PAUSE)
        for i in begins.nonzero()[0].tolist():
            marker[i] = 0x00800000
            timestamp[i] = self._timeline.timestamp(int(rows[i]), now)
        streams.feed[rows] = VOICE_FEED
        sequence = streams.sequence[rows] + 1
        words = np.empty((len(rows), 3), np.uint32)
        second = streams.payload_type[rows] << 16
        words[:, 0] = 0x80000000 | marker | second | sequence & 0xFFFF
        words[:, 1] = timestamp
        words[:, 2] = streams.ssrc[rows]
        words.byteswap(inplace=True)
        self._buffer.words[begin : begin + len(rows), :3] = words
        streams.sequence[rows] = sequence
        streams.timestamp[rows] = timestamp
        streams.sent_at[rows] = now


def _companded(frames: Samples, laws: Ints) -> Octets:
    """Return frames (streams, samples) in the law of each stream."""
    linear = frames.view(np.uint16)
    is_ulaw = laws == LAWS["PCMU"]
    if is_ulaw.all():
        return np.take(LINEAR_TO_ULAW, linear, mode="clip")  # twice as fast as to index it
    octets: Octets = np.take(LINEAR_TO_ALAW, linear, mode="clip")
    if is_ulaw.any():
        octets[is_ulaw] = LINEAR_TO_ULAW[linear[is_ulaw]]
    return octets
