"""Registrations: REGISTER, 401, REGISTER with digest, 200."""

from benchmarks.enrolment import Enrolment
from benchmarks.ground import Ground
from benchmarks.office import extension
from benchmarks.outcome import Outcome
from benchmarks.workload import paced

MOST = 5000
"""Telephones; at higher loads they register more than once."""

AROUND = 5
"""Seconds after which a telephone registers again, up to MOST of them."""

SOCKETS = 8
"""At so many addresses the switch sees them."""


def employees(load: int) -> int:
    return min(MOST, max(20, load * AROUND))


class Registrations:
    """A Workload. Every telephone has a binding already, and refreshes it."""

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        self._load = load
        self._ground = Ground(server)
        self._enrolment = Enrolment(self._ground, server, Outcome())
        doors = [self._ground.open(self._enrolment.hear) for _ in range(SOCKETS)]
        self._telephones = [
            self._enrolment.add(extension(index), doors[index % SOCKETS])
            for index in range(employees(load))
        ]

    def prepare(self) -> None:
        self._enrolment.all(self._telephones)
        self._ground.settle()

    def run(self, seconds: float) -> Outcome:
        outcome = self._enrolment.outcome = Outcome()
        paced(self._ground, self._load, seconds, self._begin, outcome)
        return outcome

    def close(self) -> None:
        self._ground.close()

    def _begin(self, number: int, now: float) -> None:
        self._enrolment.begin(self._telephones[number % len(self._telephones)], now)
