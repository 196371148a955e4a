"""A Unix stream socket that never blocks, and that carries open descriptors beside its bytes."""

import array
import os
import socket
from collections import deque
from contextlib import suppress
from typing import Final

_PIECE: Final = 1 << 18
_MOST: Final = 200
"""Descriptors that one system call may bring; the kernel allows 253 (SCM_MAX_FD)."""

_ROOM: Final = socket.CMSG_SPACE(_MOST * 4)


class Line:
    """One end. Bytes and descriptors arrive in the order in which they were sent."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._unsent: deque[tuple[bytearray, list[int]]] = deque()
        self._received: deque[int] = deque()

    def fileno(self) -> int:
        return self._connection.fileno()

    @property
    def unsent(self) -> int:
        """Bytes that wait for the other end to read."""
        return sum(len(data) for data, _ in self._unsent)

    def receive(self) -> bytes:
        """Return what has come, b"" when the other end has hung up. Raises OSError, among them
        BlockingIOError when nothing has come."""
        data, control, _, _ = self._connection.recvmsg(_PIECE, _ROOM, socket.MSG_CMSG_CLOEXEC)
        for level, kind, content in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                came = array.array("i")
                came.frombytes(content[: len(content) // came.itemsize * came.itemsize])
                self._received.extend(came)
        return data

    def take(self, count: int) -> tuple[int, ...]:
        """Return the next descriptors that have come, which are the caller's from now on.
        Raises ValueError when there are not so many."""
        if len(self._received) < count:
            raise ValueError(f"{count} descriptors were promised, {len(self._received)} came")
        return tuple(self._received.popleft() for _ in range(count))

    def put(self, data: bytes, descriptors: list[int]) -> None:
        """Send bytes with the next `flush`, and with their first one these descriptors, which
        are closed here when they have been sent."""
        if self._unsent and not descriptors:
            self._unsent[-1][0].extend(data)
        else:
            self._unsent.append((bytearray(data), descriptors))

    def flush(self) -> None:
        """Send what waits. Raises OSError, among them BlockingIOError when the other end has to
        read first."""
        while self._unsent:
            data, descriptors = self._unsent[0]
            if descriptors:
                rights = array.array("i", descriptors)
                control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
                sent = self._connection.sendmsg([data], control)
                _close(descriptors)
                descriptors.clear()
            else:
                sent = self._connection.send(data)
            del data[:sent]
            if not data:
                self._unsent.popleft()

    def close(self) -> None:
        """Hang up. Descriptors that are still here are closed."""
        for _, descriptors in self._unsent:
            _close(descriptors)
        _close(self._received)
        self._unsent.clear()
        self._received.clear()
        self._connection.close()


def _close(descriptors: list[int] | deque[int]) -> None:
    for descriptor in descriptors:
        with suppress(OSError):
            os.close(descriptor)
