"""The codecs there are, by their names in session descriptions.

Each has a decoder and an encoder that are made anew for every stream, since most remember what
they heard. Those of G.711 remember nothing; whole batches of it are done with
the tables of `g711`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from media.codecs import g711
from media.codecs.g711 import Samples
from media.codecs.g722 import G722Decoder, G722Encoder
from media.codecs.opus import LIBRARY, OpusDecoder, OpusEncoder


class Codec(NamedTuple):
    """A way to write speech into packets."""

    name: str
    clock_rate: int
    """RTP timestamp units in a second, which need not be the samples in a second."""

    rate: int
    """Samples in a second."""

    payload_type: int
    """The static number (RFC 3551, section 6), -1 for none."""


class Decoder(Protocol):
    """Payloads of one stream to samples: int16, mono, at the codec's rate."""

    def decode(self, payload: bytes) -> Samples:
        """Return the samples of a payload, which may come from anybody: never raises. Empty where
        it makes no sense."""


class Encoder(Protocol):
    """Samples of one stream (int16, mono, at the codec's rate) to payloads."""

    def encode(self, samples: Samples) -> bytes:
        """Return the payload of whole frames of 10 or 20 ms."""


class LawDecoder:
    """G.711 of one stream."""

    __slots__ = ("_law",)

    def __init__(self, law: str) -> None:
        self._law = law

    def decode(self, payload: bytes) -> Samples:
        return g711.decode(np.frombuffer(payload, np.uint8), self._law)


class LawEncoder:
    __slots__ = ("_law",)

    def __init__(self, law: str) -> None:
        self._law = law

    def encode(self, samples: Samples) -> bytes:
        return g711.encode(np.ascontiguousarray(samples), self._law).tobytes()


class Made(NamedTuple):
    """A codec and how to make what one stream needs of it."""

    codec: Codec
    decoder: Callable[[], Decoder]
    encoder: Callable[[], Encoder]


def made(opus: Any | None) -> Mapping[str, Made]:
    """Return all codecs by name.

    opus  libopus, None where that is not installed
    """
    there = [
        Made(
            Codec("PCMU", 8000, 8000, 0), partial(LawDecoder, "PCMU"), partial(LawEncoder, "PCMU")
        ),
        Made(
            Codec("PCMA", 8000, 8000, 8), partial(LawDecoder, "PCMA"), partial(LawEncoder, "PCMA")
        ),
        Made(Codec("G722", 8000, 16000, 9), G722Decoder, G722Encoder),
    ]
    if opus is not None:
        codec = Codec("opus", 48000, 48000, -1)
        there.append(Made(codec, partial(OpusDecoder, opus), partial(OpusEncoder, opus)))
    return MappingProxyType({each.codec.name: each for each in there})


_MADE: Final = made(LIBRARY)

CODECS: Final = MappingProxyType({name: each.codec for name, each in _MADE.items()})
"""By name; "opus" is missing where its library is. The order is no preference."""


def decoder(name: str) -> Decoder:
    """Return a decoder for one stream. Raises KeyError for a codec that is not there."""
    return _MADE[name].decoder()


def encoder(name: str) -> Encoder:
    """Return an encoder for one stream. Raises KeyError for a codec that is not there."""
    return _MADE[name].encoder()
