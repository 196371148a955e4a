"""What the rest of the switch is set up with: addresses, ports, limits and passwords."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from softswitch.routing.model import Source
from softswitch.sip.settings import (
    LONGEST_DATAGRAM,
    LONGEST_MESSAGE,
    SCANNERS,
    BanSettings,
    OverloadSettings,
    PaceSettings,
    QualifySettings,
    RegistrarSettings,
    SubscriptionSettings,
)


@dataclass(frozen=True, slots=True)
class Access:
    """From where somebody may come: networks."""

    allow: tuple[str, ...] = ()
    """Empty for everywhere."""

    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tls:
    """Who we are towards those who connect, and whom of them we believe."""

    certificate: Path
    key: Path
    client_certificates: str
    """`none`, `optional` or `required`."""

    authority: Path | None
    """Who signs the certificates of others; None for all that the system trusts."""

    sources: Mapping[str, Source]
    """Where each file is named, by the name of the field."""


@dataclass(frozen=True, slots=True)
class WebSocket:
    path: str
    origins: tuple[str, ...]
    """Pages whose scripts may connect; empty for all."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Bounds of each listener that takes connections; times in seconds."""

    most: int = 4096
    of_address: int = 1024
    silence: float = 7200.0
    stranger: float = 20.0
    """For who has not registered or called yet."""


class StunServer(NamedTuple):
    """Tells who asks it from where its question came (RFC 8489)."""

    host: str
    """An address or a name."""

    port: int


@dataclass(frozen=True, slots=True)
class Listener:
    transport: str
    """`udp`, `tcp`, `tls`, `ws` or `wss`."""

    host: str
    port: int
    algorithms: tuple[str, ...] = ("MD5",)
    """Digest algorithms, most wanted first; `MD5`, `SHA-256`, `SHA-512-256`."""

    access: Access = Access()
    """Whose messages are read."""

    advertise: str | StunServer = ""
    """Our address as seen from outside `local`, or who knows it; empty when there is no router
    between."""

    local: tuple[str, ...] = ()
    """Networks that see our own address."""

    is_proxy: bool = False
    """Calls that come in here are passed on, and not taken by the switch."""

    is_trusted: bool = False
    """Everybody there is believed in whose name they call, and told it."""

    tls: Tls | None = None
    """Of `tls` and `wss`."""

    websocket: WebSocket | None = None
    """Of `ws` and `wss`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of calls; times in seconds."""

    calls: int = 1000
    duration: float = 14400.0
    silence: float = 300.0
    """Without any packet of a peer, a call ends."""

    silence_on_hold: float = 1800.0
    session_timer: float = 1800.0
    """In which telephones show that they are there; 0 to ask none."""


class Guard(Struct, frozen=True):
    """What keeps the switch from being broken into or talked down."""

    bans: BanSettings = BanSettings()
    pace: PaceSettings = PaceSettings()
    overload: OverloadSettings = OverloadSettings()
    calls_of_extension: int = 200
    """At a time; the switch refuses what an extension calls beyond."""

    subscriptions: SubscriptionSettings = SubscriptionSettings()
    strangers: int = 500
    """Messages a second of one host without a right password."""

    phone: int = 500
    """The same of one telephone."""

    scanners: tuple[str, ...] = SCANNERS
    """Parts of the User-Agent of whom nothing is read."""

    datagram: int = LONGEST_DATAGRAM
    """Bytes of the longest message that is read by UDP."""

    message: int = LONGEST_MESSAGE
    """The same by a stream."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """How recorded calls are kept."""

    form: str = "wav"
    age: float | None = None
    """Seconds; None for ever."""

    total: int | None = None
    """Octets; None for any number."""

    minimum_free: int = 1_000_000_000
    """Octets."""


@dataclass(frozen=True, slots=True)
class Settings:
    listeners: tuple[Listener, ...]
    rtp: tuple[int, int]
    """First and last port."""

    realm: str
    state: Path
    """Absolute."""

    limits: Limits
    passwords: Mapping[str, str] = field(repr=False)
    """By extension; those of which only a hash is known are left out."""

    hashes: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """Of those: by extension and algorithm, the hash of user, realm and password."""

    access: Mapping[str, Access] = field(default_factory=dict)
    """Of extensions that may not be used from everywhere."""

    guard: Guard = field(default_factory=Guard)
    connections: Connections = field(default_factory=Connections)
    registrar: RegistrarSettings = field(default_factory=RegistrarSettings)
    qualify: QualifySettings = field(default_factory=QualifySettings)
    media_backend: str = "auto"
    """How media workers read and write packets: one of `media.net.CHOICES`."""

    contact_timeout: float = 15.0
    """Seconds that phones of a higher q ring before the others of their extension."""

    trusted: tuple[str, ...] = ()
    """Networks whose hosts are believed in whose name they call, and told it."""

    domain: str = ""
    """In the addresses of callers; empty for our own address."""

    recordings: Recordings = field(default_factory=Recordings)
    agent: str = "softswitch"
    """What the switch calls itself."""

    follow_redirects: bool = False
    """Of proxies: calls that a phone forwards to another extension are sent there at once."""

    other_domains: bool = False
    """Extensions may reach others than each other by what is passed on."""

    country: str = "eu"
    """Whose tones callers hear: a code of `media.countries`."""

    name_servers: tuple[tuple[str, int], ...] = ()
    """Address and port; none for those of the system."""
