"""Reading and writing a UDP socket: what a backend is, and the one that works everywhere."""

import errno
import socket
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from softswitch.sip.flow import Flow
from softswitch.transport.sockaddr import Flows, Targets

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

    def flush(self) -> bool:
        """Send what waits; True when the kernel has no room for all of it. Raises OSError when
        the socket is broken."""


class PlainDatagrams:
    """One system call for each datagram."""

    name = "recvfrom"

    def __init__(self, sock: socket.socket, local: tuple[str, int], drops: Counter[str]) -> None:
        self._socket = sock
        self._flows = Flows(local)
        self._targets = Targets(sock.family)
        self._drops = drops

    def receive(self, take: Take) -> None:
        find, receive = self._flows.of_tuple, self._socket.recvfrom
        for _ in range(BURST):
            try:
                data, remote = receive(LARGEST)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in BROKEN:
                    raise
                self._drops["udp-unreachable"] += 1  # SIP's own timers notice
                continue
            take(data, find(remote))

    def send(self, data: bytes, remote: tuple[str, int]) -> None:
        target = self._targets.of(remote)
        if target is None:  # the kernel is not asked for names
            self._drops["udp-send-failed"] += 1
            return
        try:
            self._socket.sendto(data, target.address)
        except BlockingIOError:
            self._drops["udp-send-buffer-full"] += 1  # SIP repeats what gets lost
        except OSError:
            self._drops["udp-send-failed"] += 1

    def flush(self) -> bool:
        return False
