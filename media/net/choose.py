"""Which backend a machine allows, found out by trying."""

from collections.abc import Callable
from socket import AF_INET6
from typing import Final

from media.net.address import AddressBook
from media.net.backend import SocketBackend
from media.net.batch import Batch, Buffer
from media.net.epoll import EpollBackend
from media.net.sockets import family_of, open_socket
from media.net.uring import UringBackend

AUTOMATIC: Final = "auto"
CHOICES: Final = (AUTOMATIC, UringBackend.name, EpollBackend.name)

_PATIENCE: Final = 1.0
"""Seconds in which a packet comes back to this machine."""

_WAITS: Final = 8
"""Waits in which it does: one may end without packets."""


def choose(
    wanted: str,
    address: str,
    book: AddressBook,
    fastest: Callable[[str, AddressBook], SocketBackend] = UringBackend,
) -> tuple[SocketBackend, str]:
    """Return a backend that works, and why it is not the fastest one, in words.

    wanted   one of CHOICES; a backend that does not work here is not insisted upon
    address  the local address of all ports
    """
    if wanted == EpollBackend.name:
        return EpollBackend(address, book), ""
    try:
        backend = fastest(address, book)
    except OSError as error:
        return EpollBackend(address, book), error.strerror or str(error)
    try:
        _try(backend, address, book)
    except OSError as error:
        backend.close()
        return EpollBackend(address, book), error.strerror or str(error)
    return backend, ""


def _try(backend: SocketBackend, address: str, book: AddressBook) -> None:
    """Let a packet come and go. Raises OSError."""
    # Where the backend speaks IPv6, IPv4's loopback is reached too, and may be the only one.
    anywhere = "::" if family_of(address) == AF_INET6 else "0.0.0.0"
    rtp, rtcp = open_socket(anywhere, 0), open_socket(anywhere, 0)
    here, there = (book.key("127.0.0.1", each.getsockname()[1]) for each in (rtp, rtcp))
    backend.adopt(0, 0, (rtp.detach(), rtcp.detach()))
    try:
        buffer = Buffer(1)
        buffer.views[0][:4] = b"ping"
        backend.send(Batch.of(buffer, [4], [0], [there]))
        for _ in range(_WAITS):
            came = backend.wait(_PATIENCE)
            if came.packets() == [b"ping"] and came.peer.tolist() == [here]:
                return
        raise OSError(0, "a packet that was sent has not arrived")
    finally:
        backend.unbind(0)
