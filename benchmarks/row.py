"""One result: what it cost, at which load, beside the floor of the same run."""

import time
from dataclasses import asdict, dataclass

REFERENCE_SPIN_MS = 35.0
"""Goals are stated for a machine whose fixed loop takes this long."""

SPIN_TOLERANCE = 0.15
"""A run on whose way the machine's speed changed by more than this is repeated."""


@dataclass(frozen=True, slots=True)
class Row:
    benchmark: str
    load: int
    unit: str
    """What one unit of work is, and with it what `load` counts."""

    cpu_us: float
    """CPU of all the server's processes per unit, user and system, in microseconds."""

    cpu_us_ref: float
    """The same, scaled to the reference machine."""

    spin_ms: float
    limit_us: float
    """What the kernel alone takes for the unit's datagrams, measured in the same run."""

    failures: int
    retransmissions: int
    p50_ms: float
    p99_ms: float
    rss_kib: int
    busy: float
    """CPU of the process that does the signalling, per second of the run: 1 is a whole core."""

    note: str
    """Why this is no result; empty when it is one."""

    @property
    def is_result(self) -> bool:
        return not self.note

    def as_dict(self) -> dict[str, object]:
        return {k: round(v, 2) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result that is no cost of a unit of work."""

    benchmark: str
    load: int
    unit: str
    """What `load` counts."""

    measure: str
    """What `value` is in."""

    value: float
    note: str = ""
    """Why this is no result; empty when it is one."""

    @property
    def is_result(self) -> bool:
        return not self.note

    def as_dict(self) -> dict[str, object]:
        return {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(self).items()}


def spin() -> float:
    """Return the milliseconds of CPU that a fixed loop takes: best of three."""

    def loop() -> float:
        began = time.process_time()
        x = 0
        for i in range(1_000_000):
            x += i
        return (time.process_time() - began) * 1000

    return min(loop() for _ in range(3))


def steady(before: float, after: float) -> bool:
    return abs(after - before) <= SPIN_TOLERANCE * before


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of `values` lie; 0 when there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
