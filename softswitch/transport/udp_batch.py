"""Many datagrams in one system call: recvmmsg and sendmmsg, by ctypes (Linux).

The kernel reads and fills blocks that are laid out once. A row of a block is a datagram: where its
bytes are, how many, and whose address is beside them.
"""

import ctypes
import errno
import mmap
import os
import socket
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias

from softswitch.transport.datagrams import BROKEN, BURST, LARGEST, Take, send_from
from softswitch.transport.sockaddr import SIGNIFICANT, SIZES, Flows, Target, Targets
from softswitch.transport.sources import GONE, Kind, Sources, sources_of

WAITING: Final = 256
"""Datagrams that are sent together at most, and that wait while the kernel has no room."""

ARENA: Final = 1 << 20
"""Bytes of them."""

STRIDE: Final = 65_536
"""Bytes from one datagram received to the next; pages that none has reached do not exist."""

FEW: Final = 8
"""Datagrams that are sent one by one: less than this many are not worth laying out."""

_MSG_DONTWAIT = 0x40
_ADDRESS_STRIDE = 32
_PATIENCE = 0.5
"""Seconds that the probe waits for its datagram."""

Receive: TypeAlias = Callable[[int, int, int, int, None], int]
Send: TypeAlias = Callable[[int, int, int, int], int]
"""Takes a descriptor, the address of a header, how many there are, and flags; returns how many
were done, or -1, and then errno tells why. Receiving takes a timeout too, of which we have none."""


class _Vector(ctypes.Structure):
    """struct iovec"""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct msghdr"""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Header(ctypes.Structure):
    """struct mmsghdr"""

    _fields_ = (("message", _Message), ("received", ctypes.c_uint))


_HEADER_SIZE = ctypes.sizeof(_Header)
_WORD = ctypes.sizeof(ctypes.c_size_t)
_HEADER_WORDS = _HEADER_SIZE // _WORD
_CONTROL_WORD = _Message.control_length.offset // _WORD
_VECTOR_WORDS = ctypes.sizeof(_Vector) // _WORD


@cache
def system_calls() -> tuple[Receive, Send]:
    """Return recvmmsg and sendmmsg. Raises OSError and AttributeError where there are none."""
    libc = ctypes.CDLL(None, use_errno=True)
    receive, send = libc.recvmmsg, libc.sendmmsg
    head = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    receive.argtypes = (*head, ctypes.c_void_p)
    send.argtypes = head
    return receive, send


class _Block:
    """Rows of datagrams, of which every row has its address and one vector.

    data       all bytes
    addresses  32 for each row
    vectors    two words for each row: where, how many bytes
    received   how many bytes have come, at row * `step`
    controls   `space` for each row
    spaces     bytes of them that are used, at row * `_HEADER_WORDS`
    """

    def __init__(self, family: int, rows: int, data: int, space: int = 0) -> None:
        """space  bytes of a row's control message; 0 for none"""
        memory = mmap.mmap(-1, data)  # a page of it exists when it is touched
        self._addresses = ctypes.create_string_buffer(rows * _ADDRESS_STRIDE)
        self._vectors = (_Vector * rows)()
        self._headers = (_Header * rows)()
        self._first_byte = ctypes.c_char.from_buffer(memory)
        self.base = ctypes.addressof(self._first_byte)
        self._controls = ctypes.create_string_buffer(rows * space)
        names = ctypes.addressof(self._addresses)
        controls = ctypes.addressof(self._controls)
        vectors = ctypes.addressof(self._vectors)
        for row, header in enumerate(self._headers):
            header.message.name = names + row * _ADDRESS_STRIDE
            header.message.name_length = SIZES[socket.AddressFamily(family)]
            header.message.vectors = vectors + row * ctypes.sizeof(_Vector)
            header.message.vector_count = 1
            if space:
                header.message.control = controls + row * space
                header.message.control_length = space
        self.at = ctypes.addressof(self._headers)
        self.data = memoryview(memory)
        self.addresses = memoryview(self._addresses).cast("B")
        self.vectors = memoryview(self._vectors).cast("B").cast("P")
        whole = memoryview(self._headers).cast("B").cast("I")
        self.received = whole[_Header.received.offset // 4 :]
        self.step = _HEADER_SIZE // 4
        self.controls = memoryview(self._controls).cast("B")
        self.spaces = memoryview(self._headers).cast("B").cast("P")[_CONTROL_WORD:]


class BatchedDatagrams:
    """One system call for each burst that comes, and one for all that is sent after it."""

    name = "recvmmsg"

    def __init__(
        self,
        sock: socket.socket,
        local: tuple[str, int],
        drops: Counter[str],
        calls: tuple[Receive, Send] | None = None,
        *,
        sources: Sources | None = None,
    ) -> None:
        """Raises OSError and AttributeError where the system has no such calls.

        calls    recvmmsg and sendmmsg; the system's unless said
        sources  for a listener on every address; its own unless said
        """
        self._socket = sock
        self._family = sock.family
        self._flows = Flows(local)
        self._drops = drops
        self._recvmmsg, self._sendmmsg = calls or system_calls()
        self._significant = SIGNIFICANT[self._family]
        self._sources = sources or sources_of(sock, local[0])
        space = self._sources.kind.space if self._sources is not None else 0
        self._in = _Block(self._family, BURST, BURST * STRIDE, space)
        for row in range(BURST):
            self._in.vectors[row * _VECTOR_WORDS] = self._in.base + row * STRIDE
            self._in.vectors[row * _VECTOR_WORDS + 1] = STRIDE
        self._out = _Block(self._family, WAITING, ARENA, space)
        self._targets = Targets(self._family)
        self._waiting: list[tuple[bytes, Target]] = []

    def receive(self, take: Take) -> None:
        block, find = self._in, self._flows.of
        significant, sources = self._significant, self._sources
        count = self._recvmmsg(self._socket.fileno(), block.at, BURST, _MSG_DONTWAIT, None)
        if count < 0:
            self._read_in_vain(ctypes.get_errno())
            return
        data, addresses, received, step = block.data, block.addresses, block.received, block.step
        at = where = 0
        for row in range(count):
            length = received[row * step]
            raw = bytes(addresses[where : where + significant])
            if sources is not None:
                sources.note(raw, self._told(row, sources.kind))
            take(bytes(data[at : at + length]), find(raw))
            at += STRIDE
            where += _ADDRESS_STRIDE

    def _told(self, row: int, kind: Kind) -> bytes:
        """Return what the kernel has told of where a row was sent to."""
        block, place = self._in, row * _HEADER_WORDS
        used = block.spaces[place]
        block.spaces[place] = kind.space  # for the next one: the kernel writes there too
        at = row * kind.space + kind.begin
        return bytes(block.controls[at : at + kind.length]) if used else b""

    def send(self, data: bytes, remote: tuple[str, int]) -> None:
        target = self._targets.of(remote)
        if target is None or len(data) > LARGEST:
            self._drops["udp-send-failed"] += 1
            return
        if len(self._waiting) >= WAITING and self.flush():
            self._drops["udp-send-buffer-full"] += 1  # SIP repeats what gets lost
            return
        self._waiting.append((data, target))

    def keep(self, remote: tuple[str, int]) -> None:
        target = self._targets.of(remote)
        if self._sources is not None and target is not None:
            self._sources.keep(target.raw[: self._significant])

    def flush(self) -> bool:
        waiting = self._waiting
        while waiting:
            count = len(waiting)
            done = self._send_each() if count < FEW else self._send_together()
            if not done:
                return True
            if done == count:
                waiting.clear()
            else:
                del waiting[:done]
        return False

    def _send_each(self) -> int:
        """Return how many of those that wait are done with."""
        send, sources, significant = self._socket.sendto, self._sources, self._significant
        for done, (data, (raw, address)) in enumerate(self._waiting):
            try:
                if sources is None or not send_from(
                    self._socket, sources, raw[:significant], data, address
                ):
                    send(data, address)
            except BlockingIOError:
                return done
            except OSError as error:
                self._refused(error.errno or 0)
        return len(self._waiting)

    def _send_together(self) -> int:
        """Return how many of those that wait are done with: what the arena holds at most."""
        rows = self._lay_out()
        descriptor, first, done = self._socket.fileno(), self._out.at, 0
        while done < rows:
            at = first + done * _HEADER_SIZE
            count = self._sendmmsg(descriptor, at, rows - done, _MSG_DONTWAIT)
            if count > 0:
                done += count
                continue
            error = ctypes.get_errno()
            if error == errno.EAGAIN:
                break
            if error in GONE and self._give_up_source(done):
                continue
            if error != errno.EINTR:
                self._refused(error)
                done += 1
        return done

    def _lay_out(self) -> int:
        """Write to the rows what waits, and return how many it took."""
        out, used, sources = self._out, 0, self._sources
        data, addresses, vectors, base = out.data, out.addresses, out.vectors, out.base
        for row, (message, (raw, _)) in enumerate(self._waiting):
            end = used + len(message)
            if end > ARENA:
                return row
            data[used:end] = message
            vectors[row * _VECTOR_WORDS] = base + used
            vectors[row * _VECTOR_WORDS + 1] = end - used
            where = row * _ADDRESS_STRIDE
            addresses[where : where + len(raw)] = raw
            used = end
            if sources is not None:
                self._lay_out_source(sources, row, raw)
        return len(self._waiting)

    def _lay_out_source(self, sources: Sources, row: int, raw: bytes) -> None:
        out, kind = self._out, sources.kind
        source = sources.of(raw[: self._significant])
        if source:
            at = row * kind.space
            message = kind.header + source
            out.controls[at : at + len(message)] = message
        out.spaces[row * _HEADER_WORDS] = kind.space if source else 0

    def _give_up_source(self, row: int) -> bool:
        """Let the kernel choose what that row is sent from; False when it has done so already."""
        place = row * _HEADER_WORDS
        if self._sources is None or not self._out.spaces[place]:
            return False
        self._out.spaces[place] = 0
        return True

    def _refused(self, error: int) -> None:
        """Count one datagram that the kernel does not send. Raises OSError when it is none for
        any peer."""
        if error == errno.EBADF:
            raise OSError(error, os.strerror(error))
        self._drops["udp-send-failed"] += 1

    def _read_in_vain(self, error: int) -> None:
        if error in BROKEN:
            raise OSError(error, os.strerror(error))
        if error not in (errno.EAGAIN, errno.EINTR):
            self._drops["udp-unreachable"] += 1  # SIP's own timers notice


@cache
def is_available() -> bool:
    """Whether the calls work here: a datagram is sent to ourselves through them."""
    heard: list[Any] = []
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            local: tuple[str, int] = sock.getsockname()
            datagrams = BatchedDatagrams(sock, local, Counter())
            datagrams.send(b"softswitch", local)
            if datagrams.flush():
                return False
            sock.settimeout(_PATIENCE)
            sock.recv(1, socket.MSG_PEEK)
            datagrams.receive(lambda data, flow: heard.append((data, flow.remote)))
    except (OSError, AttributeError):
        return False
    return heard == [(b"softswitch", local)]
