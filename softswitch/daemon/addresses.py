"""What telephones are told about where we are."""

import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

from softswitch.configuration.settings import Listener, Settings, StunServer
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import is_in
from softswitch.sip.settings import ListenerSettings

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
LOOPBACK_NETWORKS = ("127.0.0.0/8", "::1/128")

_OUTSIDE = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}
"""Addresses of nobody (RFC 5737, RFC 3849). Connecting a UDP socket to one sends nothing; the
kernel says which of our addresses it would use."""


class Own(Struct, frozen=True):
    """The addresses that this machine has towards the world."""

    ipv4: str = LOOPBACK
    ipv6: str = ""
    """Empty on a machine that does not speak IPv6."""

    def of(self, host: str) -> str:
        """Return the one of the family of `host`."""
        return (self.ipv6 or LOOPBACK_6) if ":" in host else self.ipv4


class Question(Struct, frozen=True):
    """What a listener wants to know of a STUN server."""

    server: StunServer
    source: str
    """Our address that is asked about: a listener's own, or a wildcard."""


class Addresses(Struct, frozen=True):
    """Everything in which our own address stands."""

    listeners: tuple[ListenerSettings, ...]
    media: str
    """For session descriptions, where nothing is known of the peer."""

    media_bind: str
    """What media sockets listen on; `::` serves IPv4 too."""

    def media_for(self, flow: Flow) -> str:
        """Return what a telephone is told whose signalling comes by `flow`: the address that it
        is told for signalling, at which media listens too."""
        address = _parsed(flow.remote[0])
        listener = self._listener(flow)
        if address is None or listener is None:
            return self.media
        if address.is_loopback and ip_address(self.media_bind).is_unspecified:
            return LOOPBACK if address.version == 4 else LOOPBACK_6
        nearby = listener.advertised_nearby
        if nearby and is_in(listener.nearby, flow.remote[0]):
            return nearby
        return listener.advertised or flow.local[0]

    def _listener(self, flow: Flow) -> ListenerSettings | None:
        for listener in self.listeners:
            if listener.local == flow.local and listener.transport == flow.transport:
                return listener
        return None


def addresses(
    settings: Settings, own: Own, outside: Mapping[Question, str] | None = None
) -> Addresses:
    """Return what to say for `settings` on a machine with the addresses `own`.

    Behind a router, peers outside `local` are told the router's address and peers inside our
    own; this machine is inside. Without one, a wildcard listener is reached at our own address, and
    by programs on this machine at the loopback address.

    outside  what STUN servers have told
    """
    listeners = tuple(_listener(one, own, outside or {}) for one in settings.listeners)
    hosts = {listener.host for listener in settings.listeners}
    first = listeners[0].advertised or listeners[0].local[0] if listeners else own.ipv4
    return Addresses(listeners=listeners, media=first, media_bind=_media_bind(hosts, own))


def questions(settings: Settings) -> set[Question]:
    """Return what is to be asked before `addresses` can tell everything."""
    return {
        Question(listener.advertise, listener.host)
        for listener in settings.listeners
        if isinstance(listener.advertise, StunServer)
    }


def own_addresses() -> Own:
    """Return the addresses that this machine has towards the world, or those of loopback."""
    return Own(
        _own_address(socket.AF_INET) or LOOPBACK,
        _own_address(socket.AF_INET6) or (LOOPBACK_6 if _has_ipv6() else ""),
    )


def _listener(listener: Listener, own: Own, outside: Mapping[Question, str]) -> ListenerSettings:
    host = listener.host
    inside = own.of(host) if _is_wildcard(host) else ""
    advertise = listener.advertise
    if isinstance(advertise, StunServer):
        advertise = outside.get(Question(advertise, host), "")
    if advertise:
        nearby = (*listener.local, *LOOPBACK_NETWORKS, own.of(host))
        advertised, advertised_nearby = advertise, inside or host
    else:
        nearby = LOOPBACK_NETWORKS if inside else ()
        advertised = inside
        advertised_nearby = (LOOPBACK_6 if ":" in host else LOOPBACK) if inside else ""
    return ListenerSettings(
        transport=listener.transport,
        local=(host, listener.port),
        advertised=advertised,
        advertised_nearby=advertised_nearby,
        nearby=nearby,
        algorithms=listener.algorithms,
        allow=listener.access.allow,
        deny=listener.access.deny,
        is_proxy=listener.is_proxy,
        is_trusted=listener.is_trusted,
    )


def _media_bind(hosts: set[str], own: Own) -> str:
    """Return one address at which all media can arrive."""
    if len(hosts) == 1:
        return next(iter(hosts))
    return "::" if own.ipv6 and any(":" in host for host in hosts) else "0.0.0.0"


def _own_address(family: socket.AddressFamily) -> str:
    """Return the address that the kernel would send from; nothing when it has no route."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(_OUTSIDE[family])
            host: str = probe.getsockname()[0]
            return host
    except OSError:
        return ""


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((LOOPBACK_6, 0))
    except OSError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return ip_address(host).is_unspecified


def _parsed(host: str) -> IPv4Address | IPv6Address | None:
    """Return an address of a socket, which may have a zone, and be IPv4's on an IPv6 socket."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
