"""A media engine inside the phone's own process, driven by its event loop."""

import asyncio
import os
import socket
import time
from collections.abc import Callable

from media.control import Command, Event
from media.engine import LocalEngine
from media.immediate import ImmediateFiles, ImmediateSounds
from media.net.address import AddressBook
from media.net.epoll import EpollBackend
from media.net.sockets import scoped
from media.ports import Ports
from media.sounds import Library

SPAN = 64
"""Ports that are looked at for a free pair, from one that the kernel calls free."""


class Audio:
    """A `media.control.MediaEngine` that needs no process of its own.

    address  the local address of its ports
    hear     is called with every event
    """

    def __init__(self, address: str, hear: Callable[[Event], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._hear = hear
        book = AddressBook(os.urandom(16))
        self._backend = EpollBackend(address, book)
        self._engine = LocalEngine(
            self._backend,
            book,
            _some_ports(address),
            ImmediateSounds(Library()),
            ImmediateFiles(),
            random=lambda: int.from_bytes(os.urandom(4), "big"),
            epoch=time.time() - time.monotonic(),
        )
        self._alarm: asyncio.TimerHandle | asyncio.Handle | None = None
        self._is_open = True
        self._loop.add_reader(self._backend.fileno(), self._poll)

    def submit(self, command: Command) -> None:
        self._engine.submit(command)
        self._set_alarm()

    def close(self) -> None:
        """Give up the ports; recordings are completed."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._backend.fileno())
            if self._alarm is not None:
                self._alarm.cancel()
            self._engine.close()

    def _poll(self) -> None:
        for event in self._engine.poll(self._loop.time()):
            self._hear(event)
        if self._is_open:
            self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        deadline = self._engine.deadline
        if deadline is None:
            self._alarm = None
        elif deadline <= self._loop.time():
            self._alarm = self._loop.call_soon(self._poll)
        else:
            self._alarm = self._loop.call_at(deadline, self._poll)


def _some_ports(address: str) -> Ports:
    """Return a range that begins where the kernel would put a socket."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind(scoped(address, 0))
        first: int = min(probe.getsockname()[1], 65_536 - SPAN)
    return Ports(first, first + SPAN - 1)
