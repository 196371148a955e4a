"""The fixed RTP header (RFC 3550, section 5.1)."""

from struct import Struct as Layout
from typing import Final, NamedTuple

SIZE: Final = 12
VERSION: Final = 2
MARKER: Final = 0x80

_LAYOUT = Layout("!BBHII")


class RtpPacket(NamedTuple):
    """One packet, taken apart. Padding and extension are left out of `payload`."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    @classmethod
    def parse(cls, data: bytes) -> "RtpPacket | None":
        """Return the packet, or None when the bytes are no RTP."""
        if len(data) < SIZE or data[0] >> 6 != VERSION:
            return None
        _, second, sequence, timestamp, ssrc = _LAYOUT.unpack_from(data)
        span = payload_span(data)
        if span is None:
            return None
        payload = data[span[0] : span[1]]
        return cls(second & 0x7F, sequence, timestamp, ssrc, payload, second >= MARKER)

    def __bytes__(self) -> bytes:
        second = self.payload_type | (MARKER if self.marker else 0)
        return pack(second, self.sequence, self.timestamp, self.ssrc) + self.payload


def pack(second: int, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """Return a header without padding, extension and contributing sources.

    second  the marker bit and the payload type
    """
    return _LAYOUT.pack(VERSION << 6, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)


def payload_span(data: bytes | memoryview) -> tuple[int, int] | None:
    """Return where the payload begins and ends, or None when the packet contradicts itself."""
    first, end = data[0], len(data)
    start = SIZE + 4 * (first & 0x0F)
    if first & 0x10:  # an extension, whose length is in words
        if end < start + 4:
            return None
        start += 4 + 4 * (data[start + 2] << 8 | data[start + 3])
    if first & 0x20 and end:
        end -= data[end - 1]
    return (start, end) if start <= end else None
