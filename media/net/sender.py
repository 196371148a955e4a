"""Packets sent one by one, by a system call each: the cheapest way for few."""

from collections.abc import Callable
from socket import AF_INET6, socket
from typing import Any, Final

from media.net.address import AddressBook
from media.net.batch import Batch
from media.net.sockets import SocketAddress, scoped

MEMORY: Final = 65_536
"""Addresses whose keys are remembered, each way."""

Send = Callable[[memoryview, Any], int]


class Sender:
    """Sends from the sockets that were added, which are non-blocking and of one family."""

    def __init__(self, book: AddressBook, family: int) -> None:
        self._book = book
        self._family = family
        self._senders: dict[int, Send] = {}
        self._where: dict[int, SocketAddress | None] = {}

    def add(self, channel: int, bound: socket) -> None:
        self._senders[channel] = bound.sendto

    def remove(self, channel: int) -> None:
        del self._senders[channel]

    def send(self, batch: Batch) -> int:
        """Send each packet; return how many were dropped instead."""
        senders, where, views = self._senders, self._where, batch.buffer.views
        dropped = 0
        for slot, length, channel, peer in zip(
            batch.slot.tolist(),
            batch.length.tolist(),
            batch.channel.tolist(),
            batch.peer.tolist(),
            strict=True,
        ):
            try:
                address = where.get(peer) or self._find(peer)
                senders[channel](views[slot][:length], address)
            except (OSError, KeyError, TypeError):
                # Full, unreachable, of another family, unbound or nowhere: lost, as packets are.
                dropped += 1
        return dropped

    def _find(self, peer: int) -> SocketAddress | None:
        """Raises OSError for a link that is not here."""
        known = self._book.address(peer)
        address: SocketAddress | None = None
        if known is not None:
            host, port = known
            is_mapped = self._family == AF_INET6 and ":" not in host
            address = scoped(f"::ffff:{host}" if is_mapped else host, port)
        if len(self._where) > MEMORY:
            self._where.clear()
        self._where[peer] = address
        return address
