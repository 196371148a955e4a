"""From one codec to another, packet by packet as they arrive.

A packet of one codec becomes one packet of the other, with the same sequence number: what is lost
or comes late on one side is lost or late on the other, where whoever listens conceals it. So it
adds no delay but that of the filters (3 ms between 8 kHz and another rate, 1.4 ms of G.722).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import Samples
from media.codecs.resample import Resampler
from media.codecs.table import CODECS, Decoder, Encoder, decoder, encoder
from media.net.batch import STRIDE, Batch, Flags, Ints
from media.rtp.header import SIZE, payload_span
from media.streams import NAMES, Streams

_BLOCKS_A_SECOND: Final = 400
"""Of which resamplers take whole ones."""

_PLAIN: Final = 0x80000000
"""First byte of a header without padding, extension and contributing sources."""

_LONGEST_EVENT: Final = 0xFFFF


class _Way(NamedTuple):
    """What one stream's speech goes through on its way to another."""

    to: int
    law: int
    """Of the other side."""

    decoder: Decoder
    resampler: Resampler
    block: int
    """Samples that the resampler takes a multiple of."""

    encoder: Encoder

    def decode(self, payload: bytes) -> Samples:
        """Return what a payload says, with silence up to whole blocks."""
        samples = self.decoder.decode(payload)
        missing = -len(samples) % self.block
        return np.concatenate((samples, np.zeros(missing, np.int16))) if missing else samples

    def encode(self, samples: Samples) -> bytes:
        """Return a payload; nothing where the codec has no packet of this length."""
        try:
            return self.encoder.encode(samples)
        except ValueError:
            return b""


class _Said(NamedTuple):
    """What a packet says, on its way."""

    place: int
    """Of the packet, in its batch."""

    row: int
    way: _Way
    samples: Samples


class Transcoder:
    """Turns packets into those of the codec and the clock of the stream that they go to."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._ways: dict[tuple[int, int], _Way] = {}  # by row and codec
        self._resamplers: dict[tuple[int, int], Resampler] = {}  # by both rates
        self._times: dict[int, int] = {}  # the last timestamp of a row, counted on past 32 bits

    def convert(self, batch: Batch, header: Ints, law: NDArray[np.int8], to: Ints) -> Flags:
        """Write payloads anew in their places, and timestamps on the other side's clock.

        header  int64 (3, packets): the headers' words, changed in place
        law     the codec of each packet's audio; less than 0 for a named event
        to      the row that it goes to

        Returns which of the packets can be sent on.
        """
        clock_rate, event_clock_rate = self._streams.clock_rate, self._streams.event_clock_rate
        rows = batch.channel >> 1
        clocks = zip(clock_rate[rows].tolist(), clock_rate[to].tolist(), strict=True)
        can = np.zeros(len(to), np.bool_)
        said: list[_Said] = []
        columns = zip(rows.tolist(), to.tolist(), law.tolist(), clocks, strict=True)
        for i, (row, goes_to, codec, (rate, to_rate)) in enumerate(columns):
            view = batch.buffer.views[int(batch.slot[i])]
            span = payload_span(view[: int(batch.length[i])])
            data = b"" if span is None else bytes(view[span[0] : span[1]])
            if codec < 0:
                durations = int(event_clock_rate[row]), int(event_clock_rate[goes_to])
                can[i] = _write(batch, i, _event(data, *durations))
            else:
                way = self._way(row, codec, goes_to)
                said.append(_Said(i, row, way, way.decode(data)))
            header[0, i] = header[0, i] & 0x00FFFFFF | _PLAIN
            header[1, i] = self._timestamp(row, int(header[1, i]), rate, to_rate)
        for group in _groups(said):
            frames = np.stack([each.samples for each in group])
            made = group[0].way.resampler.convert(frames, np.array([each.row for each in group]))
            for each, samples in zip(group, made, strict=True):
                can[each.place] = _write(batch, each.place, each.way.encode(samples))
        return can

    def forget(self, row: int) -> None:
        """Forget all about the speech of a stream."""
        self._times.pop(row, None)
        for law in range(len(NAMES)):
            self._ways.pop((row, law), None)

    def _way(self, row: int, law: int, to: int) -> _Way:
        theirs = int(self._streams.law[to])
        way = self._ways.get((row, law))
        if way is None or (way.to, way.law) != (to, theirs):
            source, target = CODECS[NAMES[law]], CODECS[NAMES[theirs]]
            resampler = self._resampler(source.rate, target.rate)
            resampler.clear(row)
            block = source.rate // _BLOCKS_A_SECOND
            way = _Way(to, theirs, decoder(source.name), resampler, block, encoder(target.name))
            self._ways[row, law] = way
        return way

    def _resampler(self, source: int, target: int) -> Resampler:
        resampler = self._resamplers.get((source, target))
        if resampler is None:
            resampler = Resampler(self._streams.rows, source, target)
            self._resamplers[source, target] = resampler
        return resampler

    def _timestamp(self, row: int, timestamp: int, rate: int, to_rate: int) -> int:
        """Return a timestamp on another clock, on which it wraps at another moment."""
        if rate == to_rate:
            return timestamp
        last = self._times.get(row, timestamp)
        ahead = (timestamp - last + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        self._times[row] = last + ahead
        return (last + ahead) * to_rate // rate & 0xFFFFFFFF


def _groups(said: list[_Said]) -> list[list[_Said]]:
    """Return what can be resampled together: the first packets of all rows, then the second ones;
    each group of one length, from one rate to one other."""
    seen: dict[int, int] = {}
    groups: dict[tuple[int, int, int], list[_Said]] = {}
    for each in said:
        if len(each.samples):
            turn = seen[each.row] = seen.get(each.row, -1) + 1
            key = (turn, len(each.samples), id(each.way.resampler))
            groups.setdefault(key, []).append(each)
    return [groups[key] for key in sorted(groups)]


def _write(batch: Batch, index: int, payload: bytes) -> bool:
    """Put a payload behind a plain header; return whether there is one, and room for it."""
    if not 0 < len(payload) <= STRIDE - SIZE:
        return False
    batch.buffer.views[int(batch.slot[index])][SIZE : SIZE + len(payload)] = payload
    batch.length[index] = SIZE + len(payload)
    return True


def _event(payload: bytes, rate: int, to_rate: int) -> bytes:
    """Return a named event (RFC 4733, section 2.3) whose duration is told on another clock."""
    if len(payload) < 4:
        return b""
    duration = int.from_bytes(payload[2:4], "big") * to_rate // rate
    return payload[:2] + min(duration, _LONGEST_EVENT).to_bytes(2, "big")
