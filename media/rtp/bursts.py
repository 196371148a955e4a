"""How losses lie: in bursts, or apart from each other (RFC 3611, section 4.7.2 and appendix A.2).

A burst begins and ends with a loss, and has no GMIN packets in a row that came. All streams are
counted at once, and only where something was lost.
"""

from typing import Final, NamedTuple

import numpy as np

from media.net.batch import Ints

GMIN: Final = 16
"""Packets that came, between two losses, that part two bursts."""


class Pattern(NamedTuple):
    """What is known of the losses of one stream so far."""

    burst_density: float
    """Share of packets lost within bursts, 0 to 1."""

    gap_density: float
    """The same between bursts."""

    burst: float
    """Mean length of a burst, in packets."""

    gap: float
    """Mean length of what is between bursts."""


class Bursts:
    """Counts transitions between the states of the appendix's four-state Markov model, by row.

    runs  how often one or more packets in a row were missing when a later one came
    """

    def __init__(self, rows: int) -> None:
        self.runs: Ints = np.zeros(rows, np.int64)
        self._lost_in_burst: Ints = np.zeros(rows, np.int64)
        self._came_before: Ints = np.zeros(rows, np.int64)  # the last loss, of the packets received
        self._c11: Ints = np.zeros(rows, np.int64)
        self._c13: Ints = np.zeros(rows, np.int64)
        self._c14: Ints = np.zeros(rows, np.int64)
        self._c22: Ints = np.zeros(rows, np.int64)
        self._c23: Ints = np.zeros(rows, np.int64)
        self._c33: Ints = np.zeros(rows, np.int64)

    def reset(self, row: int) -> None:
        for counts in (
            self.runs,
            self._lost_in_burst,
            self._came_before,
            self._c11,
            self._c13,
            self._c14,
            self._c22,
            self._c23,
            self._c33,
        ):
            counts[row] = 0

    def miss(self, rows: Ints, count: Ints, received: Ints) -> None:
        """Learn that `count` packets in a row are missing, of streams no two of which are one.

        received  packets of the stream that came before them
        """
        self.runs[rows] += 1
        came = received - self._came_before[rows]
        self._came_before[rows] = received
        before = self._lost_in_burst[rows]
        is_apart = (came >= GMIN) | (before == 0)
        apart, near = rows[is_apart], rows[~is_apart]
        self._c14[apart] += before[is_apart] == 1
        self._c13[apart] += before[is_apart] > 1
        self._c11[apart] += came[is_apart]
        self._lost_in_burst[apart] = 1
        came_near = came[~is_apart]
        self._c33[near] += came_near == 0
        self._c23[near] += came_near > 0
        self._c22[near] += np.maximum(came_near - 1, 0)
        self._lost_in_burst[near] += 1
        self._c33[rows] += count - 1
        self._lost_in_burst[rows] += count - 1

    def pattern(self, row: int, received: int) -> Pattern:
        """Return what is known so far, of a stream of which `received` packets came."""
        c13, c14, c22, c23, c33 = (
            int(each[row]) for each in (self._c13, self._c14, self._c22, self._c23, self._c33)
        )
        c11 = int(self._c11[row]) + max(received - int(self._came_before[row]), 0)
        if self._lost_in_burst[row] > 1:
            c13 += 1  # the burst that is going on, or was the last
        elif self._lost_in_burst[row]:
            c14 += 1
        in_burst = c13 + c22 + 2 * c23 + c33
        in_gap = c11 + c14
        burst_lost = c13 + c23 + c33
        bursts = max(c13, 1)
        return Pattern(
            burst_lost / in_burst if in_burst else 0.0,
            c14 / in_gap if in_gap else 0.0,
            in_burst / bursts if c13 else 0.0,
            in_gap / (c13 + 1),
        )
