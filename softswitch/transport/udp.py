"""SIP over UDP: one socket, read in bursts."""

import asyncio
import socket
from collections import Counter
from typing import Protocol

from softswitch.sip.flow import Flow
from softswitch.transport.errors import CannotListen

CS3 = 24 << 2
"""The TOS octet of DSCP CS3, for signalling."""

RECEIVE_BUFFER = 4 << 20
"""Bytes: some seconds of signalling while the process is busy. The kernel may grant less."""

BURST = 64
"""Datagrams read before others get their turn on the loop."""

LARGEST = 65_535


class Receiver(Protocol):
    """Who takes what arrives (`Driver`)."""

    def receive(self, data: bytes, flow: Flow) -> None: ...

    def settle(self) -> None: ...


class UdpWire:
    """A listening UDP socket.

    It is read on readiness and without a transport of the loop's: that costs a third per message.
    """

    transport = "udp"
    backend = "recvfrom"

    def __init__(
        self,
        local: tuple[str, int],
        receiver: Receiver,
        drops: Counter[str],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Bind `local`; port 0 takes any. Nothing is read until `start`. Raises CannotListen."""
        self._receiver = receiver
        self._drops = drops
        self._loop = loop
        self._socket = bound_socket(local)
        host, port = self._socket.getsockname()[:2]
        self.local: tuple[str, int] = (host, port)

    async def start(self) -> None:
        """Begin to read, with what has arrived since binding."""
        self._loop.add_reader(self._socket.fileno(), self._read)

    def send(self, data: bytes, flow: Flow) -> None:
        try:
            self._socket.sendto(data, flow.remote)
        except BlockingIOError:
            self._drops["udp-send-buffer-full"] += 1  # SIP repeats what gets lost
        except OSError:
            self._drops["udp-send-failed"] += 1

    def flush(self) -> None:
        """Each datagram has been sent at once."""

    def close_flow(self, flow: Flow) -> None:
        """A UDP flow has no connection to end."""

    def keep_flow(self, flow: Flow) -> None:
        """Nor one to keep."""

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        receive, local = self._receiver.receive, self.local
        try:
            for _ in range(BURST):
                try:
                    data, remote = self._socket.recvfrom(LARGEST)
                except BlockingIOError:
                    break
                except OSError:
                    # An ICMP error to something sent before; SIP's own timers notice.
                    self._drops["udp-unreachable"] += 1
                    continue
                receive(data, Flow("udp", local, remote[:2]))
        finally:
            self._receiver.settle()


def bound_socket(local: tuple[str, int]) -> socket.socket:
    """Return a non-blocking UDP socket on `local`, marked CS3. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        mark(sock)
        sock.bind(local)
    except OSError as error:
        sock.close()
        raise CannotListen("udp", local, error) from error
    return sock


def mark(sock: socket.socket) -> None:
    """Mark what `sock` sends as signalling."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, CS3)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, CS3)
