"""G.722: 7 kHz of speech in 64 kbit/s, by PyPI's `G722`, which is bit-exact to the recommendation.

An octet stands for two samples at 16 kHz. The RTP clock counts 8,000 a second all the same: a
mistake of RFC 1890 that is kept for ever (RFC 3551, section 4.5.2), and the number of octets.
"""

from typing import Final

import numpy as np
from G722 import G722

from media.codecs.g711 import Samples

RATE: Final = 16000
_BIT_RATE: Final = 64000


class G722Decoder:
    """Decodes the packets of one stream, in their order."""

    __slots__ = ("_codec",)

    def __init__(self) -> None:
        self._codec = G722(RATE, _BIT_RATE)

    def decode(self, payload: bytes) -> Samples:
        """Return two samples an octet. Any octets are speech of some kind: nothing is raised."""
        samples: Samples = np.frombuffer(self._codec.decode(payload), np.int16)
        return samples


class G722Encoder:
    """Encodes one stream."""

    __slots__ = ("_codec",)

    def __init__(self) -> None:
        self._codec = G722(RATE, _BIT_RATE)

    def encode(self, samples: Samples) -> bytes:
        """Return an octet for each two of the samples, int16 (an even number,)."""
        if len(samples) % 2:
            raise ValueError(f"G.722 takes samples by twos, and not {len(samples)}")
        # The package reads memory as it lies, whatever the strides say.
        payload: bytes = self._codec.encode(np.ascontiguousarray(samples))
        return payload
