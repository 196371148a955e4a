"""Next hops, and which addresses nobody is sent to."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
"""Transports that lead to somebody who has not come to us, and their usual ports."""


class Hop(Struct, frozen=True, gc=False):
    """One address at which a request may be delivered."""

    transport: str
    """`udp`, `tcp` or `tls`."""

    address: str
    port: int
    domain: str = ""
    """Whom the certificate there has to be for (RFC 5922); empty for the address itself."""


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that the host of a URI is, if it is no name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_open(address: str, source: str | None) -> bool:
    """Whether a peer may be sent to an address, be it written so or named by the DNS.

    Nobody may reach many at once, nor, from elsewhere, what listens for this machine alone.

    source  the peer's own; None for what we send of our own accord
    """
    place = _plain(ip_address(address.partition("%")[0]))
    if place.is_multicast or place.is_unspecified or place == IPv4Address("255.255.255.255"):
        return False
    if not place.is_loopback or source is None:
        return True
    return _plain(ip_address(source.partition("%")[0])).is_loopback


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return what an IPv4 address in IPv6's clothes is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
