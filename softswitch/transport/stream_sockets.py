"""Sockets of streams: those that listen, and those that go out."""

import os
import socket
from ipaddress import ip_address

from softswitch.sip.flow import Flow
from softswitch.transport.errors import CannotListen
from softswitch.transport.sockaddr import scoped
from softswitch.transport.udp import mark

BACKLOG = 1024
"""Connections that wait to be let in."""

UNACKNOWLEDGED = 30_000
"""Milliseconds after which the kernel gives a peer up that acknowledges nothing of what was sent:
it is gone without a word, or its network is."""


def listening_socket(transport: str, local: tuple[str, int]) -> socket.socket:
    """Return a socket that peers can connect to; its options are theirs. Raises CannotListen."""
    listening = socket.socket(_family(local[0]), socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _prepare(listening)
        if listening.family == socket.AF_INET6:  # IPv4 has a listener of its own
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(scoped(*local))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotListen(transport, local, error) from error
    return listening


def local_end(flow: Flow) -> tuple[str, int] | None:
    """Return where a connection of ours is to come from: our listening address, if it is one."""
    host = flow.local[0]
    return None if ip_address(host).is_unspecified else (host, 0)


def prepare_outgoing(descriptor: int) -> None:
    """Set the options of a connection of ours, whose socket the loop has made."""
    with socket.socket(fileno=os.dup(descriptor)) as twin:
        _prepare(twin)


def _prepare(sock: socket.socket) -> None:
    sock.setblocking(False)
    mark(sock)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)


def _family(host: str) -> int:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
