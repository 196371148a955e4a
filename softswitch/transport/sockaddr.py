"""Addresses of peers as the kernel writes them, and the flows that they stand for."""

import socket
import struct
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias, TypeVar

from softswitch.sip.flow import Flow

SocketAddress: TypeAlias = tuple[str, int] | tuple[str, int, int, int]

Key = TypeVar("Key")
Value = TypeVar("Value")

MOST: Final = 16_384
"""Peers in each of two generations."""

SIZES: Final = {socket.AF_INET: 16, socket.AF_INET6: 28}
"""Bytes of a sockaddr_in and a sockaddr_in6."""

SIGNIFICANT: Final = {socket.AF_INET: 8, socket.AF_INET6: 28}
"""Bytes of it that tell one peer from another."""

_V4 = struct.Struct("!H4s8x")
_V6 = struct.Struct("!HI16s")
_NATIVE = struct.Struct("=H")
_SCOPE = struct.Struct("=I")


def pack(family: int, host: str, port: int) -> bytes:
    """Return an address as `sendmmsg` wants it. Raises OSError for what is none of `family`."""
    if not 0 < port < 65_536:
        raise OSError(f"{port} is no port")
    if family == socket.AF_INET:
        packed = socket.inet_pton(socket.AF_INET, host)
        return _NATIVE.pack(socket.AF_INET) + _V4.pack(port, packed)
    address, _, zone = host.partition("%")
    packed = socket.inet_pton(socket.AF_INET6, address)
    return _NATIVE.pack(socket.AF_INET6) + _V6.pack(port, 0, packed) + _SCOPE.pack(_index(zone))


def unpack(raw: bytes) -> tuple[str, int]:
    """Return host and port of what `pack` returns, or of its significant bytes."""
    (family,) = _NATIVE.unpack_from(raw)
    if family == socket.AF_INET:
        return socket.inet_ntoa(raw[4:8]), int.from_bytes(raw[2:4], "big")
    port, _, packed = _V6.unpack_from(raw, 2)
    (scope,) = _SCOPE.unpack_from(raw, 24)
    host = socket.inet_ntop(socket.AF_INET6, packed)
    return (f"{host}%{_zone(scope)}" if scope else host), port


def scoped(host: str, port: int) -> SocketAddress:
    """Return an address as Python's sockets want it: they take the zone of a link-local one as a
    number beside it, and not from the text. Raises OSError for a zone that is not here."""
    zone = host.partition("%")[2]
    return (host, port, 0, _index(zone)) if zone else (host, port)


def zoned(address: SocketAddress) -> tuple[str, int]:
    """Return host and port of an address as Python's sockets tell it, the other way round."""
    host, port, *others = address
    return (f"{host}%{_zone(others[1])}" if others and others[1] else host), port


class Kept(dict[Key, Value]):
    """What has been made of a key, once, for as long as it is asked for.

    There are two generations: what is asked for of the old one moves to the new one.
    """

    __slots__ = ("_make", "_most", "_old")

    def __init__(self, make: Callable[[Key], Value], most: int) -> None:
        super().__init__()
        self._make = make
        self._most = most
        self._old: dict[Key, Value] = {}

    def __missing__(self, key: Key) -> Value:
        value = self._old.get(key) or self._make(key)
        if len(self) >= self._most:
            self._old = self.copy()
            self.clear()
        self[key] = value
        return value


class Flows:
    """Flows of one UDP listener by what the kernel calls their peer; those in use are kept."""

    __slots__ = ("_local", "of", "of_tuple")

    def __init__(self, local: tuple[str, int], most: int = MOST) -> None:
        self._local = local
        self.of = Kept(self._of_raw, most).__getitem__
        """Returns the flow of a peer's address in bytes."""

        self.of_tuple = Kept(self._of_tuple, most).__getitem__
        """Returns the flow of a peer's address as Python has it; of IPv6 it has four parts."""

    def _of_raw(self, raw: bytes) -> Flow:
        return Flow("udp", self._local, unpack(raw))

    def _of_tuple(self, address: SocketAddress) -> Flow:
        return Flow("udp", self._local, zoned(address))


class Target(NamedTuple):
    """Whom something is sent to."""

    raw: bytes
    """As `pack` returns it."""

    address: SocketAddress
    """As Python's sockets want it."""


class Targets:
    """Peers of one family, made ready to be sent to, once."""

    __slots__ = ("_family", "of")

    def __init__(self, family: int, most: int = MOST) -> None:
        self._family = family
        self.of = Kept(self._of, most).__getitem__
        """Returns whom to send to; None for what is no address of the family, such as a name."""

    def _of(self, remote: tuple[str, int]) -> Target | None:
        try:
            return Target(pack(self._family, *remote), scoped(*remote))
        except (OSError, ValueError):
            return None


def _index(zone: str) -> int:
    """Return the number of an interface. Raises OSError for none that there is."""
    if not zone:
        return 0
    return int(zone) if zone.isascii() and zone.isdigit() else socket.if_nametoindex(zone)


def _zone(scope: int) -> str:
    try:
        return socket.if_indextoname(scope)
    except OSError:
        return str(scope)  # the interface has gone since
