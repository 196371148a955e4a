"""The kernel's socket addresses as arrays, and the keys of `media.net.address` as numbers in them.

An IPv4 address (`struct sockaddr_in`) is turned into its key by arithmetic on the whole batch. The
key of an IPv6 address (`struct sockaddr_in6`) is a hash: it is computed once and remembered, for
each channel, until another source sends there.
"""

import socket
import struct
from socket import AF_INET, AF_INET6
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from media.net.address import PORT_BITS, AddressBook
from media.net.batch import Bytes, Ints, Keys
from media.net.sockets import scoped

_Scalar = TypeVar("_Scalar", bound=np.generic)

SIZE: Final = 32
"""Bytes that are kept for an address: 16 in use for IPv4, 28 for IPv6."""

_NO_BYTE: Final = 0xFF
_UNUSABLE: Final = bytes([_NO_BYTE]) * SIZE
"""An address of no family, which the kernel refuses."""

_MAPPED: Final = np.uint64(0x0000_FFFF)
"""In network order, what is before an IPv4 address in an IPv6 one (RFC 4291, section 2.5.5.2)."""

_PORT: Final = np.uint64(0xFFFF)
_HOST: Final = np.uint64(0xFFFF_FFFF)
_16: Final = np.uint64(16)
_32: Final = np.uint64(32)


def ipv4_keys(names: Keys) -> Keys:
    """Return the keys of IPv4 addresses.

    names  uint64 (n,): the first eight bytes of each: family, port, host
    """
    words = names.byteswap()
    return (words & _HOST) << _16 | (words >> _32) & _PORT


class Sources:
    """Turns the addresses that packets came from into keys.

    channels  how many there are; `grow` for more
    """

    def __init__(self, book: AddressBook, channels: int) -> None:
        self._book = book
        self._seen: Keys = np.zeros((channels, SIZE // 8), np.uint64)
        self._seen_keys: Keys = np.zeros(channels, np.uint64)

    def grow(self, channels: int) -> None:
        self._seen = grown(self._seen, channels)
        self._seen_keys = grown(self._seen_keys, channels)

    def ipv6_keys(self, names: Keys, channels: Ints) -> Keys:
        """Return the keys of IPv6 addresses; those that stand for IPv4 ones have their keys.

        names     uint64 (n, 4): family, port, flow label; host; scope
        channels  int64 (n,): where the packets arrived
        """
        is_mapped = (names[:, 1] == 0) & (names[:, 2].byteswap() >> _32 == _MAPPED)
        keys = self._seen_keys.take(channels)
        if is_mapped.all():
            return self._mapped(names)
        is_new = (self._seen.take(channels, axis=0) != names).any(axis=1)
        for i in (is_new & ~is_mapped).nonzero()[0].tolist():
            channel = int(channels[i])
            keys[i] = self._seen_keys[channel] = self._key(names[i].tobytes())
            self._seen[channel] = names[i]
        return np.where(is_mapped, self._mapped(names), keys) if is_mapped.any() else keys

    @staticmethod
    def _mapped(names: Keys) -> Keys:
        port = names[:, 0].byteswap() >> _32 & _PORT
        return (names[:, 2].byteswap() & _HOST) << _16 | port

    def _key(self, name: bytes) -> int:
        port, scope = struct.unpack_from("!H", name, 2)[0], struct.unpack_from("=I", name, 24)[0]
        host = socket.inet_ntop(AF_INET6, name[8:24])
        return self._book.key(f"{host}%{scope}" if scope else host, port)


class Destinations:
    """Where each channel sends to, as the kernel wants it told.

    key      uint64 (channels,): of the address
    pointer  uint64 (channels,): where in memory the address is, SIZE bytes
    """

    def __init__(self, book: AddressBook, family: int, channels: int) -> None:
        self._book = book
        self._family = family
        self.length = 16 if family == AF_INET else 28
        """Bytes of an address that count."""

        self.key: Keys = np.zeros(channels, np.uint64)
        self._names: Bytes = np.full((channels, SIZE), _NO_BYTE, np.uint8)
        self._point()

    def grow(self, channels: int) -> None:
        begin = len(self.key)
        self.key = grown(self.key, channels)
        self._names = grown(self._names, channels)
        self._names[begin:] = _NO_BYTE
        self._point()

    def forget(self, channel: int) -> None:
        """Send nowhere, for the time being."""
        self.key[channel] = 0
        self._names[channel] = _NO_BYTE

    def set(self, channel: int, key: int) -> None:
        """Send to another address; to one of a family that we do not speak, in vain."""
        self.key[channel] = key
        self._names[channel] = np.frombuffer(self._name(key), np.uint8)

    def _point(self) -> None:
        rows = np.arange(len(self._names)) * SIZE
        self.pointer: Keys = (self._names.ctypes.data + rows).astype(np.uint64)

    def _name(self, key: int) -> bytes:
        known = self._book.address(key)
        if known is None:
            return _UNUSABLE
        host, port = known
        if ":" not in host:
            if self._family == AF_INET:
                packed = struct.pack("=H", AF_INET) + struct.pack("!HI", port, key >> PORT_BITS)
                return packed.ljust(SIZE, b"\0")
            host = f"::ffff:{host}"
        elif self._family == AF_INET:
            return _UNUSABLE
        try:
            where = scoped(host, port)
        except OSError:  # a link that is not here
            return _UNUSABLE
        scope = where[3] if len(where) == 4 else 0
        packed = socket.inet_pton(AF_INET6, host.partition("%")[0])
        head = struct.pack("=H", AF_INET6) + struct.pack("!HI", port, 0)
        return (head + packed + struct.pack("=I", scope)).ljust(SIZE, b"\0")


def grown(array: NDArray[_Scalar], rows: int) -> NDArray[_Scalar]:
    """Return the array with more rows, of zeros."""
    longer = np.zeros((rows, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
