"""Memory of calls that are up.

Counted is how much the process that does the signalling grows while so many come, from the
kernel's view of it. As many have come before, at the same rate and for longer than a transaction
lives: what the process needs only once, and what it needs for messages on their way, is there
already and stays as large. What a registration takes is told by `restore`: it is so little that
the free memory which a start leaves behind would hide it here.
"""

import time

from benchmarks.call import CALLED, CALLER
from benchmarks.generator import Generator
from benchmarks.ground import Ground
from benchmarks.office import configuration, free_port
from benchmarks.outcome import Outcome
from benchmarks.pairs import Pairs
from benchmarks.row import Finding
from benchmarks.server import Server

CALLS = 1_000

LASTS = 40.0
"""Seconds in which they come: a transaction of UDP is over after 32."""

PATIENCE = 20.0
WITHIN = 300.0


class Conversations:
    """A Workload: twice `load` calls that stay up, the second half placed in `run`."""

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        self._ground = Ground(server)
        self._load = load
        self._outcome = Outcome()
        self._pairs = Pairs(
            self._ground,
            server,
            2 * load,
            (CALLER, CALLED),
            self._outcome,
            ringing=0.1,
            talking=None,
            connected=lambda pair: None,
            ended=lambda pair: None,
        )

    def prepare(self) -> None:
        self._pairs.enrol()
        self._place(0)

    def run(self, seconds: float) -> Outcome:
        self._place(self._load)
        self._outcome.units = sum(pair.is_up for pair in self._pairs.pairs[self._load :])
        return self._outcome

    def close(self) -> None:
        self._ground.close()

    def _place(self, first: int) -> None:
        pairs, outcome = self._pairs.pairs[first : first + self._load], self._outcome
        now = time.monotonic()
        for index, pair in enumerate(pairs):
            self._ground.at(now + index * LASTS / self._load, self._pairs.place, pair)
        self._ground.run(
            now + LASTS + PATIENCE,
            lambda: outcome.failures > 0 or all(pair.is_up for pair in reversed(pairs)),
        )
        if not all(pair.is_up for pair in pairs):
            raise RuntimeError(f"a call did not come up: {outcome.complaints}")


def measure() -> list[Finding]:
    """Return what was found. Raises RuntimeError."""
    port = free_port()
    address = ("127.0.0.1", port)
    with Server(configuration(port, 4 * CALLS)) as server:
        server.wait_ready(address, WITHIN)
        with Generator(Conversations, address, CALLS, direct=False) as generator:
            generator.wait_ready(WITHIN)
            before = server.daemon_rss_kib()
            outcome = generator.run(0.0, WITHIN)
            after = server.daemon_rss_kib()
    kept = max(1, outcome.units)
    trouble = "" if outcome.units == CALLS else f"{outcome.units} of {CALLS} were kept"
    return [Finding("memory", CALLS, "call", "KiB a unit", (after - before) / kept, trouble)]
