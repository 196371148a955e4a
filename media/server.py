"""The worker's end of the control socket."""

from socket import socket
from typing import Final

from media.control import Command, Event
from media.line import Line
from media.wire import command_reader, put, received

UNREAD_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of events that may wait for a switch that does not read."""


class ControlServer:
    """Reads commands and writes events on a connected stream socket, and never blocks.

    Without its switch a worker has no purpose: `is_open` is False when the other end is closed,
    speaks something else, or has not read for UNREAD_LIMIT bytes.
    """

    def __init__(self, connection: socket) -> None:
        self._line = Line(connection)
        self._reader = command_reader()
        self.is_open = True

    def fileno(self) -> int:
        return self._line.fileno()

    @property
    def has_unsent(self) -> bool:
        """Events wait until the other end reads; `send` is to be called again soon."""
        return bool(self._line.unsent)

    def receive(self) -> list[Command]:
        """Return the commands that have arrived."""
        commands: list[Command] = []
        while self.is_open:
            try:
                data = self._line.receive()
                came = self._reader.receive(data)
                commands += [received(command, self._line) for command in came]
            except BlockingIOError:
                break
            except (OSError, ValueError):  # reset, or not our protocol
                self.is_open = False
                break
            if not data:
                self.is_open = False
        return commands

    def send(self, events: list[Event]) -> None:
        put(events, self._line)
        try:
            self._line.flush()
        except BlockingIOError:
            self.is_open = self.is_open and self._line.unsent < UNREAD_LIMIT
        except OSError:
            self.is_open = False

    def close(self) -> None:
        self._line.close()
