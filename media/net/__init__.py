"""Packets in rows, and the ways to and from the network."""

from media.net.address import AddressBook
from media.net.backend import Backend, SocketBackend
from media.net.batch import Batch, Buffer
from media.net.choose import CHOICES, choose
from media.net.epoll import EpollBackend
from media.net.simulated import Datagram, SimulatedBackend
from media.net.uring import UringBackend

__all__ = [
    "CHOICES",
    "AddressBook",
    "Backend",
    "Batch",
    "Buffer",
    "Datagram",
    "EpollBackend",
    "SimulatedBackend",
    "SocketBackend",
    "UringBackend",
    "choose",
]
