"""Reading and writing a UDP socket: what a backend is, and the one that works everywhere."""

import errno
import socket
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from softswitch.sip.flow import Flow
from softswitch.transport.sockaddr import Flows, SocketAddress, Targets
from softswitch.transport.sources import GONE, Sources, sources_of

BURST: Final = 32
"""Datagrams read before others get their turn on the loop, and answers are sent together."""

LARGEST: Final = 65_535
BROKEN: Final = frozenset(
    {errno.EBADF, errno.ENOTSOCK, errno.ENETDOWN, errno.ENODEV, errno.EINVAL, errno.EFAULT}
)
"""Errors of reading after which a socket is opened anew. The others are about one peer, such as
that a datagram to it was refused (ICMP), or about this moment."""

Take: TypeAlias = Callable[[bytes, Flow], None]


class Datagrams(Protocol):
    """One bound, non-blocking socket."""

    name: str

    def receive(self, take: Take) -> None:
        """Hand over what has arrived, a burst at most, in its order. Raises OSError when the
        socket is broken."""

    def send(self, data: bytes, remote: tuple[str, int]) -> None:
        """Send at once or with the next `flush`; what cannot be sent is counted."""

    def keep(self, remote: tuple[str, int]) -> None:
        """Go on sending to `remote` from where it has spoken to, whoever else speaks."""

    def flush(self) -> bool:
        """Send what waits; True when the kernel has no room for all of it. Raises OSError when
        the socket is broken."""


class PlainDatagrams:
    """One system call for each datagram."""

    name = "recvfrom"

    def __init__(
        self,
        sock: socket.socket,
        local: tuple[str, int],
        drops: Counter[str],
        *,
        sources: Sources | None = None,
    ) -> None:
        """sources  for a listener on every address; its own unless said"""
        self._socket = sock
        self._flows = Flows(local)
        self._targets = Targets(sock.family)
        self._drops = drops
        self._sources = sources or sources_of(sock, local[0])

    def receive(self, take: Take) -> None:
        find, sources = self._flows.of_tuple, self._sources
        for _ in range(BURST):
            try:
                data, remote, told = self._read(sources)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in BROKEN:
                    raise
                self._drops["udp-unreachable"] += 1  # SIP's own timers notice
                continue
            flow = find(remote)
            if sources is not None:
                sources.note(flow.remote, told)
            take(data, flow)

    def send(self, data: bytes, remote: tuple[str, int]) -> None:
        target = self._targets.of(remote)
        if target is None:  # the kernel is not asked for names
            self._drops["udp-send-failed"] += 1
            return
        try:
            if self._sources is None or not send_from(
                self._socket, self._sources, remote, data, target.address
            ):
                self._socket.sendto(data, target.address)
        except BlockingIOError:
            self._drops["udp-send-buffer-full"] += 1  # SIP repeats what gets lost
        except OSError:
            self._drops["udp-send-failed"] += 1

    def keep(self, remote: tuple[str, int]) -> None:
        if self._sources is not None:
            self._sources.keep(remote)

    def flush(self) -> bool:
        return False

    def _read(self, sources: Sources | None) -> tuple[bytes, SocketAddress, bytes]:
        """Return a datagram, whose it is, and what the kernel tells of where it was sent to."""
        if sources is None:
            return *self._socket.recvfrom(LARGEST), b""
        data, told, _, remote = self._socket.recvmsg(LARGEST, sources.kind.space)
        return data, remote, told[0][2] if told else b""


def send_from(
    sock: socket.socket, sources: Sources, peer: object, data: bytes, address: SocketAddress
) -> bool:
    """Send to a peer from the address that it has spoken to; False where there is none, or none any
    more. Raises OSError as `sendto` does."""
    source = sources.of(peer)
    if not source:
        return False
    kind = sources.kind
    try:
        sock.sendmsg((data,), ((kind.level, kind.type, source),), 0, address)
    except OSError as error:
        if error.errno not in GONE:
            raise
        return False
    return True
