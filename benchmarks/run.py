"""What one run of a benchmark has measured, before it is a row."""

from dataclasses import dataclass

from benchmarks.floor import Floor
from benchmarks.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Run:
    outcome: Outcome
    cpu: float
    """Seconds of all the server's processes."""

    daemon_cpu: float
    """Seconds of the one that does the signalling; of an engine alone, its own."""

    lasted: float
    rss_kib: int
    floor: Floor
