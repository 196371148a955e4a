"""RTCP packets that we send and what we read of others' (RFC 3550, section 6)."""

from collections.abc import Iterator, Sequence
from struct import Struct as Layout
from typing import Final, NamedTuple

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
DESCRIPTION: Final = 202
GOODBYE: Final = 203

_CNAME: Final = 1

_HEADER = Layout("!BBHI")
_SENDER = Layout("!QIII")
_BLOCK = Layout("!IIIIII")

NTP_EPOCH: Final = 2_208_988_800
"""Seconds from 1900 to 1970."""


class ReportBlock(NamedTuple):
    """How well one source is received (section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Of the packets since the report before, in 1/256."""

    lost: int
    highest: int
    """Extended highest sequence number."""

    jitter: int
    """In timestamp units."""

    last_report: int
    """Middle 32 bits of the NTP time of the last sender report that came; 0 for none."""

    delay: int
    """Since that report, in 1/65536 s."""

    def __bytes__(self) -> bytes:
        lost = max(-0x800000, min(self.lost, 0x7FFFFF)) & 0xFFFFFF
        return _BLOCK.pack(
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest & 0xFFFFFFFF,
            self.jitter & 0xFFFFFFFF,
            self.last_report,
            self.delay & 0xFFFFFFFF,
        )


class SenderInfo(NamedTuple):
    """What a sender report says of the sender."""

    ntp: int
    """64 bits: seconds since 1900 and their fraction."""

    timestamp: int
    packets: int
    octets: int

    def __bytes__(self) -> bytes:
        words = (self.timestamp, self.packets, self.octets)
        return _SENDER.pack(self.ntp, *(word & 0xFFFFFFFF for word in words))


class Report(NamedTuple):
    """A sender or receiver report that came."""

    ssrc: int
    sender: SenderInfo | None
    blocks: tuple[ReportBlock, ...]


def ntp(seconds: float) -> int:
    """Return Unix time as a 64-bit NTP timestamp."""
    return int((seconds + NTP_EPOCH) * 4_294_967_296.0) & 0xFFFFFFFFFFFFFFFF


def middle(timestamp: int) -> int:
    """Return the middle 32 bits of a 64-bit NTP timestamp."""
    return timestamp >> 16 & 0xFFFFFFFF


def report(ssrc: int, sender: SenderInfo | None, blocks: Sequence[ReportBlock]) -> bytes:
    """Return a sender report, or without `sender` a receiver report."""
    kind = RECEIVER_REPORT if sender is None else SENDER_REPORT
    body = b"" if sender is None else bytes(sender)
    body += b"".join(map(bytes, blocks))
    return packet(kind, len(blocks), ssrc, body)


def description(ssrc: int, cname: str) -> bytes:
    """Return a source description with the canonical name, which every compound needs."""
    name = cname.encode()[:255]
    items = bytes((_CNAME, len(name))) + name
    return packet(DESCRIPTION, 1, ssrc, items + bytes(4 - len(items) % 4))


def goodbye(ssrc: int) -> bytes:
    return packet(GOODBYE, 1, ssrc, b"")


def parse(data: bytes) -> list[Report]:
    """Return the reports of a compound packet; what cannot be read ends it."""
    reports: list[Report] = []
    for kind, count, ssrc, body, end in packets(data):
        if kind in (SENDER_REPORT, RECEIVER_REPORT):
            sender: SenderInfo | None = None
            if kind == SENDER_REPORT:
                if body + _SENDER.size > end:
                    break
                sender = SenderInfo(*_SENDER.unpack_from(data, body))
                body += _SENDER.size
            blocks = tuple(_blocks(data, body, end, count))
            reports.append(Report(ssrc, sender, blocks))
    return reports


def packets(data: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield the packets of a compound, until one contradicts itself: type, count, SSRC, and where
    in `data` the rest begins and ends."""
    at = 0
    while at + 8 <= len(data):
        first, kind, words, ssrc = _HEADER.unpack_from(data, at)
        body, at = at + 8, at + 4 * (words + 1)
        if first >> 6 != 2 or at > len(data):
            break
        yield kind, first & 0x1F, ssrc, body, at


def _blocks(data: bytes, at: int, end: int, count: int) -> Iterator[ReportBlock]:
    for start in range(at, min(at + count * _BLOCK.size, end - _BLOCK.size + 1), _BLOCK.size):
        ssrc, losses, highest, jitter, last, delay = _BLOCK.unpack_from(data, start)
        lost = losses & 0xFFFFFF
        lost -= (lost & 0x800000) << 1  # 24 bits, signed
        yield ReportBlock(ssrc, losses >> 24, lost, highest, jitter, last, delay)


def packet(kind: int, count: int, ssrc: int, body: bytes) -> bytes:
    """Return one packet of a compound; `body` is whole words."""
    return _HEADER.pack(0x80 | count, kind, 1 + len(body) // 4, ssrc) + body
