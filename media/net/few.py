"""What io_uring has received, read packet by packet: for few, the arrays would cost more."""

import struct
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from media.net.address import AddressBook
from media.net.batch import Batch, Buffer
from media.net.sockaddr import Sources, ipv4_keys

MEMORY: Final = 65_536
"""Addresses whose keys are remembered."""

_TIME: Final = struct.Struct("=qq")


class Few:
    """Reads rows of a buffer with a headroom.

    name_at  where in the headroom the source is
    time_at  where in the headroom the time is, a `struct timespec`
    """

    def __init__(
        self, buffer: Buffer, book: AddressBook, name_at: int, time_at: int, *, is_ipv4: bool
    ) -> None:
        self._buffer = buffer
        self._memory = buffer.memory.data.cast("B")
        self._pitch = buffer.memory.shape[1]
        self._name_at = name_at
        self._time_at = time_at
        self._is_ipv4 = is_ipv4
        self._name_size = 8 if is_ipv4 else 32
        self._sources = Sources(book, 1)
        self._keys: dict[bytes, int] = {}

    def read(self, packets: Sequence[tuple[int, int, int]], *, is_timed: bool) -> Batch:
        """Return packets, of which slot, length and channel are known, with the rest."""
        memory, pitch, keys = self._memory, self._pitch, self._keys
        # The kernel's clock is the one that is set by hand and by NTP; ours is not.
        offset = time.time() - time.monotonic()
        peers: list[int] = []
        times: list[float] = []
        for slot, _, _ in packets:
            at = slot * pitch + self._name_at
            name = bytes(memory[at : at + self._name_size])
            peers.append(keys.get(name) or self._key(name))
            if is_timed:
                seconds, nanoseconds = _TIME.unpack_from(memory, slot * pitch + self._time_at)
                times.append(seconds - offset + nanoseconds * 1e-9)
        slots, lengths, channels = np.array(packets, np.int64).T
        peer = np.array(peers, np.uint64)
        return Batch(
            self._buffer, slots, lengths, channels, peer, np.array(times) if is_timed else None
        )

    def _key(self, name: bytes) -> int:
        words = np.frombuffer(name, np.uint64)
        if self._is_ipv4:
            key = int(ipv4_keys(words)[0])
        else:
            key = int(self._sources.ipv6_keys(words.reshape(1, 4), np.zeros(1, np.int64))[0])
        if len(self._keys) > MEMORY:
            self._keys.clear()
        self._keys[name] = key
        return key
