"""Hours of calls that come and go while others talk, and what the switch has kept of it.

So many calls are up and speak; every few seconds a tenth of them hang up and are placed anew. At
each such turn the server's memory, descriptors and threads are looked at. What grows from the
second quarter of the run to the last is a leak; before that, caches fill.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from benchmarks.generator import Generator
from benchmarks.office import configuration, free_port
from benchmarks.outcome import Outcome
from benchmarks.relay import Relay, employees
from benchmarks.row import Finding
from benchmarks.server import Server

CALLS: Final = 200
SECONDS: Final = 3600.0
SPELL: Final = 4.0
"""Seconds of speech between two turns."""

SHARE: Final = 0.1
"""Of the calls are other ones after a turn."""

PATIENCE: Final = 20.0
LOOK: Final = 5.0
"""Seconds between two looks at the server."""

LOOKS: Final = 8
"""At least, for quarters to mean something."""

WITHIN: Final = 300.0
ALLOWED_KIB: Final = 2048.0
"""By which a process may grow without having leaked: an arena or two of the allocator."""


class Churn(Relay):
    """A Workload."""

    def run(self, seconds: float) -> Outcome:
        outcome, until = self.outcome, time.monotonic() + seconds
        turn = 0
        while time.monotonic() < until and not outcome.failures:
            self.speak(SPELL)
            self._change(turn)
            turn += 1
        return outcome

    def _change(self, turn: int) -> None:
        """Let the next tenth of the calls end, and place them again."""
        load = len(self.pairs.pairs)
        count = max(1, round(load * SHARE))
        chosen = [self.pairs.pairs[(turn * count + i) % load] for i in range(count)]
        now = time.monotonic()
        for pair in chosen:
            self.pairs.hang_up(pair, now)
        self._until(lambda: not any(pair.call_id for pair in chosen), "did not end")
        for pair in chosen:
            self.pairs.place(pair, time.monotonic())
        self._until(lambda: all(pair.is_up for pair in chosen), "did not come up again")
        self.outcome.units += count

    def _until(self, is_so: Callable[[], bool], trouble: str) -> None:
        self.ground.run(time.monotonic() + PATIENCE, lambda: is_so() or self.outcome.failures > 0)
        if not is_so():
            self.outcome.fail(f"calls {trouble}")


@dataclass(frozen=True, slots=True)
class Look:
    """What the server holds at a moment."""

    daemon_kib: int
    workers_kib: int
    descriptors: int
    threads: int


class Watch:
    """Looks at a server every few seconds, on a thread of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = Event()
        self.looks: list[Look] = []
        self._thread = Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(LOOK + PATIENCE)

    def _run(self) -> None:
        while not self._over.wait(LOOK):
            self.looks.append(look(self._server))


def look(server: Server) -> Look:
    first, *others = server.tree()
    memory = [process.memory_info().rss // 1024 for process in (first, *others)]
    return Look(
        memory[0],
        sum(memory[1:]),
        sum(process.num_fds() for process in (first, *others)),
        sum(process.num_threads() for process in (first, *others)),
    )


def growth(values: list[int]) -> float:
    """Return by how much the last quarter is above the second one, by their medians."""
    quarter = len(values) // 4
    return statistics.median(values[-quarter:]) - statistics.median(values[quarter : 2 * quarter])


def measure(seconds: float = SECONDS, calls: int = CALLS) -> list[Finding]:
    """Return what has grown. Raises RuntimeError when nothing can be measured."""
    port = free_port()
    address = ("127.0.0.1", port)
    with Server(configuration(port, employees(calls))) as server:
        server.wait_ready(address)
        with Generator(Churn, address, calls, direct=False) as generator:
            generator.wait_ready(WITHIN)
            watch = Watch(server)
            outcome = generator.run(seconds, seconds + WITHIN)
            watch.stop()
    return findings(watch.looks, outcome, calls)


def findings(looks: list[Look], outcome: Outcome, calls: int) -> list[Finding]:
    """Return what `looks` say: of each measure its growth, and why that is no result.

    Raises RuntimeError for too few of them.
    """
    if outcome.failures:
        raise RuntimeError(f"{outcome.failures} failures: {'; '.join(outcome.complaints)}")
    if len(looks) < LOOKS:
        raise RuntimeError(f"{len(looks)} looks say nothing: let it run for longer")
    columns = (
        ("KiB more in the signalling process", [x.daemon_kib for x in looks], ALLOWED_KIB),
        ("KiB more in the workers", [x.workers_kib for x in looks], ALLOWED_KIB),
        ("descriptors more", [x.descriptors for x in looks], 0.0),
        ("threads more", [x.threads for x in looks], 0.0),
    )
    found = []
    for measured, values, allowed in columns:
        grown = growth(values)
        trouble = f"grows: {values[len(values) // 4]} to {values[-1]}" if grown > allowed else ""
        found.append(Finding("soak", calls, "call that was up", measured, grown, trouble))
    return [*found, Finding("soak", calls, "call that was up", "calls placed", outcome.units)]
