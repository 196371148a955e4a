"""Whole calls: INVITE, 401, INVITE with digest, 100, 180, 200, ACK, BYE, 200."""

from math import ceil

from benchmarks.ground import Ground
from benchmarks.outcome import Outcome
from benchmarks.pair import Pair
from benchmarks.pairs import Pairs
from benchmarks.workload import paced

RINGING = 0.1
TALKING = 0.4
SPARE = 1.0
"""Seconds that a pair has between two calls of its own: nobody is busy."""

CALLER = ("127.0.0.1", 6000)
CALLED = ("127.0.0.1", 6002)
"""Where nobody waits for media, and none is sent: the peers are silent."""


def pairs(load: int) -> int:
    return max(10, ceil(load * (RINGING + TALKING + SPARE)))


def employees(load: int) -> int:
    return 2 * pairs(load)


class Calls:
    """A Workload."""

    is_challenged = True
    """Whether the switch has to ask callers who they are."""

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None:
        self._load = load
        self._direct = direct
        self._outcome = Outcome()
        self._ground = Ground(server)
        self._pairs = Pairs(
            self._ground,
            server,
            pairs(load),
            (CALLER, CALLED),
            self._outcome,
            ringing=RINGING,
            talking=TALKING,
            connected=self._connected,
            ended=self._ended,
            is_challenged=self.is_challenged,
        )

    def prepare(self) -> None:
        self._pairs.enrol()
        self._ground.settle()

    def run(self, seconds: float) -> Outcome:
        paced(self._ground, self._load, seconds, self._begin, self._outcome)
        return self._outcome

    def close(self) -> None:
        self._ground.close()

    def _begin(self, number: int, now: float) -> None:
        self._pairs.place(self._pairs.pairs[number % len(self._pairs.pairs)], now)

    def _connected(self, pair: Pair) -> None:
        is_direct = pair.told_caller == CALLED and pair.told_called == CALLER
        if is_direct is not self._direct:
            self._outcome.fail(f"media of a call goes to {pair.told_caller} and {pair.told_called}")
        self._outcome.latencies_ms.append(pair.added * 1000)

    def _ended(self, pair: Pair) -> None:
        self._outcome.units += 1
