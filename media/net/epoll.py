"""The backend that works everywhere on Linux: epoll, and one system call a packet."""

import os
from collections.abc import Callable
from contextlib import suppress
from select import EPOLLIN, epoll
from socket import socket
from typing import Any, Final

from media.net.address import AddressBook
from media.net.batch import Batch, Buffer
from media.net.sender import MEMORY, Sender
from media.net.sockets import family_of, open_socket

PASSES: Final = 8
"""How often one wait asks epoll anew, for sockets that hold more than one packet."""

Receive = Callable[[memoryview], tuple[int, Any]]


class EpollBackend:
    """Unconnected, non-blocking UDP sockets on one local address.

    An IPv6 local address serves IPv4 too.
    """

    name: Final = "epoll"

    def __init__(self, address: str, book: AddressBook, capacity: int = 2048) -> None:
        self._address = address
        self._book = book
        self._buffer = Buffer(capacity)
        self._nothing = Batch.of(self._buffer, [], [], [])
        self._epoll = epoll()
        self._sockets: dict[int, socket] = {}
        self._sender = Sender(book, family_of(address))
        self._readers: dict[int, tuple[Receive, int]] = {}
        self._keys: dict[tuple[str, int], int] = {}
        self._ready: list[int] = []
        self._alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._alarm, EPOLLIN)
        self.unsent = 0
        """Packets that the system refused to take."""

    def bind(self, row: int, port: int) -> None:
        rtp = open_socket(self._address, port)
        try:
            rtcp = open_socket(self._address, port + 1)
        except OSError:
            rtp.close()
            raise
        self._register(2 * row, rtp)
        self._register(2 * row + 1, rtcp)

    def release(self, row: int) -> tuple[int, ...]:
        return tuple(self._forget(channel).detach() for channel in (2 * row, 2 * row + 1))

    def adopt(self, row: int, port: int, descriptors: tuple[int, ...]) -> None:
        for channel, descriptor in zip((2 * row, 2 * row + 1), descriptors, strict=True):
            self._register(channel, socket(fileno=descriptor))

    def refuse(self, descriptors: tuple[int, ...]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    def unbind(self, row: int) -> None:
        for channel in (2 * row, 2 * row + 1):
            if channel in self._sockets:
                self._forget(channel).close()

    def fileno(self) -> int:
        """Return a descriptor that is readable when something has arrived."""
        return self._epoll.fileno()

    def wake(self) -> None:
        """End a wait. May be called on any thread."""
        with suppress(OSError):  # closed meanwhile
            os.eventfd_write(self._alarm, 1)

    def watch(self, descriptor: int) -> None:
        """End a wait too when `descriptor` is readable; `ready` then names it."""
        self._epoll.register(descriptor, EPOLLIN)

    def ready(self) -> list[int]:
        """Return the watched descriptors that ended the last wait."""
        return self._ready

    def wait(self, timeout: float | None) -> Batch:
        lengths: list[int] = []
        channels: list[int] = []
        peers: list[int] = []
        self._ready = []
        capacity = self._buffer.capacity
        ready = self._epoll.poll(timeout, capacity)
        for _ in range(PASSES):
            before = len(lengths)
            self._read([fd for fd, _ in ready[: capacity - before]], lengths, channels, peers)
            if not before < len(lengths) < capacity:
                break
            ready = self._epoll.poll(0, capacity)
            if not ready:
                break
        return Batch.of(self._buffer, lengths, channels, peers) if lengths else self._nothing

    def _read(
        self, descriptors: list[int], lengths: list[int], channels: list[int], peers: list[int]
    ) -> None:
        readers, views, keys = self._readers, self._buffer.views, self._keys
        row = len(lengths)
        for descriptor in descriptors:
            reader = readers.get(descriptor)
            if reader is None:
                if descriptor == self._alarm:
                    os.eventfd_read(descriptor)
                elif descriptor not in self._ready:
                    self._ready.append(descriptor)
                continue
            try:
                length, source = reader[0](views[row])
            except OSError:
                continue  # an error that the network reported; the next packet may be well
            lengths.append(length)
            channels.append(reader[1])
            peers.append(keys.get(source) or self._key(source))
            row += 1

    def _key(self, source: tuple[str, int]) -> int:
        if len(self._keys) > MEMORY:
            self._keys.clear()
        # IPv6 sources are four-tuples; the last two say nothing of who it is.
        key = self._keys[source] = self._book.key(source[0], source[1])
        return key

    def send(self, batch: Batch) -> None:
        self.unsent += self._sender.send(batch)

    def close(self) -> None:
        for row in {channel // 2 for channel in self._sockets}:
            self.unbind(row)
        self._epoll.close()
        alarm, self._alarm = self._alarm, -1
        if alarm >= 0:
            os.close(alarm)

    def _forget(self, channel: int) -> socket:
        """Return a socket that is neither read nor written here any more."""
        gone = self._sockets.pop(channel)
        self._sender.remove(channel)
        del self._readers[gone.fileno()]
        self._epoll.unregister(gone.fileno())
        return gone

    def _register(self, channel: int, bound: socket) -> None:
        self._sockets[channel] = bound
        self._sender.add(channel, bound)
        self._readers[bound.fileno()] = (bound.recvfrom_into, channel)
        self._epoll.register(bound.fileno(), EPOLLIN)
