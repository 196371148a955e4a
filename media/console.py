"""An engine steered by hand: commands as JSON lines on standard input, events on the output."""

import sys
from socket import SHUT_WR, socket, socketpair
from threading import Thread
from typing import IO

import msgspec

from media.control import Command, Event

_commands = msgspec.json.Decoder(Command)
_events = msgspec.json.Encoder()


class Console:
    """Takes one command a line, such as {"type": "Lease", "count": 2}, and prints each event.

    A line that is no command is answered on standard error and changes nothing.
    """

    def __init__(self, lines: IO[str], out: IO[str]) -> None:
        self._out = out
        self._pending = b""
        self.is_open = True
        # The engine waits for descriptors; standard input may be a file, which epoll refuses.
        self._near, far = socketpair()
        self._near.setblocking(False)
        Thread(target=_copy, args=(lines, far), name="console", daemon=True).start()

    def fileno(self) -> int:
        return self._near.fileno()

    @property
    def has_unsent(self) -> bool:
        return False

    def receive(self) -> list[Command]:
        try:
            data = self._near.recv(1 << 16)
        except BlockingIOError:
            return []
        self.is_open = bool(data)
        *lines, self._pending = (self._pending + data).split(b"\n")
        return [command for line in lines if line.strip() for command in _command(line)]

    def send(self, events: list[Event]) -> None:
        for event in events:
            self._out.write(_events.encode(event).decode() + "\n")
        self._out.flush()

    def close(self) -> None:
        self._near.close()


def _command(line: bytes) -> list[Command]:
    try:
        return [_commands.decode(line)]
    except msgspec.MsgspecError as error:
        sys.stderr.write(f"not a command: {error}\n")
        return []


def _copy(lines: IO[str], to: socket) -> None:
    with to:
        for line in lines:
            to.sendall(line.encode())
        to.shutdown(SHUT_WR)
