"""Buffers that the kernel takes by itself when packets arrive: a ring of provided buffers.

linux/io_uring.h, `struct io_uring_buf_ring`; io_uring_register(2), IORING_REGISTER_PBUF_RING.
"""

from mmap import mmap
from struct import Struct
from typing import Final

import numpy as np

from media.net.batch import Buffer, Ints
from media.net.ring import Ring

_REGISTER: Final = 22
_UNREGISTER: Final = 23

_ENTRY: Final = np.dtype([("address", "u8"), ("length", "u4"), ("number", "u2"), ("rest", "u2")])
_FIELDS: Final = Struct("=QIH")
_TAIL: Final = Struct("=H")
_TAIL_AT: Final = 14
"""Where the kernel looks for the end of the ring: in what is left over of the first entry."""


class ProvidedBuffers:
    """Lends the rows of a buffer to the kernel, headroom and all.

    The capacity of the buffer is a power of two, at most 32,768. Raises OSError.
    """

    def __init__(self, ring: Ring, buffer: Buffer) -> None:
        capacity = buffer.capacity
        self._ring = ring
        self._capacity = capacity
        self._first_row, self._length = buffer.memory.ctypes.data, buffer.memory.shape[1]
        self._map = mmap(-1, capacity * _ENTRY.itemsize)
        entries = np.frombuffer(self._map, _ENTRY, capacity)
        self._addresses, self._numbers = entries["address"], entries["number"]
        entries["length"] = buffer.memory.shape[1]
        self._tail_word = np.frombuffer(self._map, np.uint16, 1, _TAIL_AT)
        self._rows = buffer.memory.ctypes.data + np.arange(capacity) * buffer.memory.shape[1]
        self._positions = np.arange(capacity)
        self._tail = 0
        self._order = np.zeros(5, np.uint64)
        self._order[0] = entries.ctypes.data
        self._order[1] = capacity
        ring.register(_REGISTER, self._order.ctypes.data, 1)
        self.give(self._positions)

    def give(self, slots: Ints) -> None:
        """Let the kernel use these rows."""
        count = len(slots)
        begin = self._tail % len(self._positions)
        where: slice | Ints = slice(begin, begin + count)
        if begin + count > len(self._positions):
            where = (begin + self._positions[:count]) % len(self._positions)
        self._addresses[where] = self._rows.take(slots)
        self._numbers[where] = slots
        self._tail = self._tail + count & 0xFFFF
        self._tail_word[0] = self._tail

    def give_few(self, slots: list[int]) -> None:
        """The same for few, one by one."""
        for slot in slots:
            at = self._tail % self._capacity
            address = self._first_row + slot * self._length
            _FIELDS.pack_into(self._map, at * _ENTRY.itemsize, address, self._length, slot)
            self._tail = self._tail + 1 & 0xFFFF
        _TAIL.pack_into(self._map, _TAIL_AT, self._tail)

    def close(self) -> None:
        """Take all back. Nothing may be on its way any more."""
        self._order[0] = 0
        self._order[1] = 0
        self._ring.register(_UNREGISTER, self._order.ctypes.data, 1)
        empty = np.empty(0, np.uint64)
        self._addresses, self._numbers = empty, np.empty(0, np.uint16)
        self._tail_word = np.empty(0, np.uint16)
        self._map.close()
