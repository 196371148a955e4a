"""An engine to drive from a Python prompt."""

import select
import subprocess
import time
from types import TracebackType
from typing import Final, Self

from media.control import Command, Event, Lease, Leased, LeaseFailed
from media.process import start_process
from media.wire import event_reader, put, received
from media.worker import WorkerSettings

PATIENCE: Final = 10.0
"""Seconds that an engine has to start, to lease ports, and to end."""


class Shell:
    """An engine in a process of its own. What is asked for is asked for at once; what is heard
    waits until it is looked at. Use it as a context manager, or call `close`.

    first_port, last_port  the range of its ports
    country                whose tones it plays
    """

    def __init__(
        self, first_port: int = 40_000, last_port: int = 40_099, *, country: str = "eu"
    ) -> None:
        """Raises OSError when no process can be started."""
        self._process, self._line = start_process(
            WorkerSettings(
                country=country, address="127.0.0.1", first_port=first_port, last_port=last_port
            )
        )
        self._reader = event_reader()
        self._heard: list[Event] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def do(self, *commands: Command) -> None:
        """Let the engine carry out commands, in their order. Raises OSError when it has ended."""
        put(commands, self._line)
        while self._line.unsent:
            try:
                self._line.flush()
            except BlockingIOError:
                select.select([], [self._line], [], PATIENCE)

    def ports(self, count: int) -> tuple[int, ...]:
        """Return ports for so many streams. Raises RuntimeError when there are none."""
        self.do(Lease(count))
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            self._listen(left)
            for event in self._heard:
                if isinstance(event, Leased):
                    self._heard.remove(event)
                    return event.ports
                if isinstance(event, LeaseFailed):
                    raise RuntimeError(event.reason)
        raise RuntimeError("the engine does not answer")

    def events(self, seconds: float = 0.1) -> list[Event]:
        """Return what was heard, and what is heard within so many seconds."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._listen(left)
        heard, self._heard = self._heard, []
        return heard

    def close(self) -> None:
        """End the engine, which completes what it records."""
        self._line.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self, seconds: float) -> None:
        if not select.select([self._line], [], [], seconds)[0]:
            return
        data = self._line.receive()
        if not data:
            raise RuntimeError("the engine has ended")
        self._heard += [received(event, self._line) for event in self._reader.receive(data)]
