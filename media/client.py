"""The switch's end of the control socket: a media engine in a process of its own."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from typing import Final

from media.control import Command, Event, Ping, Pong, Started, WorkerLost
from media.handing import TakeOver
from media.line import Line
from media.process import start_process
from media.wire import event_reader, put, received
from media.worker import WorkerSettings

UNSENT_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of commands that may wait. A worker that does not read so much for is lost."""

STOP_PATIENCE: Final = 3.0
"""Seconds that a worker has to end by itself."""

START_PATIENCE: Final = 30.0
"""Seconds in which a worker starts."""

BEAT: Final = 0.2
"""Seconds between two questions whether a worker is there."""

MISSED: Final = 4
"""Beats without an answer, and it hangs. They are counted, and not the time: when the whole machine
has stood still, a worker has as long to answer as ever."""


class WorkerClient:
    """Starts a worker, sends it commands and hears its events. Owned by one asyncio loop.

    on_event  is called with each event; with WorkerLost as the last one when the worker dies or
              hangs. Commands submitted after that are dropped.
    """

    def __init__(self, settings: WorkerSettings, on_event: Callable[[Event], None]) -> None:
        self._settings = settings
        self._on_event = on_event
        self._reader = event_reader()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Line | None = None
        self._waiting: list[Command] = []
        self._is_writing = False
        self._beat: asyncio.TimerHandle | None = None
        self._beats = 0
        self._answered = 0

    @property
    def process_id(self) -> int | None:
        """The worker's, from start on."""
        return None if self._process is None else self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._line is not None

    def start(self) -> None:
        """Start the process. Commands may be submitted at once; the loop must be running.
        Raises OSError when no process can be started."""
        self._process, self._line = start_process(self._settings)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._line.fileno(), self._receive)
        self._beat = loop.call_later(START_PATIENCE, self._lose, "it does not start")

    def submit(self, command: Command) -> None:
        """Send a command; all those of one turn of the loop go in one write."""
        if self._line is None:
            _refuse(command)
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(command)

    async def stop(self) -> None:
        """Hang up, and wait until the worker has ended; it completes what it records."""
        self._hang_up()
        process = self._process
        if process is None:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + STOP_PATIENCE
        while process.poll() is None:
            if loop.time() >= deadline:
                process.kill()
            await asyncio.sleep(0.02)

    def _flush(self) -> None:
        line = self._line
        if line is None:
            return
        put(self._waiting, line)
        self._waiting.clear()
        if line.unsent > UNSENT_LIMIT:
            self._lose("it has stopped reading commands")
        elif not self._is_writing:
            self._write()

    def _write(self) -> None:
        line = self._line
        if line is None:
            return
        loop = asyncio.get_running_loop()
        try:
            line.flush()
        except BlockingIOError:
            loop.add_writer(line.fileno(), self._write)
            self._is_writing = True
        except OSError as error:
            self._lose(str(error))
        else:
            if self._is_writing:
                loop.remove_writer(line.fileno())
                self._is_writing = False

    def _receive(self) -> None:
        line = self._line
        if line is None:
            return
        try:
            data = line.receive()
            events = [received(event, line) for event in self._reader.receive(data)]
        except BlockingIOError:
            return
        except (OSError, ValueError) as error:
            self._lose(str(error))
            return
        for event in events:
            if isinstance(event, Pong):
                self._answered = event.number
                continue
            if isinstance(event, Started):
                self._hold_up()
                self._ask()
            self._on_event(event)
        if not data:
            self._lose("it has ended")

    def _ask(self) -> None:
        """Ask whether the worker is there, again and again; lose it when it is not."""
        if self._beats - self._answered >= MISSED:
            self._receive()  # the answer may lie here when it is we who are late
            if self._line is not None and self._beats - self._answered >= MISSED:
                self._lose("it hangs")
        if self._line is not None:
            self._beats += 1
            self.submit(Ping(self._beats))
            self._beat = asyncio.get_running_loop().call_later(BEAT, self._ask)

    def _hold_up(self) -> None:
        if self._beat is not None:
            self._beat.cancel()

    def _lose(self, reason: str) -> None:
        """Give a dead, or mad, worker up."""
        self._hang_up()
        process = self._process
        if process is not None:
            process.kill()
            status = process.wait()  # killed: this takes no time
            reason = f"{reason} (status {status})"
        self._on_event(WorkerLost(reason))

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        self._hold_up()
        for command in self._waiting:
            _refuse(command)
        self._waiting.clear()
        if line is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(line.fileno())
            loop.remove_writer(line.fileno())
            line.close()


def _refuse(command: Command) -> None:
    """Close the sockets of a stream that nobody takes over."""
    if isinstance(command, TakeOver):
        for descriptor in command.descriptors:
            os.close(descriptor)
