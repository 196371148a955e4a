"""UDP sockets as the engine wants them, whichever way they are then read and written."""

from contextlib import suppress
from socket import (
    AF_INET,
    AF_INET6,
    IP_TOS,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_TCLASS,
    IPV6_V6ONLY,
    SOCK_DGRAM,
    AddressFamily,
    if_nametoindex,
    socket,
)
from typing import Final, TypeAlias

EXPEDITED_FORWARDING: Final = 0xB8
"""DSCP 46 in the upper six bits of the traffic class (RFC 3246)."""

SocketAddress: TypeAlias = tuple[str, int] | tuple[str, int, int, int]


def family_of(address: str) -> AddressFamily:
    return AF_INET6 if ":" in address else AF_INET


def open_socket(address: str, port: int) -> socket:
    """Return an unconnected, non-blocking socket; one on an IPv6 address serves IPv4 too.
    Raises OSError."""
    family = family_of(address)
    opened = socket(family, SOCK_DGRAM)
    try:
        opened.setblocking(False)
        if family == AF_INET6:
            opened.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0)
            with suppress(OSError):  # marking is a wish
                opened.setsockopt(IPPROTO_IPV6, IPV6_TCLASS, EXPEDITED_FORWARDING)
        with suppress(OSError):
            opened.setsockopt(IPPROTO_IP, IP_TOS, EXPEDITED_FORWARDING)
        opened.bind(scoped(address, port))
    except OSError:
        opened.close()
        raise
    return opened


def scoped(host: str, port: int) -> SocketAddress:
    """Return an address as sockets want it: they take the zone of a link-local one as a number
    beside it, and not from the text. Raises OSError for a zone that is not here."""
    zone = host.partition("%")[2]
    if not zone:
        return host, port
    return host, port, 0, int(zone) if zone.isdecimal() else if_nametoindex(zone)
