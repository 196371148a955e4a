"""Datagrams by the hundred: recvmmsg and sendmmsg through ctypes.

The generators and the floor use this, so that they cost far less than what they measure.
The layout of the structures is that of 64-bit Linux.
"""

import ctypes
import socket
import struct

import numpy as np
from numpy.typing import NDArray

MSG_DONTWAIT = 0x40
ADDRESS_BYTES = 16

_libc = ctypes.CDLL(None, use_errno=True)
_HEADER = np.dtype(
    {
        "names": ["name", "namelen", "iov", "iovlen", "len"],
        "formats": ["u8", "u4", "u8", "u8", "u4"],
        "offsets": [0, 8, 16, 24, 56],
        "itemsize": 64,
    }
)
_VECTOR = np.dtype([("base", "u8"), ("len", "u8")])


def sockaddr(address: str, port: int) -> bytes:
    """Return a struct sockaddr_in."""
    return struct.pack("=H", socket.AF_INET) + struct.pack(
        "!H4s8x", port, socket.inet_aton(address)
    )


class Datagrams:
    """A block of datagrams in one array, and the kernel's structures that describe it.

    data       uint8 (rows, stride)
    lengths    uint64 (rows,): bytes to send of each row
    addresses  uint8 (rows, 16): where to, or where from, as sockaddr_in
    received   uint32 (rows,): bytes received in each row
    """

    def __init__(self, rows: int, stride: int = 2048) -> None:
        self.rows = rows
        self.data: NDArray[np.uint8] = np.zeros((rows, stride), np.uint8)
        self.addresses: NDArray[np.uint8] = np.zeros((rows, ADDRESS_BYTES), np.uint8)
        self._vectors = np.zeros(rows, _VECTOR)
        self._headers = np.zeros(rows, _HEADER)
        index = np.arange(rows, dtype=np.uint64)
        self._vectors["base"] = self.data.ctypes.data + index * np.uint64(stride)
        self._vectors["len"] = stride
        self._headers["name"] = self.addresses.ctypes.data + index * np.uint64(ADDRESS_BYTES)
        self._headers["namelen"] = ADDRESS_BYTES
        self._headers["iov"] = self._vectors.ctypes.data + index * np.uint64(_VECTOR.itemsize)
        self._headers["iovlen"] = 1
        self.lengths: NDArray[np.uint64] = self._vectors["len"]
        self.received: NDArray[np.uint32] = self._headers["len"]
        self._at = self._headers.ctypes.data

    def send(self, sock: socket.socket, count: int) -> int:
        """Send the first `count` rows; return how many the kernel took."""
        return self.send_rows(sock, 0, count)

    def send_rows(self, sock: socket.socket, first: int, last: int) -> int:
        """Send the rows from `first` to before `last`; return how many the kernel took."""
        at = first
        while at < last:
            header = ctypes.c_void_p(self._at + at * _HEADER.itemsize)
            taken = _libc.sendmmsg(sock.fileno(), header, min(last - at, 1024), MSG_DONTWAIT)
            if taken <= 0:
                break
            at += taken
        return at - first

    def receive(self, sock: socket.socket) -> int:
        """Fill rows from `sock` without waiting; return how many came."""
        at = ctypes.c_void_p(self._at)
        taken: int = _libc.recvmmsg(sock.fileno(), at, min(self.rows, 1024), MSG_DONTWAIT, None)
        return max(0, taken)


def udp_socket(address: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Return a socket with large buffers that never waits. Raises OSError for a taken port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
    sock.setblocking(False)
    try:
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock
