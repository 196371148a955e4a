"""SIP over UDP: one socket, read in bursts."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from softswitch.sip.flow import Flow
from softswitch.transport.datagrams import Datagrams, PlainDatagrams
from softswitch.transport.errors import CannotListen
from softswitch.transport.sockaddr import scoped, zoned
from softswitch.transport.stun import answer, is_stun, parse
from softswitch.transport.udp_batch import BatchedDatagrams, is_available
from softswitch.transport.wires import Broken, ignore

CS3 = 24 << 2
"""The TOS octet of DSCP CS3, for signalling."""

RECEIVE_BUFFER = 4 << 20
"""Bytes: some seconds of signalling while the process is busy. The kernel may grant less."""

_SO_MEMINFO: Final = 55
"""Linux: what the kernel holds for a socket; first the bytes received and how many there may be."""

_FIRST_LETTER: Final = 0x21
"""Of a message of SIP. What begins lower is a keep-alive, or SIP after empty lines."""


class Receiver(Protocol):
    """Who takes what arrives (`Driver`)."""

    def receive(self, data: bytes, flow: Flow) -> None: ...

    def settle(self) -> None: ...


Backend: TypeAlias = Callable[[socket.socket, tuple[str, int], Counter[str]], Datagrams]
"""Reads and writes a bound socket: which one, its address, and where drops are counted."""


def nobody(flow: Flow) -> bool:
    """Whoever makes a listener knows no telephone."""
    return False


def best_backend() -> Backend:
    """Return the fastest way that works here."""
    return BatchedDatagrams if is_available() else PlainDatagrams


class UdpWire:
    """A listening UDP socket.

    It is read on readiness and without a transport of the loop's: that costs a third per message.
    What is sent leaves with the next `flush`, as the driver asks for it after each burst.
    """

    transport = "udp"

    def __init__(
        self,
        local: tuple[str, int],
        receiver: Receiver,
        drops: Counter[str],
        loop: asyncio.AbstractEventLoop,
        broken: Broken = ignore,
        backend: Backend | None = None,
        knows: Callable[[Flow], bool] = nobody,
    ) -> None:
        """Bind `local`; port 0 takes any. Nothing is read until `start`. Raises CannotListen.

        broken   is told when the socket cannot be used any more
        backend  reads and writes it; the best one unless said
        knows    whether the peer of a flow has shown that it belongs here
        """
        self._receiver = receiver
        self._drops = drops
        self._loop = loop
        self._broken = broken
        self._socket = bound_socket(local)
        self._descriptor = self._socket.fileno()
        self.local = zoned(self._socket.getsockname())
        self._datagrams = (backend or best_backend())(self._socket, self.local, drops)
        self.backend = self._datagrams.name
        self._knows = knows
        self._is_congested = False
        self._is_closed = False

    async def start(self) -> None:
        """Begin to read, with what has arrived since binding."""
        self._loop.add_reader(self._descriptor, self._read)

    def send(self, data: bytes, flow: Flow) -> None:
        if not self._is_closed:
            self._datagrams.send(data, flow[2])

    def flush(self) -> None:
        if self._is_closed:
            return
        try:
            is_congested = self._datagrams.flush()
        except OSError as error:
            self._loop.call_soon(self._broken, self, error)  # not before our caller is done
            return
        if is_congested != self._is_congested:
            self._is_congested = is_congested
            if is_congested:
                self._loop.add_writer(self._descriptor, self.flush)
            else:
                self._loop.remove_writer(self._descriptor)

    def backlog(self) -> float:
        return 0.0 if self._is_closed else filled(self._socket)

    def close_flow(self, flow: Flow) -> None:
        """A UDP flow has no connection to end."""

    def keep_flow(self, flow: Flow, alias: int = 0) -> None:
        """Nor one to keep; but from where to send to that peer."""
        self._datagrams.keep(flow.remote)

    def close(self) -> None:
        if self._is_closed:
            return
        self.flush()
        self._is_closed = True
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        self._socket.close()

    def _read(self) -> None:
        try:
            self._datagrams.receive(self._take)
        except OSError as error:
            self._broken(self, error)
        finally:
            self._receiver.settle()

    def _take(self, data: bytes, flow: Flow) -> None:
        if data and data[0] >= _FIRST_LETTER:
            self._receiver.receive(data, flow)
        elif not data.strip(b"\r\n\0"):
            self._drops["keep-alive"] += 1  # it has kept the router's way to us open
        elif is_stun(data):
            self._tell(data, flow)
        else:
            self._receiver.receive(data, flow)

    def _tell(self, data: bytes, flow: Flow) -> None:
        """Tell a telephone from where it comes: so it notices that its router has given it another
        address, and that we are there (RFC 5626, section 4.4.2). Strangers are told nothing."""
        message = parse(data) if self._knows(flow) else None
        told = message and answer(message, *flow.remote)
        if told is None:
            self._drops["stun-unanswered"] += 1
        else:
            self._datagrams.send(bytes(told), flow.remote)


def bound_socket(local: tuple[str, int]) -> socket.socket:
    """Return a non-blocking UDP socket on `local`, marked CS3. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:  # no such family here
        raise CannotListen("udp", local, error) from error
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        separate_families(sock)
        mark(sock)
        sock.bind(scoped(*local))
    except OSError as error:
        sock.close()
        raise CannotListen("udp", local, error) from error
    return sock


def filled(sock: socket.socket) -> float:
    """Return how full the receive buffer of `sock` is, from 0 to 1; 0 where the kernel does not
    say so."""
    try:
        memory = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 8)
    except OSError:
        return 0.0
    held, most = struct.unpack("=II", memory)
    return min(1.0, held / most) if most else 0.0


def separate_families(sock: socket.socket) -> None:
    """Let an IPv6 socket on every address leave IPv4 to a socket of its own: peers then have one
    way to write their address, and are told one of ours that they can use."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)


def mark(sock: socket.socket) -> None:
    """Mark what `sock` sends as signalling."""
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, CS3)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, CS3)
