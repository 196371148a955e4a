"""More of what may be asked and heard, as in `media.control`: how streams sound, and keys."""

from typing import Any

from msgspec import Struct


class Keys(Struct, frozen=True, gc=False):
    """What one stream's packets are encrypted with (RFC 3711). Is never shown: not in logs."""

    suite: str
    """`AES_CM_128_HMAC_SHA1_80` or `AES_CM_128_HMAC_SHA1_32` (RFC 4568)."""

    send: bytes
    """30 octets, master key and salt, of what we send."""

    receive: bytes

    def __repr__(self) -> str:
        return f"Keys({self.suite}, hidden)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("suite", self.suite)]


class Measure(Struct, frozen=True, gc=False, tag=True):
    """Say Quality every `interval` seconds while streams are open; 0 for never."""

    interval: float = 1.0


class Quality(Struct, frozen=True, gc=False, tag=True):
    """How well peers are heard, and hear us. Said of all streams where something has come since
    the event before, by column: each is as long as `streams`. None is what is not measured."""

    streams: tuple[int, ...]
    received: tuple[int, ...]
    """Packets, since the stream was opened."""

    lost: tuple[int, ...]
    late: tuple[int, ...]
    """Packets that came after one that was sent later."""

    duplicated: tuple[int, ...]
    loss: tuple[float | None, ...]
    """Packets of 100 that were lost in the last five intervals."""

    jitter_ms: tuple[float | None, ...]
    level: tuple[float | None, ...]
    """Of speech, in dBov."""

    mos: tuple[float | None, ...]
    """1 to 4.5, of the last five intervals (ITU-T G.107)."""

    round_trip_ms: tuple[float | None, ...]
    told_loss: tuple[float | None, ...]
    """The same of what we send, by the peer's last report."""

    told_jitter_ms: tuple[float | None, ...]
    told_mos: tuple[float | None, ...]


class Statistics(Struct, frozen=True, gc=False):
    """Counts of one stream, as of its end. None is what was not measured."""

    received: int = 0
    """Packets taken."""

    received_bytes: int = 0
    sent: int = 0
    lost: int = 0
    """Packets that the sequence numbers promise and that never came."""

    dropped: int = 0
    """Packets of strangers, malformed ones, and those before Direct."""

    jitter_ms: float | None = None
    """Interarrival jitter (RFC 3550, section 6.4.1); None when nothing came."""

    round_trip_ms: float | None = None
    """From RTCP; None when no report came."""

    late: int = 0
    """Packets that came after one that was sent later."""

    duplicated: int = 0
    r_factor: float | None = None
    """Of what came (ITU-T G.107); None for a codec without planning values too."""

    mos: float | None = None
    """1 to 4.5, from the R factor."""

    level: float | None = None
    """Mean of speech in dBov; measured while Measure asks for Quality."""

    talk_spurts: int | None = None
    """How often the peer began to speak; measured likewise."""

    told_lost: int | None = None
    """Packets that the peer says never came to it."""

    told_jitter_ms: float | None = None
    told_mos: float | None = None
    """Of what we sent: the peer's own score, or what its losses are worth."""

    unauthentic: int = 0
    """Of `dropped`: forged, changed or repeated packets of an encrypted stream."""

    too_late: int = 0
    concealed: int = 0
    """In rooms: packets whose turn was over, and frames of 20 ms made up between others."""
