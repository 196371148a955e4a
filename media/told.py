"""What peers have told of how they hear us, in RTCP reports."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.net.batch import Ints
from media.rtp.rtcp import ReportBlock
from media.rtp.xr import VoipMetrics

UNTOLD: Final = float("nan")


class Told:
    """Arrays with an entry a row; NaN is what was not told.

    reports     how many report blocks about us came
    round_trip  seconds, of the last report that allowed to measure it
    loss        packets in 100 that were lost in the interval of the last report
    lost        packets that were lost since the beginning
    jitter      timestamp units
    mos         by the last VoIP metrics
    """

    def __init__(self, rows: int) -> None:
        self.reports: Ints = np.zeros(rows, np.int64)
        self.round_trip: NDArray[np.float64] = np.full(rows, UNTOLD)
        self.loss: NDArray[np.float64] = np.full(rows, UNTOLD)
        self.lost: NDArray[np.float64] = np.full(rows, UNTOLD)
        self.jitter: NDArray[np.float64] = np.full(rows, UNTOLD)
        self.mos: NDArray[np.float64] = np.full(rows, UNTOLD)

    def reset(self, row: int) -> None:
        self.reports[row] = 0
        for values in (self.round_trip, self.loss, self.lost, self.jitter, self.mos):
            values[row] = UNTOLD

    def take(self, row: int, block: ReportBlock) -> None:
        """Take a report block about what we send."""
        self.reports[row] += 1
        self.loss[row] = block.fraction_lost / 2.56
        self.lost[row] = max(block.lost, 0)
        self.jitter[row] = block.jitter

    def take_metrics(self, row: int, metrics: VoipMetrics) -> None:
        """Take VoIP metrics about what we send."""
        self.reports[row] += 1
        score = metrics.mos_conversational or metrics.mos_listening
        self.mos[row] = UNTOLD if score is None else score
        if metrics.round_trip_ms and np.isnan(self.round_trip[row]):
            self.round_trip[row] = metrics.round_trip_ms / 1000
