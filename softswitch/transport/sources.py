"""From which of our addresses a peer is answered, where a UDP listener is on all of them (Linux).

The kernel tells with a datagram which address it was sent to, and takes one to send from, in a
control message (IP_PKTINFO, and RFC 3542). Without one it chooses by its routes.
"""

import errno
import socket
import struct
import sys
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, NamedTuple

from softswitch.transport.sockaddr import MOST

GONE: Final = frozenset({errno.EINVAL, errno.ENODEV, errno.EADDRNOTAVAIL, errno.ENETUNREACH})
"""Errors of sending from an address, or interface, that is not ours any more."""

_IP_PKTINFO: Final = 8
_HEADER = struct.Struct("@Nii")  # struct cmsghdr: how many bytes, what of, and which
_V4 = struct.Struct("=I4s4s")  # struct in_pktinfo: interface, ours, where it was sent to
_V6 = struct.Struct("=16sI")  # struct in6_pktinfo: where it was sent to, interface


class Kind(NamedTuple):
    """The control message of one family."""

    level: int
    ask: int
    """The option with which the kernel is asked to tell."""

    type: int
    length: int
    """Bytes of what it tells."""

    header: bytes
    """With which a message begins in memory."""

    begin: int
    """Bytes of that."""

    space: int
    """Bytes of a message in memory."""


def _kind(level: int, ask: int, type_: int, length: int) -> Kind:
    whole = _HEADER.size + length
    word = struct.calcsize("@N")
    header = _HEADER.pack(whole, level, type_)
    return Kind(level, ask, type_, length, header, len(header), -(-whole // word) * word)


KINDS: Final = {
    socket.AF_INET: _kind(socket.IPPROTO_IP, _IP_PKTINFO, _IP_PKTINFO, _V4.size),
    socket.AF_INET6: _kind(
        socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, socket.IPV6_PKTINFO, _V6.size
    ),
}


@lru_cache(maxsize=1024)
def answering(told: bytes) -> bytes:
    """Return what to tell the kernel for it to send from where something was sent to; nothing for
    it to choose. Equal ones are one object."""
    if len(told) == _V4.size:
        _, ours, _ = _V4.unpack(told)
        return _V4.pack(0, ours, bytes(4))  # the interface is up to the routes
    if len(told) != _V6.size:
        return b""
    address, interface = _V6.unpack(told)
    known = ip_address(address)
    if known.is_multicast:
        return b""  # it is nobody's own
    return _V6.pack(address, interface if known.is_link_local else 0)


class Sources:
    """Which of our addresses each peer has spoken to last.

    Peers have any name that is always the same. As with Flows there are two generations; of a
    peer that has long been silent it is forgotten. Anybody can be a peer, for nothing has been
    read yet: so of those who belong here it is kept apart, where strangers do not displace it.
    """

    __slots__ = ("_kept", "_kept_before", "_most", "_new", "_old", "kind")

    def __init__(self, kind: Kind, most: int = MOST) -> None:
        self.kind = kind
        self._most = most
        self._new: dict[object, bytes] = {}
        self._old: dict[object, bytes] = {}
        self._kept: dict[object, bytes] = {}
        self._kept_before: dict[object, bytes] = {}

    def note(self, peer: object, told: bytes) -> None:
        """Take what the kernel has told with a datagram of `peer`."""
        source = answering(told)
        if self._new.get(peer) is not source:
            if len(self._new) >= self._most:
                self._old, self._new = self._new, {}
            self._new[peer] = source

    def of(self, peer: object) -> bytes:
        """Return what to tell the kernel with a datagram to `peer`; nothing for it to choose."""
        for sources in (self._new, self._old, self._kept, self._kept_before):
            if peer in sources:
                return sources[peer]
        return b""

    def keep(self, peer: object) -> None:
        """Remember what `peer` has spoken to last, however many strangers come after it."""
        source = self.of(peer)
        if len(self._kept) >= self._most and peer not in self._kept:
            self._kept_before, self._kept = self._kept, {}
        self._kept[peer] = source


def sources_of(sock: socket.socket, host: str) -> Sources | None:
    """Return what is needed to answer from the right address; None where `host` is the only one,
    or the system knows no way."""
    if sys.platform != "linux" or not ip_address(host.partition("%")[0]).is_unspecified:
        return None
    kind = KINDS[sock.family]
    try:
        sock.setsockopt(kind.level, kind.ask, 1)
    except OSError:
        return None
    return Sources(kind)
