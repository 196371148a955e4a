"""A session description as a value (RFC 8866)."""

from enum import StrEnum
from typing import Self

from msgspec import Struct


class Direction(StrEnum):
    """Who sends, seen from the side that wrote the description (RFC 8866, section 6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> Self:
        if sends:
            return cls("sendrecv" if receives else "sendonly")
        return cls("recvonly" if receives else "inactive")

    @property
    def sends(self) -> bool:
        return self in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        return self in ("sendrecv", "recvonly")

    def answered_by(self, wish: "Direction") -> "Direction":
        """Return what the other side answers if it would like `wish` (RFC 3264, section 6.1)."""
        return Direction.of(
            sends=self.receives and wish.sends, receives=self.sends and wish.receives
        )


class RtpMap(Struct, frozen=True, gc=False):
    """What a payload type stands for (RFC 8866, section 6.6)."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1

    def __str__(self) -> str:
        channels = f"/{self.channels}" if self.channels != 1 else ""
        return f"{self.payload_type} {self.name}/{self.clock_rate}{channels}"


class Media(Struct, frozen=True):
    """One m-line with what belongs to it. Defaults of the session are filled in."""

    kind: str
    """`audio`, `video`, `image` ..."""

    port: int
    """0 means that the stream is refused or gone."""

    protocol: str
    """`RTP/AVP`, `RTP/SAVP`, `udptl` ..."""

    formats: tuple[str, ...]
    """In order of preference; for RTP, payload types."""

    address: str = ""
    """Where to send; an IPv4 or IPv6 address, or a name."""

    direction: Direction = Direction.SENDRECV
    rtpmaps: tuple[RtpMap, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    """`a=fmtp`: format and its parameters."""

    ptime: int = 0
    """Milliseconds of audio in a packet that the writer would like to get; 0 when not said."""

    maxptime: int = 0
    rtcp_port: int = 0
    """`a=rtcp` (RFC 3605); 0 when it is the port after `port`."""

    attributes: tuple[str, ...] = ()
    """All other a-lines, without `a=`."""


class SessionDescription(Struct, frozen=True):
    session_id: str
    version: str
    media: tuple[Media, ...]
    address: str = ""
    """Connection address of the session."""

    username: str = "-"
    origin_address: str = ""
    name: str = "-"

    def to_bytes(self) -> bytes:
        origin = self.origin_address or self.address or "0.0.0.0"
        lines = [
            "v=0",
            f"o={self.username} {self.session_id} {self.version} {network(origin)}",
            f"s={self.name}",
        ]
        if self.address:
            lines.append(f"c={network(self.address)}")
        lines.append("t=0 0")
        for media in self.media:
            lines += _media_lines(media, self.address)
        lines.append("")
        return "\r\n".join(lines).encode()


def network(address: str) -> str:
    """Return nettype, addrtype and address, as o= and c= want them."""
    return f"IN IP6 {address}" if ":" in address else f"IN IP4 {address}"


def _media_lines(media: Media, session_address: str) -> list[str]:
    lines = [f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}"]
    if media.address and media.address != session_address:
        lines.append(f"c={network(media.address)}")
    lines += [f"a=rtpmap:{rtpmap}" for rtpmap in media.rtpmaps]
    lines += [f"a=fmtp:{format_} {text}" for format_, text in media.parameters]
    if media.ptime:
        lines.append(f"a=ptime:{media.ptime}")
    if media.maxptime:
        lines.append(f"a=maxptime:{media.maxptime}")
    if media.rtcp_port:
        lines.append(f"a=rtcp:{media.rtcp_port}")
    lines += [f"a={attribute}" for attribute in media.attributes]
    lines.append(f"a={media.direction}")
    return lines
