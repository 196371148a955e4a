"""The worker's end of the control socket."""

from socket import socket
from typing import Final

from media.control import Command, Event
from media.wire import command_reader, encode

_PIECE: Final = 1 << 18
UNREAD_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of events that may wait for a switch that does not read."""


class ControlServer:
    """Reads commands and writes events on a connected stream socket, and never blocks.

    Without its switch a worker has no purpose: `is_open` is False when the other end is closed,
    speaks something else, or has not read for UNREAD_LIMIT bytes.
    """

    def __init__(self, connection: socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._reader = command_reader()
        self._unsent = bytearray()
        self.is_open = True

    def fileno(self) -> int:
        return self._connection.fileno()

    @property
    def has_unsent(self) -> bool:
        """Events wait until the other end reads; `send` is to be called again soon."""
        return bool(self._unsent)

    def receive(self) -> list[Command]:
        """Return the commands that have arrived."""
        commands: list[Command] = []
        while self.is_open:
            try:
                data = self._connection.recv(_PIECE)
                commands += self._reader.receive(data)
            except BlockingIOError:
                break
            except (OSError, ValueError):  # reset, or not our protocol
                self.is_open = False
                break
            if not data:
                self.is_open = False
            elif len(data) < _PIECE:
                break
        return commands

    def send(self, events: list[Event]) -> None:
        if events:
            self._unsent += encode(events)
        try:
            while self._unsent:
                del self._unsent[: self._connection.send(self._unsent)]
        except BlockingIOError:
            self.is_open = self.is_open and len(self._unsent) < UNREAD_LIMIT
        except OSError:
            self.is_open = False

    def close(self) -> None:
        self._connection.close()
