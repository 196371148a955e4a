"""What telephones are told about where we are."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from msgspec import Struct

from softswitch.configuration.settings import Settings
from softswitch.sip.settings import ListenerSettings

LOOPBACK = "127.0.0.1"
LOOPBACK_NETWORK = "127.0.0.0/8"

_OUTSIDE = ("192.0.2.1", 9)
"""An address of nobody (RFC 5737). Connecting a UDP socket to it sends nothing; the kernel says
which of our addresses it would use."""


class Addresses(Struct, frozen=True):
    """Everything in which our own address stands."""

    listeners: tuple[ListenerSettings, ...]
    nearby: tuple[str, ...]
    """Networks of the peers that `advertised_nearby` of a listener is for."""

    media: str
    """For session descriptions."""

    media_nearby: str
    """The same for peers in `nearby`."""

    media_bind: str
    """What media sockets listen on."""

    def media_for(self, peer: str) -> str:
        """Return what a telephone is told whose signalling comes from the address `peer`."""
        address = _parsed(peer)
        if address is None:
            return self.media
        if address.is_loopback and ip_address(self.media_bind).is_unspecified:
            return LOOPBACK
        if any(address in ip_network(network) for network in self.nearby):
            return self.media_nearby
        return self.media


def addresses(settings: Settings, own: str) -> Addresses:
    """Return what to say for `settings` on a machine whose own address is `own`.

    Behind a router, peers outside `local` are told the router's address and peers inside our
    own; this machine is inside. Without one, a wildcard listener is reached at our own address, and
    by programs on this machine at the loopback address.
    """
    here = (LOOPBACK_NETWORK, own)
    nearby = (*settings.local, *here) if settings.advertise else (LOOPBACK_NETWORK,)
    hosts = {listener.host for listener in settings.listeners}
    single = hosts.pop() if len(hosts) == 1 else "0.0.0.0"
    inside = own if _is_wildcard(single) else single
    return Addresses(
        listeners=tuple(
            ListenerSettings(
                transport=listener.transport,
                local=(listener.host, listener.port),
                advertised=settings.advertise or (own if _is_wildcard(listener.host) else ""),
                advertised_nearby=_nearby(settings, listener.host, own),
                algorithms=listener.algorithms,
                allow=listener.access.allow,
                deny=listener.access.deny,
            )
            for listener in settings.listeners
        ),
        nearby=nearby,
        media=settings.advertise or inside,
        media_nearby=inside,
        media_bind="::" if ":" in single else "0.0.0.0" if _is_wildcard(single) else single,
    )


def own_address() -> str:
    """Return the address that this machine has towards the world, or loopback's if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_OUTSIDE)
        except OSError:
            return LOOPBACK
        host: str = probe.getsockname()[0]
        return host


def _nearby(settings: Settings, host: str, own: str) -> str:
    if settings.advertise:
        return own if _is_wildcard(host) else host
    return LOOPBACK if _is_wildcard(host) else ""


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
