"""Packets in rows, and the ways to and from the network."""

from media.net.address import AddressBook
from media.net.backend import Backend
from media.net.batch import Batch, Buffer
from media.net.epoll import EpollBackend
from media.net.simulated import Datagram, SimulatedBackend

__all__ = [
    "AddressBook",
    "Backend",
    "Batch",
    "Buffer",
    "Datagram",
    "EpollBackend",
    "SimulatedBackend",
]
