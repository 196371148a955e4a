"""What the rest of the switch is set up with: addresses, ports, limits and passwords."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listener:
    transport: str
    """`udp` or `tcp`."""

    host: str
    port: int
    algorithms: tuple[str, ...] = ("MD5",)
    """Digest algorithms, most wanted first; `MD5`, `SHA-256`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of calls; times in seconds."""

    calls: int = 1000
    duration: float = 14400.0
    silence: float = 300.0
    """Without any packet of a peer, a call ends."""

    silence_on_hold: float = 1800.0


@dataclass(frozen=True, slots=True)
class Settings:
    listeners: tuple[Listener, ...]
    advertise: str
    """Our address as seen from outside `local`; empty when there is no router between."""

    local: tuple[str, ...]
    """Networks that see our own address."""

    rtp: tuple[int, int]
    """First and last port."""

    realm: str
    state: Path
    """Absolute."""

    limits: Limits
    passwords: Mapping[str, str] = field(repr=False)
    """By extension."""
