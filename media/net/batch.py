"""Packets as rows of one array."""

from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]
Times = NDArray[np.float64]

STRIDE: Final = 1520
"""Bytes of a row: an Ethernet frame's worth. Not a power of two, so that rows do not contend for
the same cache lines; a multiple of 4, so that headers can be seen as words."""


def is_all(flags: Flags) -> bool:
    """Return whether all are set: `all` at a third of its price, which counts for few packets."""
    return bool(np.count_nonzero(flags) == len(flags))


def is_any(flags: Flags) -> bool:
    """Return whether any is set, as cheaply."""
    return bool(np.count_nonzero(flags))


def different(column: NDArray[Any]) -> list[int]:
    """Return the different values of a column, rising. numpy.unique takes 40 ms when it is called
    first, for what it imports then, which all streams would hear."""
    return sorted(set(column.tolist()))


def constant(value: int) -> Ints:
    """Return a number in the form in which numpy takes it without converting it each time."""
    return np.array(value)


class Buffer:
    """Room for packets.

    data     uint8 (capacity, STRIDE)
    words    uint32 (capacity, STRIDE / 4), the same bytes in network order
    heads    complex128 (capacity,): the first 16 bytes of each row as if they were one number,
             which numpy gathers and scatters ten times faster than four
    views    one memoryview a row, for the socket calls
    pointer  uint64 (capacity,): where in memory each row begins
    memory   uint8 (capacity, headroom + STRIDE): the rows with what is before them

    headroom  bytes before each row that the system writes to; a multiple of 8
    """

    __slots__ = ("capacity", "data", "heads", "memory", "pointer", "views", "words")

    def __init__(self, capacity: int, headroom: int = 0) -> None:
        self.capacity = capacity
        pitch = headroom + STRIDE
        self.memory: Bytes = np.zeros((capacity, pitch), np.uint8)
        self.data: Bytes = self.memory[:, headroom:]
        self.words: NDArray[np.uint32] = self.memory.view(np.uint32)[:, headroom // 4 :]
        self.heads: NDArray[np.complex128] = np.ndarray(
            (capacity,), np.complex128, self.memory.data, headroom, (pitch,)
        )
        self.pointer: Keys = (self.data.ctypes.data + np.arange(capacity) * pitch).astype(np.uint64)
        whole = self.memory.data.cast("B")
        self.views = [whole[i * pitch + headroom : (i + 1) * pitch] for i in range(capacity)]


class Batch:
    """Packets that arrived together, or are to be sent together.

    Columns of equal length, one entry a packet:

    slot     int64: its row in `buffer`
    length   int64: its bytes
    channel  int64: the local socket, twice the stream's row, plus 1 for RTCP
    peer     uint64: key of its source, or of its destination
    arrived  float64: monotonic seconds at which the kernel had it; None where it does not tell

    The buffer belongs to whoever made the batch and is used again at their next turn.
    """

    __slots__ = ("arrived", "buffer", "channel", "length", "peer", "slot")

    def __init__(
        self,
        buffer: Buffer,
        slot: Ints,
        length: Ints,
        channel: Ints,
        peer: Keys,
        arrived: Times | None = None,
    ) -> None:
        self.buffer = buffer
        self.slot = slot
        self.length = length
        self.channel = channel
        self.peer = peer
        self.arrived = arrived

    def __len__(self) -> int:
        return len(self.slot)

    def headers(self) -> Ints:
        """Return the first three words of each packet: int64 (3, packets)."""
        words = self.buffer.heads[self.slot].view(np.uint32).reshape(-1, 4)
        return words[:, :3].byteswap().T.astype(np.int64)

    @classmethod
    def of(cls, buffer: Buffer, lengths: list[int], channels: list[int], peers: list[int]) -> Self:
        """Return a batch of the buffer's first rows."""
        return cls(
            buffer,
            np.arange(len(lengths)),
            np.array(lengths, np.int64),
            np.array(channels, np.int64),
            np.array(peers, np.uint64),
        )

    def where(self, which: Ints) -> Self:
        """Return the packets at these indices."""
        return type(self)(
            self.buffer,
            self.slot[which],
            self.length[which],
            self.channel[which],
            self.peer[which],
            None if self.arrived is None else self.arrived[which],
        )

    def packets(self) -> list[bytes]:
        """Return the bytes of each packet."""
        views = self.buffer.views
        pairs = zip(self.slot.tolist(), self.length.tolist(), strict=True)
        return [bytes(views[slot][:length]) for slot, length in pairs]
