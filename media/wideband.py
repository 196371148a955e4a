"""Streams that speak another codec than what we have for them, or have of them."""

from typing import Final, NamedTuple

import numpy as np

from media.codecs.g711 import Samples
from media.codecs.resample import Resampler
from media.codecs.table import CODECS, Decoder, Encoder, decoder, encoder
from media.net.batch import Ints, different
from media.streams import NAMES, Streams

RATE: Final = 8000
_BLOCKS_A_SECOND: Final = 400
"""Of which resamplers take whole ones."""

_ONLY: Final = np.zeros(1, np.int64)


class Encoders:
    """Encodes frames of any rate, each in the codec of its stream."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._encoders: dict[int, tuple[int, Encoder]] = {}  # by row, with the codec's number
        self._resamplers: dict[tuple[int, int], Resampler] = {}  # by the rates from and to

    def encode(self, rows: Ints, frames: Samples, rate: int) -> list[bytes]:
        """Return a payload for each of `rows`.

        frames  int16 (rows, rate / 50)
        """
        payloads = [b""] * len(rows)
        laws = self._streams.law[rows]
        for law in different(laws):
            which = (laws == law).nonzero()[0]
            wide = self._converted(rows[which], frames[which], rate, CODECS[NAMES[law]].rate)
            for i, frame in zip(which.tolist(), wide, strict=True):
                payloads[i] = self._encoder(int(rows[i]), law).encode(frame)
        return payloads

    def one(self, row: int, samples: Samples) -> bytes:
        """Return the payload of samples that have the rate of the row's codec already."""
        return self._encoder(row, int(self._streams.law[row])).encode(samples)

    def narrow(self, rows: Ints, frames: Samples, rate: int) -> Samples:
        """Return frames at 8 kHz."""
        return self._converted(rows, frames, rate, RATE)

    def resample(self, rows: Ints, frames: Samples, rate: int) -> list[Samples]:
        """Return a frame for each of `rows`, at the rate of its codec."""
        resampled: list[Samples] = [_ONLY.astype(np.int16)] * len(rows)
        laws = self._streams.law[rows]
        for law in different(laws):
            which = (laws == law).nonzero()[0]
            wide = self._converted(rows[which], frames[which], rate, CODECS[NAMES[law]].rate)
            for i, frame in zip(which.tolist(), wide, strict=True):
                resampled[i] = frame
        return resampled

    def forget(self, row: int) -> None:
        self._encoders.pop(row, None)
        for resampler in self._resamplers.values():
            resampler.clear(row)

    def _converted(self, rows: Ints, frames: Samples, rate: int, to: int) -> Samples:
        if rate == to:
            return frames
        if (rate, to) not in self._resamplers:
            self._resamplers[rate, to] = Resampler(self._streams.rows, rate, to)
        return self._resamplers[rate, to].convert(frames, rows)

    def _encoder(self, row: int, law: int) -> Encoder:
        kept = self._encoders.get(row)
        if kept is None or kept[0] != law:
            kept = self._encoders[row] = (law, encoder(NAMES[law]))
        return kept[1]


class _Ear(NamedTuple):
    law: int
    decoder: Decoder
    resampler: Resampler
    block: int


class Decoders:
    """Decodes packets in the order of their arrival, down to 8 kHz."""

    def __init__(self) -> None:
        self._ears: dict[int, _Ear] = {}

    def decode(self, row: int, law: int, payload: bytes) -> Samples:
        """Return what a payload says, with silence up to a multiple of 2.5 ms; nothing where it
        makes no sense."""
        ear = self._ears.get(row)
        if ear is None or ear.law != law:
            rate = CODECS[NAMES[law]].rate
            resampler = Resampler(1, rate, RATE)
            ear = _Ear(law, decoder(NAMES[law]), resampler, rate // _BLOCKS_A_SECOND)
            self._ears[row] = ear
        samples = ear.decoder.decode(payload)
        missing = -len(samples) % ear.block
        if missing:
            samples = np.concatenate((samples, np.zeros(missing, np.int16)))
        made: Samples = ear.resampler.convert(samples[None, :], _ONLY)[0]
        return made

    def forget(self, row: int) -> None:
        self._ears.pop(row, None)
