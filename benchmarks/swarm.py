"""Thousands of telephones in one process: real sockets, one loop, one heap of deadlines.

Each telephone is a `softswitch.phone.agent.Phone` on a UDP socket of its own, so that the switch
sees as many peers as there would be. Who uses the telephones (`register`, `call`, `relay`) hears
what they say and tells them what to do.
"""

import gc
import resource
import secrets
import select
import socket
import time
from collections.abc import Callable
from heapq import heappop, heappush

from benchmarks.outcome import GRACE
from softswitch.identifiers import Identifiers, counted
from softswitch.phone.agent import Phone
from softswitch.phone.events import PhoneOutput, Send
from softswitch.sip.flow import Flow

LARGEST = 65_535
BURST = 16
"""Datagrams that one telephone reads before others get their turn."""


class Line:
    """A telephone on its socket."""

    __slots__ = ("alarm_at", "number", "phone", "socket")

    def __init__(self, phone: Phone, sock: socket.socket) -> None:
        self.phone = phone
        self.number = phone.number
        self.socket = sock
        self.alarm_at: float | None = None


Hear = Callable[[Line, PhoneOutput, float], None]
"""Takes what a telephone says, and when."""


class Swarm:
    """All telephones of a generator.

    server  where the switch listens
    hear    takes everything that they say, but what is to be sent
    """

    def __init__(self, server: tuple[str, int], hear: Hear) -> None:
        self._server = server
        self._hear = hear
        self._poll = select.epoll()
        self._lines: dict[int, Line] = {}
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._serial = 0
        self._run = secrets.token_hex(4)  # identifiers differ from those of other generators
        self.sent = 0
        self.received = 0
        self.resent = 0
        """Messages that a telephone sent again because it waited for an answer."""

        self.actions = 0
        self.late = 0
        """Actions that were begun later than they should, by more than a grace."""

    def add(self, number: str, password: str) -> Line:
        if not self._lines:
            _allow_files()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.connect(self._server)
        flow = Flow("udp", sock.getsockname(), self._server)
        identifiers = Identifiers(counted(f"{number}{self._run}"))
        line = Line(Phone(number, password, flow, identifiers), sock)
        self._lines[sock.fileno()] = line
        self._poll.register(sock.fileno(), select.EPOLLIN)
        return line

    @property
    def repeated(self) -> int:
        """Messages that the switch sent again, or too late."""
        return sum(line.phone.discarded.total() for line in self._lines.values())

    def settle(self) -> None:
        """Make the collector leave alone what stays: after the last `add`, before a run."""
        gc.collect()
        gc.freeze()

    def tell(self, line: Line, outputs: list[PhoneOutput], now: float) -> None:
        """Carry out what a telephone wants, after something was asked of it."""
        for output in outputs:
            if isinstance(output, Send):
                self.sent += 1
                line.socket.send(output.data)
            else:
                self._hear(line, output, now)
        due = line.phone.deadline
        if due is not None and (line.alarm_at is None or due < line.alarm_at):
            line.alarm_at = due
            self._push(due, lambda now: self._ring(line, due, now))

    def at(self, due: float, action: Callable[[float], None]) -> None:
        """Do something at a time; how late it was done is counted."""

        def in_time(now: float) -> None:
            self.actions += 1
            self.late += now - due > GRACE
            action(now)

        self._push(due, in_time)

    def run(self, until: float, is_done: Callable[[], bool]) -> None:
        """Live until a time, or until `is_done`."""
        while (now := time.monotonic()) < until and not is_done():
            while self._heap and self._heap[0][0] <= now:
                heappop(self._heap)[2](time.monotonic())
            if is_done():
                return
            due = min(self._heap[0][0], until) if self._heap else until
            for descriptor, _ in self._poll.poll(max(0.0, due - time.monotonic())):
                self._read(self._lines[descriptor])

    def close(self) -> None:
        for line in self._lines.values():
            line.socket.close()
        self._poll.close()

    def _read(self, line: Line) -> None:
        for _ in range(BURST):
            try:
                data = line.socket.recv(LARGEST)
            except BlockingIOError:
                return
            self.received += 1
            now = time.monotonic()
            self.tell(line, line.phone.receive(data, now), now)

    def _ring(self, line: Line, due: float, now: float) -> None:
        if line.alarm_at != due:
            return  # an earlier alarm has taken its place
        line.alarm_at = None
        outputs = line.phone.expire(now)
        self.resent += sum(isinstance(output, Send) for output in outputs)
        self.tell(line, outputs, now)

    def _push(self, due: float, action: Callable[[float], None]) -> None:
        self._serial += 1
        heappush(self._heap, (due, self._serial, action))


def _allow_files() -> None:
    """Let the process open as many sockets as it ever may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
