"""What the switch costs without sockets, threads and workers: the machines alone, in this process.

The same telephones as of the other benchmarks, on the same configuration. Each kind of message is
timed alone, and the median of several rounds counts.
"""

import gc
import statistics
from collections import Counter

from benchmarks.call import CALLED, CALLER
from benchmarks.enrolment import Enrolment
from benchmarks.indoors import Indoors
from benchmarks.office import configuration, extension
from benchmarks.outcome import Outcome
from benchmarks.pairs import Pairs
from benchmarks.row import REFERENCE_SPIN_MS, Finding, spin, steady

SERVER = ("127.0.0.1", 5060)
UNITS = 400
"""In a round."""

ROUNDS = 7
ATTEMPTS = 10
PATIENCE = 600.0
AFTERWARDS = 40.0
"""Virtual seconds after a round, in which every transaction ends."""

UNIT = {
    "register": "REGISTER pair",
    "call": "call, ports",
    "call direct": "call, end to end",
    "proxy": "proxied call",
}


class Registrations:
    """Telephones that renew their registrations, each after a challenge."""

    def __init__(self, units: int) -> None:
        self.outcome = Outcome()
        self.ground = Indoors(configuration(SERVER[1], units), SERVER, direct=False)
        self._enrolment = Enrolment(self.ground, SERVER, self.outcome)
        door = self.ground.open(self._enrolment.hear)
        self._telephones = [self._enrolment.add(extension(index), door) for index in range(units)]
        self._enrolment.all(self._telephones)

    def round(self) -> None:
        for telephone in self._telephones:
            self._enrolment.begin(telephone, self.ground.now)
        self.ground.run(self.ground.now + PATIENCE, lambda: False)


class Calls:
    """Pairs that call each other, all at once."""

    def __init__(self, units: int, mode: str, *, direct: bool) -> None:
        self.outcome = Outcome()
        text = configuration(SERVER[1], 2 * units, mode)
        self.ground = Indoors(text, SERVER, direct=direct)
        self._pairs = Pairs(
            self.ground,
            SERVER,
            units,
            (CALLER, CALLED),
            self.outcome,
            ringing=0.1,
            talking=0.4,
            connected=lambda pair: None,
            ended=self._ended,
            is_challenged=mode == "switch",
        )
        self._pairs.enrol()

    def round(self) -> None:
        for pair in self._pairs.pairs:
            self._pairs.place(pair, self.ground.now)
        self.ground.run(self.ground.now + PATIENCE, lambda: False)

    def _ended(self, pair: object) -> None:
        self.outcome.units += 1


def measure() -> list[Finding]:
    """Return microseconds a unit at the speed of the reference, message by message and in all.

    Raises RuntimeError when a unit went wrong.
    """
    return [finding for name in UNIT for finding in _findings(name)]


def workload(name: str, units: int = UNITS) -> Registrations | Calls:
    match name:
        case "register":
            return Registrations(units)
        case "proxy":
            return Calls(units, "proxy", direct=True)
        case _:
            return Calls(units, "switch", direct=name == "call direct")


def _findings(name: str) -> list[Finding]:
    load = workload(name)
    load.ground.rest(AFTERWARDS)
    gc.collect()
    gc.freeze()
    rounds = [_round(load) for _ in range(ROUNDS)]
    calls = _counted(load)
    gc.unfreeze()
    median = {
        kind: statistics.median(one.get(kind, 0.0) for one in rounds)
        for one in rounds
        for kind in one
    }
    scale = 1e6 / UNITS
    return [
        Finding("machines", UNITS, UNIT[name], f"µs, {kind}", took * scale)
        for kind, took in (*median.items(), ("all", sum(median.values())))
    ] + [Finding("machines", UNITS, UNIT[name], "functions called", calls / UNITS)]


def _counted(load: Registrations | Calls) -> int:
    """Return how many functions a round calls: a measure that no neighbour disturbs."""
    counted = load.ground.counted = Counter()
    load.round()
    load.ground.rest(AFTERWARDS)
    load.ground.counted = None
    return counted.total()


def _round(load: Registrations | Calls) -> dict[str, float]:
    """Return the seconds at the speed of the reference that each kind of input has taken.

    Raises RuntimeError when a unit went wrong, or the machine never kept its speed.
    """
    ground, outcome = load.ground, load.outcome
    for _ in range(ATTEMPTS):
        ground.took.clear()
        wanted = outcome.units + UNITS
        before = spin()
        load.round()
        ground.rest(AFTERWARDS)
        after = spin()
        if outcome.units < wanted or outcome.failures or outcome.retransmissions:
            raise RuntimeError(f"not all went well: {outcome.complaints}")
        if steady(before, after):
            scale = REFERENCE_SPIN_MS / ((before + after) / 2)
            return {kind: took * scale for kind, took in ground.took.items()}
    raise RuntimeError("the machine changes its speed too often")
