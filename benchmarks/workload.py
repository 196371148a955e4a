"""What a generator does, and when it is told to."""

import time
from collections.abc import Callable
from typing import Protocol

from benchmarks.ground import Ground
from benchmarks.outcome import Outcome

PATIENCE = 10.0
"""Seconds after the last unit was begun, in which all have to be over."""


class Workload(Protocol):
    """One kind of work at one load.

    server   where the switch listens
    load     units begun a second, or (relay) calls that are up
    direct   media is expected to pass by the switch
    """

    def __init__(self, server: tuple[str, int], load: int, *, direct: bool) -> None: ...

    def prepare(self) -> None:
        """Do what does not count."""

    def run(self, seconds: float) -> Outcome:
        """Do what counts."""

    def close(self) -> None: ...


def paced(
    ground: Ground,
    load: int,
    seconds: float,
    begin: Callable[[int, float], None],
    outcome: Outcome,
) -> None:
    """Begin `load` units a second, each at its own time; wait until all are over; count.

    begin  begins unit number n at a time; what it leads to ends in `outcome`
    """
    actions, late = ground.actions, ground.late
    total = max(1, round(load * seconds))
    began = time.monotonic()

    def step(number: int, now: float) -> None:
        if number + 1 < total:
            ground.at(began + (number + 1) / load, step, number + 1)
        begin(number, now)

    ground.at(began, step, 0)
    ground.run(began + seconds + PATIENCE, lambda: outcome.units + outcome.failures >= total)
    for _ in range(total - outcome.units - outcome.failures):
        outcome.fail("not over in time")
    outcome.late_share = (ground.late - late) / max(1, ground.actions - actions)
