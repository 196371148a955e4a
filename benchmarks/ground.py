"""What all telephones of a generator stand on: a few sockets, one loop, one heap of deadlines.

Thousands of telephones share a socket, as those of a large office share the address of their
router: the switch tells them apart by their messages, and a generator needs one look for many
of these. Nothing is said twice: an answer that comes after T1, when a telephone would have asked
again, is counted, and one that never comes is a failure.
"""

import gc
import secrets
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Protocol

from benchmarks.outcome import GRACE

RUN = secrets.token_hex(4).encode()
"""Begins identifiers: they differ from those of other generators."""

T1 = 0.5
"""Seconds without an answer after which a telephone sends a request again (RFC 3261, 17.1.1.1)."""

LARGEST = 65_535
BURST = 128
"""Datagrams that are read from one socket before others get their turn."""

BUFFER = 8 << 20
Hear = Callable[[bytes, float], None]
"""Takes a message and when it was read."""


@dataclass(frozen=True, slots=True)
class Door:
    """A socket, as those see it who send by it."""

    send: Callable[[bytes], int]
    host: str
    port: int
    name: bytes
    """Host and port, as they stand in a URI."""


class Footing(Protocol):
    """What telephones need to stand on."""

    def open(self, hear: Hear) -> Door:
        """Return an address whose messages go to `hear`."""

    def at(self, due: float, action: Callable[[Any, float], None], subject: Any) -> None:
        """Do `action` to `subject` at a time."""

    def run(self, until: float, is_done: Callable[[], bool]) -> None:
        """Live until a time, or until `is_done`."""


class Ground:
    """The generator's loop. It does not wait for anything but what is scheduled and what comes.

    server  where the switch listens
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._poll = select.epoll()
        self._sockets: dict[int, tuple[socket.socket, Hear]] = {}
        self._heap: list[tuple[float, int, Callable[[Any, float], None], Any]] = []
        self._serial = 0
        self.actions = 0
        self.late = 0
        """Actions that were begun later than they should, by more than a grace."""

    def open(self, hear: Hear) -> Door:
        """Open a socket whose messages go to `hear`."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sock.setblocking(False)
        sock.connect(self._server)
        self._sockets[sock.fileno()] = sock, hear
        self._poll.register(sock.fileno(), select.EPOLLIN)
        host, port = sock.getsockname()
        return Door(sock.send, host, port, f"{host}:{port}".encode())

    def at(self, due: float, action: Callable[[Any, float], None], subject: Any) -> None:
        """Do `action` to `subject` at a time; how late it was done is counted."""
        self._serial += 1
        heappush(self._heap, (due, self._serial, action, subject))

    def run(self, until: float, is_done: Callable[[], bool]) -> None:
        """Live until a time, or until `is_done`."""
        heap, poll, sockets, clock = self._heap, self._poll, self._sockets, time.monotonic
        while (now := clock()) < until and not is_done():
            while heap and heap[0][0] <= now:
                due, _, action, subject = heappop(heap)
                self.actions += 1
                self.late += now - due > GRACE
                action(subject, now)
            due = heap[0][0] if heap and heap[0][0] < until else until
            for descriptor, _ in poll.poll(max(0.0, due - clock())):
                self._read(*sockets[descriptor])

    def settle(self) -> None:
        """Make the collector leave alone what stays: before a run."""
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        for sock, _ in self._sockets.values():
            sock.close()
        self._poll.close()

    def _read(self, sock: socket.socket, hear: Hear) -> None:
        receive, clock = sock.recv, time.monotonic
        for _ in range(BURST):
            try:
                data = receive(LARGEST)
            except BlockingIOError:
                return
            hear(data, clock())
