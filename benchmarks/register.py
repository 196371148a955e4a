"""Registrations: REGISTER, 401, REGISTER with digest, 200."""

from benchmarks.office import extension, password
from benchmarks.outcome import Outcome
from benchmarks.pairs import enrol
from benchmarks.swarm import Line, Swarm
from benchmarks.workload import paced
from softswitch.phone.events import Complaint, PhoneOutput, Registered, RegistrationFailed

MOST = 5000
"""Telephones; at higher loads they register more than once."""

AROUND = 5
"""Seconds after which a telephone registers again, up to MOST of them."""


def employees(load: int) -> int:
    return min(MOST, max(20, load * AROUND))


class Registrations:
    """A Workload. Every telephone has a binding already, and refreshes it."""

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        self._load = load
        self._swarm = Swarm(server, self._hear)
        numbers = [extension(index) for index in range(employees(load))]
        self._lines = [self._swarm.add(number, password(number)) for number in numbers]
        self._began: dict[str, float] = {}
        self._outcome = Outcome()

    def prepare(self) -> None:
        enrol(self._swarm, self._lines, lambda: self._outcome.units == len(self._lines))
        if self._outcome.units < len(self._lines):
            raise RuntimeError(f"not all could register: {self._outcome.complaints}")
        self._swarm.settle()

    def run(self, seconds: float) -> Outcome:
        self._outcome = Outcome()
        paced(self._swarm, self._load, seconds, self._begin, self._outcome)
        return self._outcome

    def close(self) -> None:
        self._swarm.close()

    def _begin(self, number: int, now: float) -> None:
        line = self._lines[number % len(self._lines)]
        if line.number in self._began:
            self._outcome.fail("a registration lasted until its telephone was wanted again")
        self._began[line.number] = now
        self._swarm.tell(line, line.phone.register(now), now)

    def _hear(self, line: Line, event: PhoneOutput, now: float) -> None:
        began = self._began.pop(line.number, now)
        match event:
            case Registered():
                self._outcome.units += 1
                self._outcome.latencies_ms.append((now - began) * 1000)
            case RegistrationFailed(status=status):
                self._outcome.fail(f"refused with {status}")
            case Complaint(what=what):
                self._outcome.fail(what)
            case _:
                pass
