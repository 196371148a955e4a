"""Memory of what a switch keeps: registrations that are idle, and calls that are up.

Counted is how much the process that does the signalling grows, from the kernel's view of it. It
is warmed up with as many of the same before, and left alone until their transactions are over:
what it needs only once, and what it needs while messages come, is not in the figure.
"""

import time
from collections.abc import Callable

from benchmarks.call import CALLED, CALLER
from benchmarks.enrolment import Enrolment
from benchmarks.generator import Generator
from benchmarks.ground import Ground
from benchmarks.office import configuration, extension, free_port
from benchmarks.outcome import Outcome
from benchmarks.pair import Pair
from benchmarks.pairs import Pairs
from benchmarks.row import Finding
from benchmarks.server import Server
from benchmarks.workload import Workload

REGISTRATIONS = 20_000
CALLS = 1_000

REST = 35.0
"""Seconds after which nothing is left of a transaction: more than 64 times T1."""

RATE = 200
"""Calls placed a second."""

PATIENCE = 60.0
DOORS = 8
WITHIN = 300.0


class Registrations:
    """A Workload: twice `load` telephones, the second half in `run`."""

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        self._ground = Ground(server)
        self._enrolment = Enrolment(self._ground, server, Outcome())
        doors = [self._ground.open(self._enrolment.hear) for _ in range(DOORS)]
        telephones = [
            self._enrolment.add(extension(index), doors[index % DOORS]) for index in range(2 * load)
        ]
        self._halves = telephones[:load], telephones[load:]

    def prepare(self) -> None:
        self._enrolment.all(self._halves[0])
        time.sleep(REST)

    def run(self, seconds: float) -> Outcome:
        self._enrolment.outcome = outcome = Outcome()
        self._enrolment.all(self._halves[1])
        time.sleep(REST)
        return outcome

    def close(self) -> None:
        self._ground.close()


class Conversations:
    """A Workload: `load` calls that come and go, and as many that are up at the end of `run`."""

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        self._ground = Ground(server)
        self._outcome = Outcome()
        self._pairs = Pairs(
            self._ground,
            server,
            load,
            (CALLER, CALLED),
            self._outcome,
            ringing=0.1,
            talking=None,
            connected=lambda pair: None,
            ended=lambda pair: None,
        )

    def prepare(self) -> None:
        self._pairs.enrol()
        self._place()
        self._end()
        self._rest()

    def run(self, seconds: float) -> Outcome:
        self._place()
        self._rest()
        self._outcome.units = sum(pair.is_up for pair in self._pairs.pairs)
        return self._outcome

    def close(self) -> None:
        self._end()
        self._ground.close()

    def _place(self) -> None:
        pairs = self._pairs.pairs
        now = time.monotonic()
        for index, pair in enumerate(pairs):
            self._ground.at(now + index / RATE, self._pairs.place, pair)
        self._wait(lambda pair: pair.is_up, "a call does not come up")

    def _end(self) -> None:
        now = time.monotonic()
        for pair in self._pairs.pairs:
            self._pairs.hang_up(pair, now)
        self._wait(lambda pair: not pair.call_id, "a call does not end")

    def _wait(self, is_done: Callable[[Pair], bool], trouble: str) -> None:
        pairs, outcome = self._pairs.pairs, self._outcome
        until = time.monotonic() + len(pairs) / RATE + PATIENCE
        self._ground.run(until, lambda: outcome.failures > 0 or all(map(is_done, pairs)))
        if not all(map(is_done, pairs)):
            raise RuntimeError(f"{trouble}: {outcome.complaints}")

    def _rest(self) -> None:
        self._ground.run(time.monotonic() + REST, lambda: False)


def measure() -> list[Finding]:
    """Return a figure for each kind of thing kept. Raises RuntimeError."""
    return [
        _finding("registration", Registrations, REGISTRATIONS, 2 * REGISTRATIONS),
        _finding("call", Conversations, CALLS, 2 * CALLS),
    ]


def _finding(unit: str, workload: type[Workload], count: int, employees: int) -> Finding:
    port = free_port()
    address = ("127.0.0.1", port)
    with Server(configuration(port, employees)) as server:
        server.wait_ready(address, WITHIN)
        with Generator(workload, address, count, direct=False) as generator:
            generator.wait_ready(WITHIN)
            before = server.daemon_rss_kib()
            outcome = generator.run(0.0, WITHIN)
            after = server.daemon_rss_kib()
    kept = max(1, outcome.units)
    trouble = "" if outcome.units == count else f"{outcome.units} of {count} were kept"
    return Finding("memory", count, unit, "KiB a unit", (after - before) / kept, trouble)
