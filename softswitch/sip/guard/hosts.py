"""Hosts of peers, as they are counted and compared."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from softswitch.sip.flow import Flow


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address of a peer, without its zone; IPv4 that is mapped into IPv6 as IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


@lru_cache(maxsize=8192)
def neighbourhood(host: str) -> str:
    """Return what one peer has for itself: an IPv4 address; of IPv6 a /64, in which it may choose
    another address for each message."""
    if ":" not in host:
        return host
    address = address_of(host)
    if not isinstance(address, IPv6Address):
        return host if address is None else str(address)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"


def door(flow: Flow) -> str:
    """Return the address and port of a peer, as people write them."""
    host, port = flow.remote
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
