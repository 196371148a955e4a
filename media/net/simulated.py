"""A network in memory, for a virtual clock."""

from typing import NamedTuple

import numpy as np

from media.net.address import AddressBook
from media.net.batch import STRIDE, Batch, Buffer


class Datagram(NamedTuple):
    """A packet that was sent."""

    port: int
    """The local port."""

    data: bytes
    destination: tuple[str, int]


class SimulatedBackend:
    """Takes packets by `deliver` and keeps what is sent until `collect`.

    occupied  ports that cannot be bound, as if another program had them
    """

    def __init__(
        self, book: AddressBook, capacity: int = 1024, occupied: frozenset[int] = frozenset()
    ) -> None:
        self._book = book
        self._buffer = Buffer(capacity)
        self._occupied = occupied
        self._ports: dict[int, int] = {}  # channel by port
        self._channels: dict[int, int] = {}  # port by channel
        self._arrived: list[tuple[int, bytes, int, float | None]] = []
        self._sent: list[Datagram] = []

    def bind(self, row: int, port: int) -> None:
        if port in self._occupied or port in self._ports:
            raise OSError(98, "Address already in use")
        for channel, bound in ((2 * row, port), (2 * row + 1, port + 1)):
            self._ports[bound] = channel
            self._channels[channel] = bound

    def unbind(self, row: int) -> None:
        for channel in (2 * row, 2 * row + 1):
            port = self._channels.pop(channel, None)
            if port is not None:
                del self._ports[port]

    def release(self, row: int) -> tuple[int, ...]:
        ports = (self._channels[2 * row], self._channels[2 * row + 1])
        self.unbind(row)
        return ports  # nothing else is needed to receive there

    def adopt(self, row: int, port: int, descriptors: tuple[int, ...]) -> None:
        self.bind(row, port)

    def refuse(self, descriptors: tuple[int, ...]) -> None:
        """Nothing is open."""

    def deliver(
        self, port: int, data: bytes, source: tuple[str, int], at: float | None = None
    ) -> bool:
        """Let a packet arrive at a local port; False when nobody listens there.

        at  monotonic seconds, for a network that tells when each packet has come
        """
        channel = self._ports.get(port)
        if channel is None:
            return False
        self._arrived.append((channel, data[:STRIDE], self._book.key(*source), at))
        return True

    @property
    def waiting(self) -> bool:
        """Packets have been delivered and not yet been taken."""
        return bool(self._arrived)

    def collect(self) -> list[Datagram]:
        """Return, and forget, what was sent."""
        sent, self._sent = self._sent, []
        return sent

    def wait(self, timeout: float | None) -> Batch:
        """Return what was delivered; time does not pass here."""
        taken = self._arrived[: self._buffer.capacity]
        del self._arrived[: len(taken)]
        for slot, (_, data, _, _) in enumerate(taken):
            self._buffer.views[slot][: len(data)] = data
        batch = Batch.of(
            self._buffer,
            [len(data) for _, data, _, _ in taken],
            [channel for channel, _, _, _ in taken],
            [peer for _, _, peer, _ in taken],
        )
        times = [at for _, _, _, at in taken if at is not None]
        if taken and len(times) == len(taken):
            batch.arrived = np.array(times)
        return batch

    def send(self, batch: Batch) -> None:
        for data, channel, peer in zip(
            batch.packets(), batch.channel.tolist(), batch.peer.tolist(), strict=True
        ):
            port, destination = self._channels.get(channel), self._book.address(peer)
            if port is not None and destination is not None:
                self._sent.append(Datagram(port, data, destination))

    def close(self) -> None:
        self._ports.clear()
        self._channels.clear()
