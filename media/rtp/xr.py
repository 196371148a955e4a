"""RTCP extended reports: what a receiver says of the sound (RFC 3611, section 4.7)."""

from struct import Struct as Layout
from typing import Final, NamedTuple

from media.rtp import rtcp
from media.rtp.bursts import GMIN

EXTENDED_REPORT: Final = 207

UNAVAILABLE: Final = 127
"""Of levels, R factors and scores."""

_VOIP_METRICS: Final = 7
_BLOCK = Layout("!BBH")
_METRICS = Layout("!I4BHHHHbbBBBBBBBBHHH")

_CONCEALED: Final = 0x80
"""Receiver configuration: standard packet loss concealment, an unknown jitter buffer."""


class VoipMetrics(NamedTuple):
    """How one source is received, since its beginning. None is what is not measured."""

    ssrc: int
    loss: float
    """Share of packets that never came, 0 to 1; to 1/256, as the other shares."""

    discard: float
    """Share of packets that came too late or too early to be played."""

    burst_density: float
    gap_density: float
    burst_ms: int
    gap_ms: int
    round_trip_ms: int
    """0 for not measured."""

    end_system_delay_ms: int
    """0 for not measured."""

    level: float | None
    """Of speech, dBm0."""

    r_factor: float | None
    mos_listening: float | None
    """1 to 5, delay left out of account."""

    mos_conversational: float | None

    def __bytes__(self) -> bytes:
        shares = (self.loss, self.discard, self.burst_density, self.gap_density)
        times = (self.burst_ms, self.gap_ms, self.round_trip_ms, self.end_system_delay_ms)
        return _BLOCK.pack(_VOIP_METRICS, 0, _METRICS.size // 4) + _METRICS.pack(
            self.ssrc,
            *(max(0, min(int(share * 256), 255)) for share in shares),
            *(max(0, min(time, 0xFFFF)) for time in times),
            UNAVAILABLE if self.level is None else max(-127, min(round(self.level), 0)),
            UNAVAILABLE,  # noise
            UNAVAILABLE,  # residual echo
            GMIN,
            UNAVAILABLE if self.r_factor is None else max(0, min(round(self.r_factor), 100)),
            UNAVAILABLE,  # R factor of another segment of the call
            *(_tenths(score) for score in (self.mos_listening, self.mos_conversational)),
            _CONCEALED,
            0,
            0,
            0,
            0,
        )


def report(ssrc: int, metrics: VoipMetrics) -> bytes:
    """Return an extended report of one block."""
    return rtcp.packet(EXTENDED_REPORT, 0, ssrc, bytes(metrics))


def parse(data: bytes) -> list[VoipMetrics]:
    """Return the VoIP metrics in a compound packet; what cannot be read ends it."""
    found: list[VoipMetrics] = []
    for kind, _, _, at, end in rtcp.packets(data):
        while kind == EXTENDED_REPORT and at + _BLOCK.size <= end:
            block, _, words = _BLOCK.unpack_from(data, at)
            body, at = at + _BLOCK.size, at + 4 * (words + 1)
            if at > end:
                break
            if block == _VOIP_METRICS and words * 4 == _METRICS.size:
                found.append(_metrics(data, body))
    return found


def _metrics(data: bytes, at: int) -> VoipMetrics:
    ssrc, *values = _METRICS.unpack_from(data, at)
    shares, times = [share / 256 for share in values[:4]], values[4:8]
    level, r_factor, listening, conversational = values[8], values[12], values[14], values[15]
    return VoipMetrics(
        ssrc,
        shares[0],
        shares[1],
        shares[2],
        shares[3],
        times[0],
        times[1],
        times[2],
        times[3],
        None if level == UNAVAILABLE else float(level),
        float(r_factor) if r_factor <= 100 else None,
        _score(listening),
        _score(conversational),
    )


def _tenths(score: float | None) -> int:
    return UNAVAILABLE if score is None else max(10, min(round(score * 10), 50))


def _score(tenths: int) -> float | None:
    return tenths / 10 if 10 <= tenths <= 50 else None
