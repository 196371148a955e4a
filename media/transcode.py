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

_ONLY: Final = np.zeros(1, np.int64)
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
    encoder: Encoder

    def convert(self, payload: bytes) -> bytes:
        """Return the payload for the other side; nothing where there is none."""
        samples: Samples = self.decoder.decode(payload)
        if not len(samples):
            return b""
        missing = -len(samples) % self.block
        if missing:
            samples = np.concatenate((samples, np.zeros(missing, np.int16)))
        made = self.resampler.convert(samples[None, :], _ONLY)[0]
        try:
            return self.encoder.encode(made)
        except ValueError:
            return b""  # the other codec has no packet of this length


class Transcoder:
    """Turns packets into those of the codec and the clock of the stream that they go to."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._ways: dict[tuple[int, int], _Way] = {}  # by row and codec
        self._times: dict[int, int] = {}  # the last timestamp of a row, counted on past 32 bits

    def convert(self, batch: Batch, header: Ints, law: NDArray[np.int8], to: Ints) -> Flags:
        """Write payloads anew in their places, and timestamps on the other side's clock.

        header  int64 (3, packets): the headers' words, changed in place
        law     the codec of each packet's audio; less than 0 for a named event
        to      the row that it goes to

        Returns which of the packets can be sent on.
        """
        streams = self._streams
        can = np.ones(len(to), np.bool_)
        for i, (channel, goes_to) in enumerate(
            zip(batch.channel.tolist(), to.tolist(), strict=True)
        ):
            row = channel >> 1
            slot, length = int(batch.slot[i]), int(batch.length[i])
            view = batch.buffer.views[slot]
            span = payload_span(view[:length])
            data = b"" if span is None else bytes(view[span[0] : span[1]])
            rates = int(streams.clock_rate[row]), int(streams.clock_rate[goes_to])
            if law[i] < 0:
                made = _event(data, *rates)
            else:
                made = self._way(row, int(law[i]), goes_to).convert(data)
            if not 0 < len(made) <= STRIDE - SIZE:
                can[i] = False
                continue
            view[SIZE : SIZE + len(made)] = made
            batch.length[i] = SIZE + len(made)
            header[0, i] = header[0, i] & 0x00FFFFFF | _PLAIN
            header[1, i] = self._timestamp(row, int(header[1, i]), *rates)
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
            way = self._ways[row, law] = _Way(
                to,
                theirs,
                decoder(source.name),
                Resampler(1, source.rate, target.rate),
                source.rate // _BLOCKS_A_SECOND,
                encoder(target.name),
            )
        return way

    def _timestamp(self, row: int, timestamp: int, rate: int, to_rate: int) -> int:
        """Return a timestamp on another clock, on which it wraps at another moment."""
        if rate == to_rate:
            return timestamp
        last = self._times.get(row, timestamp)
        ahead = (timestamp - last + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        self._times[row] = last + ahead
        return (last + ahead) * to_rate // rate & 0xFFFFFFFF


def _event(payload: bytes, rate: int, to_rate: int) -> bytes:
    """Return a named event (RFC 4733, section 2.3) whose duration is told on another clock."""
    if len(payload) < 4:
        return b""
    duration = int.from_bytes(payload[2:4], "big") * to_rate // rate
    return payload[:2] + min(duration, _LONGEST_EVENT).to_bytes(2, "big")
