"""G.711: both companding laws as tables, applied to arrays of any shape.

Samples are int16 at full scale: the 14 bits of µ-law and the 13 of A-law stand at the upper end.
A conversion is one look-up per sample, so callers in a hurry index the tables themselves.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Octets = NDArray[np.uint8]


class Law(StrEnum):
    """Values are the names in session descriptions."""

    PCMU = "PCMU"
    PCMA = "PCMA"


_SEGMENT_ENDS: Final = (1 << np.arange(8, 15)).astype(np.int32)
"""Magnitude at which each next segment begins, of 2**15: both laws double from segment to
segment, µ-law after adding its bias."""

_ULAW_BIAS: Final = 33 << 2
_ULAW_LIMIT: Final = 8158 << 2 | 3
"""The largest magnitude that does not leave the last segment (8159 is its end, in 14 bits)."""


def _decode_ulaw() -> Samples:
    code = ~np.arange(256, dtype=np.uint8)
    segment = (code >> 4 & 7).astype(np.int32)
    step = (code & 15).astype(np.int32)
    magnitude = ((2 * step + 33) << segment) - 33
    levels: Samples = np.where(code & 0x80, -magnitude << 2, magnitude << 2).astype(np.int16)
    return levels


def _decode_alaw() -> Samples:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    segment = (code >> 4 & 7).astype(np.int32)
    step = (code & 15).astype(np.int32)
    first = 2 * step + 1
    magnitude = np.where(segment == 0, first, (first + 32) << np.maximum(segment - 1, 0))
    levels: Samples = np.where(code & 0x80, magnitude << 3, -magnitude << 3).astype(np.int16)
    return levels


def _encode_ulaw() -> Octets:
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    biased = np.minimum(np.abs(sample), _ULAW_LIMIT) + _ULAW_BIAS
    segment = np.searchsorted(_SEGMENT_ENDS, biased, side="right").astype(np.int32)
    code = segment << 4 | (biased >> (segment + 3)) & 15
    codes: Octets = np.invert(np.where(sample < 0, code | 0x80, code)).astype(np.uint8)
    return codes


def _encode_alaw() -> Octets:
    # Zero belongs to the positive half, so the negative one begins at -1: ~x and not -x.
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.where(sample < 0, ~sample, sample)
    segment = np.searchsorted(_SEGMENT_ENDS, magnitude, side="right").astype(np.int32)
    code = segment << 4 | (magnitude >> (np.maximum(segment, 1) + 3)) & 15
    codes: Octets = (np.where(sample < 0, code, code | 0x80) ^ 0x55).astype(np.uint8)
    return codes


ULAW_TO_LINEAR: Final = _decode_ulaw()
"""int16 (256,)"""

ALAW_TO_LINEAR: Final = _decode_alaw()

LINEAR_TO_ULAW: Final = _encode_ulaw()
"""uint8 (65536,), indexed by the sample seen as uint16"""

LINEAR_TO_ALAW: Final = _encode_alaw()


def _symmetric(decode: Samples, encode: Octets) -> Octets:
    """Return the map from one law to the other, with the same rounding on both sides of zero.

    A value halfway between two levels must not be rounded up on one side and down on the other:
    that would add an offset to every quiet passage. Both laws keep the sign in the top bit.
    """
    code = np.arange(256, dtype=np.uint8)
    positive = encode[decode[code | 0x80].view(np.uint16)]
    codes: Octets = np.where(code & 0x80, positive, positive & 0x7F).astype(np.uint8)
    return codes


ULAW_TO_ALAW: Final = _symmetric(ULAW_TO_LINEAR, LINEAR_TO_ALAW)
"""uint8 (256,): a payload octet of one law to that of the other"""

ALAW_TO_ULAW: Final = _symmetric(ALAW_TO_LINEAR, LINEAR_TO_ULAW)

_DECODE: Final[dict[str, Samples]] = {Law.PCMU: ULAW_TO_LINEAR, Law.PCMA: ALAW_TO_LINEAR}
_ENCODE: Final[dict[str, Octets]] = {Law.PCMU: LINEAR_TO_ULAW, Law.PCMA: LINEAR_TO_ALAW}

SILENCE: Final[dict[str, int]] = {Law.PCMU: 0xFF, Law.PCMA: 0xD5}
"""The octet of the smallest positive level."""

for _table in (
    *(ULAW_TO_LINEAR, ALAW_TO_LINEAR, LINEAR_TO_ULAW, LINEAR_TO_ALAW),
    *(ULAW_TO_ALAW, ALAW_TO_ULAW),
):
    _table.setflags(write=False)


def decode(payload: Octets, law: str) -> Samples:
    """Return the samples of `payload`, in its shape. Raises KeyError for another law."""
    return _DECODE[law][payload]


def encode(samples: Samples, law: str) -> Octets:
    """Return the payload of `samples`, in their shape. Raises KeyError for another law."""
    return _ENCODE[law][samples.view(np.uint16)]
