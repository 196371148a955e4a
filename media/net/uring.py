"""The fast backend, of Linux 6.1 and later: io_uring, and no Python a packet.

Each socket has one standing request to receive, which fills a buffer of a common ring with each
packet that comes; a batch of packets is sent by one system call.
"""

import os
import time
from contextlib import suppress
from select import POLLIN
from socket import AF_INET, MSG_DONTWAIT, SOL_SOCKET, socket
from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.net.address import AddressBook
from media.net.batch import Batch, Buffer, Flags, Ints, Keys, Times
from media.net.few import Few
from media.net.provided import ProvidedBuffers
from media.net.ring import SUBMISSION, Ring
from media.net.sender import Sender
from media.net.sockaddr import SIZE, Destinations, Sources, grown, ipv4_keys
from media.net.sockets import family_of, open_socket

# Requests (linux/io_uring.h).
_POLL_ADD: Final = 6
_RECEIVE_MESSAGE: Final = 10
_SEND: Final = 26
_MULTISHOT: Final = 1 << 1
_BUFFER_SELECT: Final = 1 << 5
_SILENT_SUCCESS: Final = 1 << 6

# Flags of completions.
_HAS_BUFFER: Final = 1 << 0
_GOES_ON: Final = 1 << 1
_SLOT_SHIFT: Final = 16

_TIMESTAMP: Final = 35
"""SO_TIMESTAMPNS, by its number in asm-generic/socket.h: the kernel tells when a packet came."""

# What is before each packet, in 64-bit words: `struct io_uring_recvmsg_out`, the source, and a
# control message with the time.
_NAME: Final = 2
_SECONDS: Final = 8
_NANOSECONDS: Final = 9
_CONTROL_SIZE: Final = 32
HEADROOM: Final = 16 + SIZE + _CONTROL_SIZE

# `user_data`: what kind of request, and of which socket. A request to receive has a serial number
# too, so that what is left of the one before it on the same channel is known as such.
_KIND_SHIFT: Final = 60
_SENDING: Final = 1 << _KIND_SHIFT
_WATCHING: Final = 2 << _KIND_SHIFT
_SERIAL_SHIFT: Final = 24
_CHANNEL_BITS: Final = (1 << _SERIAL_SHIFT) - 1
_CHANNEL: Final = np.uint64(_CHANNEL_BITS)

_REQUESTS: Final = 4096

_FEW: Final = 8
"""Packets up to which they are read and sent one by one: arrays have their price too."""


class UringBackend:
    """Unconnected, non-blocking UDP sockets on one local address, for the thread that makes it.

    An IPv6 local address serves IPv4 too. Raises OSError, with the name of the system call, where
    the kernel cannot do it or may not.

    capacity  packets of a batch; a power of two, at most 32,768
    """

    name: Final = "io_uring"

    def __init__(self, address: str, book: AddressBook, capacity: int = 4096) -> None:
        self._address = address
        self._is_ipv4 = family_of(address) == AF_INET
        self._ring = Ring(_REQUESTS, 4 * max(capacity, _REQUESTS))
        self._buffer = Buffer(capacity, HEADROOM)
        self._heads: NDArray[np.int64] = self._buffer.memory.view(np.int64)
        self._names: Keys = self._buffer.memory.view(np.uint64)
        try:
            self._provided = ProvidedBuffers(self._ring, self._buffer)
        except OSError:
            self._ring.close()
            raise
        self._nothing = Batch.of(self._buffer, [], [], [])
        self._sources = Sources(book, 2)
        self._destinations = Destinations(book, family_of(address), 2)
        self._sockets: dict[int, socket] = {}
        # By channel, with a last one that is never bound:
        self._descriptors: NDArray[np.int32] = np.full(2, -1, np.int32)
        self._standing: Keys = np.zeros(2, np.uint64)
        self._words: dict[int, int] = {}  # the same, for one at a time
        self._serial = 0
        self._to_arm: list[int] = []
        self._to_watch: list[int] = []
        self._few = Few(self._buffer, book, _NAME * 8, _SECONDS * 8, is_ipv4=self._is_ipv4)
        self._sender = Sender(book, family_of(address))
        self._lent = self._nothing.slot
        self._held: list[NDArray[np.void]] = []
        self._ready: list[int] = []
        # `struct msghdr`: how much room there is for source and time.
        self._message = np.array([0, SIZE, 0, 0, 0, _CONTROL_SIZE, 0], np.uint64)
        self._is_timed = True
        self._sending = _form(
            opcode=_SEND,
            flags=_SILENT_SUCCESS,
            op_flags=MSG_DONTWAIT,
            user_data=_SENDING,
            address_length=self._destinations.length,
        )
        self._receiving = _form(
            opcode=_RECEIVE_MESSAGE,
            flags=_BUFFER_SELECT,
            ioprio=_MULTISHOT,
            address=self._message.ctypes.data,
            length=1,
        )
        self._polling = _form(opcode=_POLL_ADD, op_flags=POLLIN)
        self._alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.watch(self._alarm)
        self.unsent = 0
        """Packets that the system refused to take."""

    def bind(self, row: int, port: int) -> None:
        rtp = open_socket(self._address, port)
        try:
            rtcp = open_socket(self._address, port + 1)
        except OSError:
            rtp.close()
            raise
        self._register(row, rtp, rtcp)

    def unbind(self, row: int) -> None:
        for channel in (2 * row, 2 * row + 1):
            if channel in self._sockets:
                gone = self._forget(channel)
                self._ring.wait(self._buffer.capacity, 0.0)  # now the request lets go of it
                gone.close()

    def release(self, row: int) -> tuple[int, ...]:
        return tuple(self._forget(channel).detach() for channel in (2 * row, 2 * row + 1))

    def adopt(self, row: int, port: int, descriptors: tuple[int, ...]) -> None:
        rtp, rtcp = (socket(fileno=descriptor) for descriptor in descriptors)
        self._register(row, rtp, rtcp)

    def refuse(self, descriptors: tuple[int, ...]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    def fileno(self) -> int:
        """Return a descriptor that is readable when something has arrived."""
        return self._ring.fileno()

    def wake(self) -> None:
        """End a wait. May be called on any thread."""
        with suppress(OSError):  # closed meanwhile
            os.eventfd_write(self._alarm, 1)

    def watch(self, descriptor: int) -> None:
        """End a wait too when `descriptor` is readable; `ready` then names it."""
        self._to_watch.append(descriptor)

    def ready(self) -> list[int]:
        """Return the watched descriptors that ended the last wait."""
        return self._ready

    def wait(self, timeout: float | None) -> Batch:
        self._ready = []
        if len(self._lent) > _FEW:
            self._provided.give(self._lent)
        elif len(self._lent):
            self._provided.give_few(self._lent.tolist())
        self._lent = self._nothing.slot
        if self._to_arm or self._to_watch:
            self._resume()
        if self._held:
            held, self._held = self._held, []
            return self._batch(np.concatenate(held))
        self._complete(timeout)
        count = self._ring.completed
        if count <= _FEW:
            batch = self._few_packets(self._ring.peek(count))
            if batch is not None:
                self._ring.skip(count)
                return batch
        taken = self._sort(self._ring.take())
        return self._batch(taken) if len(taken) else self._nothing

    def _complete(self, timeout: float | None) -> None:
        """Let the kernel complete what it can, and wait for something."""
        ring = self._ring
        if ring.has_put_off:
            ring.wait(0, None)  # which does not wait, and so is cheap, but may leave something
        elif timeout != 0.0 and not ring.completed:
            ring.wait(1, timeout)
        if ring.has_put_off:
            ring.wait(self._buffer.capacity, 0.0)

    def _few_packets(self, taken: list[tuple[int, int, int]]) -> Batch | None:
        """Return the batch of few completions; None when they are not all packets."""
        packets: list[tuple[int, int, int]] = []
        for word, result, flags in taken:
            channel = word & _CHANNEL_BITS
            if self._words.get(channel) != word or flags & 3 != _HAS_BUFFER | _GOES_ON:
                return None
            packets.append((flags >> _SLOT_SHIFT, result - HEADROOM, channel))
        if not packets:
            return self._nothing
        batch = self._few.read(packets, is_timed=self._is_timed)
        self._lent = batch.slot
        return batch

    def _sort(self, taken: NDArray[np.void]) -> NDArray[np.void]:
        """Return those completions that are packets, and do what the others want done."""
        data, flags = taken["user_data"], taken["flags"]
        channels = (data & _CHANNEL).astype(np.int64)
        is_ours: Flags = self._standing.take(channels, mode="clip") == data
        if bool((is_ours & (flags & 3 == _HAS_BUFFER | _GOES_ON)).all()):
            return taken
        for word in data[data >= _WATCHING].tolist():
            self._watched(word - _WATCHING)
        self.unsent += int((data == _SENDING).sum())
        # Out of buffers, or an error: what stood no longer stands.
        self._to_arm += channels[is_ours & (flags & _GOES_ON == 0)].tolist()
        has_buffer = flags & _HAS_BUFFER != 0
        is_packet = is_ours & has_buffer & (taken["result"] >= HEADROOM)
        useless = taken[has_buffer & ~is_packet]
        if len(useless):
            self._provided.give((useless["flags"] >> _SLOT_SHIFT).astype(np.int64))
        packets: NDArray[np.void] = taken[is_packet]
        return packets

    def _watched(self, descriptor: int) -> None:
        self._to_watch.append(descriptor)
        if descriptor == self._alarm:
            with suppress(OSError):
                os.eventfd_read(descriptor)
        else:
            self._ready.append(descriptor)

    def _batch(self, taken: NDArray[np.void]) -> Batch:
        slot = (taken["flags"] >> _SLOT_SHIFT).astype(np.int64)
        channel = (taken["user_data"] & _CHANNEL).astype(np.int64)
        length = taken["result"].astype(np.int64)
        length -= HEADROOM
        self._lent = slot
        if self._is_ipv4:
            peer = ipv4_keys(self._names[slot, _NAME])
        else:
            peer = self._sources.ipv6_keys(self._names[slot, _NAME : _NAME + SIZE // 8], channel)
        arrived = self._arrival(slot) if self._is_timed else None
        return Batch(self._buffer, slot, length, channel, peer, arrived)

    def _arrival(self, slot: Ints) -> Times:
        """Return when packets came to this machine, in monotonic seconds."""
        clock = self._heads[slot, _SECONDS : _NANOSECONDS + 1]
        # The kernel's clock is the one that is set by hand and by NTP; ours is not.
        since: Times = clock[:, 0] - np.float64(time.time() - time.monotonic())
        since += clock[:, 1] * 1e-9
        return since

    def send(self, batch: Batch) -> None:
        if len(batch) <= _FEW:
            self.unsent += self._sender.send(batch)
            return
        descriptors = self._descriptors.take(batch.channel, mode="clip")
        if (descriptors < 0).any():
            bound = (descriptors >= 0).nonzero()[0]
            self.unsent += len(batch) - len(bound)
            batch, descriptors = batch.where(bound), descriptors[bound]
        while len(batch):
            is_told: Flags = self._destinations.key.take(batch.channel) == batch.peer
            if not is_told.all():
                for i in (~is_told).nonzero()[0].tolist():
                    self._destinations.set(int(batch.channel[i]), int(batch.peer[i]))
                is_told = self._destinations.key.take(batch.channel) == batch.peer
            if is_told.all():
                self._hand_over(batch, descriptors)
                break
            # One socket has several destinations: those of one, then those of the next.
            now, later = is_told.nonzero()[0], (~is_told).nonzero()[0]
            self._hand_over(batch.where(now), descriptors[now])
            batch, descriptors = batch.where(later), descriptors[later]

    def close(self) -> None:
        if self._alarm < 0:
            return
        self._ring.cancel_all()
        for bound in self._sockets.values():
            bound.close()
        self._sockets.clear()
        self._descriptors.fill(-1)
        self._provided.close()
        self._ring.close()
        alarm, self._alarm = self._alarm, -1
        os.close(alarm)

    def _register(self, row: int, rtp: socket, rtcp: socket) -> None:
        if 2 * row + 2 >= len(self._descriptors):
            self._grow(4 * row + 4)
        for channel, bound in ((2 * row, rtp), (2 * row + 1, rtcp)):
            try:
                bound.setsockopt(SOL_SOCKET, _TIMESTAMP, 1)
            except OSError:
                self._is_timed = False
            self._sockets[channel] = bound
            self._descriptors[channel] = bound.fileno()
            self._sender.add(channel, bound)
        self._arm([2 * row, 2 * row + 1])

    def _forget(self, channel: int) -> socket:
        """Return a socket that is neither read nor written here any more. What waits in it stays
        there."""
        gone = self._sockets.pop(channel)
        self._ring.cancel(int(self._standing[channel]))
        self._standing[channel] = 0
        del self._words[channel]
        self._sender.remove(channel)
        self._descriptors[channel] = -1
        self._destinations.forget(channel)
        if channel in self._to_arm:
            self._to_arm.remove(channel)
        return gone

    def _hand_over(self, batch: Batch, descriptors: NDArray[np.int32]) -> None:
        """Send packets, to where their channels send."""
        ring, begin = self._ring, 0
        pointers = batch.buffer.pointer.take(batch.slot)
        to = self._destinations.pointer.take(batch.channel)
        while begin < len(descriptors):
            place = ring.room(len(descriptors) - begin)
            end = begin + place.stop - place.start
            ring.raw_requests[place] = self._sending
            requests = ring.requests[place]
            requests["fd"] = descriptors[begin:end]
            requests["address"] = pointers[begin:end]
            requests["address2"] = to[begin:end]
            requests["length"] = batch.length[begin:end]
            begin = end
        self.unsent += ring.submit()
        if ring.completed:  # some could not be sent
            packets = self._sort(ring.take())
            if len(packets):
                self._held.append(packets)

    def _resume(self) -> None:
        """Wait again for what has been seen to."""
        watched, self._to_watch = self._to_watch, []
        for descriptor in watched:
            place = self._ring.room(1)
            self._ring.raw_requests[place] = self._polling
            self._ring.requests["fd"][place] = descriptor
            self._ring.requests["user_data"][place] = _WATCHING + descriptor
        if watched and self._ring.submit():
            self._to_watch += watched
        channels, self._to_arm = self._to_arm, []
        self._arm([channel for channel in channels if channel in self._sockets])

    def _arm(self, channels: list[int]) -> None:
        """Ask for what arrives. Where the kernel refuses to be asked, it will be tried again."""
        if not channels:
            return
        ring, begin = self._ring, 0
        serials = np.arange(self._serial + 1, self._serial + 1 + len(channels)) << _SERIAL_SHIFT
        self._serial += len(channels)
        names = (serials | np.array(channels)).astype(np.uint64)
        self._standing[channels] = names
        self._words.update(zip(channels, names.tolist(), strict=True))
        while begin < len(channels):
            place = ring.room(len(channels) - begin)
            end = begin + place.stop - place.start
            ring.raw_requests[place] = self._receiving
            ring.requests["fd"][place] = self._descriptors[channels[begin:end]]
            ring.requests["user_data"][place] = names[begin:end]
            begin = end
        refused = ring.submit()
        if refused:
            self._to_arm += channels[-refused:]

    def _grow(self, channels: int) -> None:
        """Make room in all tables; the last channel is never bound."""
        descriptors = np.full(channels, -1, np.int32)
        descriptors[: len(self._descriptors)] = self._descriptors
        self._descriptors = descriptors
        self._standing = grown(self._standing, channels)
        self._sources.grow(channels)
        self._destinations.grow(channels)


def _form(**fields: int) -> Keys:
    """Return a request, as eight numbers, to be copied and completed."""
    request = np.zeros(1, SUBMISSION)
    for name, value in fields.items():
        request[name] = value
    return request.view(np.uint64)
