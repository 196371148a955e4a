"""How loud peers speak, and how often they begin to: told from some samples of each packet."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import ALAW_TO_LINEAR, ULAW_TO_LINEAR
from media.net.batch import Batch, Flags, Ints, different
from media.rtp.header import SIZE
from media.streams import LAWS, NEVER, Times

REACH: Final = 80
"""Bytes of a payload, from its beginning, of which some are looked at."""

_PATTERN: Final = np.array([0, 5, 8, 15, 18, 22, 30, 33, 40, 46, 49, 56, 61, 65, 72, 77])
PLACES: Final = (_PATTERN + 7 * np.arange(REACH)[:, None]) % REACH + SIZE
"""Where in a packet: other places at each turn, so that no tone falls between them."""

QUIET: Final = -45.0
"""dBov below which a packet is no speech."""

PAUSE: Final = 0.35
"""Seconds without speech after which the next is another talk spurt."""

_LAWS: Final = len((LAWS["PCMU"], LAWS["PCMA"]))
_THRESHOLD: Final = 10.0 ** (QUIET / 10.0)


def _squares() -> NDArray[np.float32]:
    linear = np.stack((ULAW_TO_LINEAR, ALAW_TO_LINEAR)).astype(np.float32) / 32768.0
    return linear**2


_SQUARES: Final = _squares()


class Loudness:
    """Arrays with an entry a row.

    spurts  talk spurts that have begun
    """

    def __init__(self, rows: int) -> None:
        self.spurts: Ints = np.zeros(rows, np.int64)
        self._power: NDArray[np.float64] = np.zeros(rows)
        self._packets: Ints = np.zeros(rows, np.int64)
        self._spoke_at: Times = np.full(rows, NEVER)
        self._turn = 0

    def reset(self, row: int) -> None:
        self.spurts[row] = self._packets[row] = 0
        self._power[row] = 0.0
        self._spoke_at[row] = NEVER

    def hear(self, batch: Batch, rows: Ints, law: NDArray[np.int8], now: float) -> None:
        """Measure packets of G.711; any others are passed over.

        law  as in `relay.Arrived`
        """
        measured: Flags = (law >= 0) & (law < _LAWS) & (batch.length >= SIZE + REACH)
        if not measured.all():
            which = measured.nonzero()[0]
            batch, rows, law = batch.where(which), rows[which], law[which]
        self._turn = (self._turn + 1) % REACH
        octets = batch.buffer.data[batch.slot[:, None], PLACES[self._turn]]
        power = _SQUARES[law[:, None], octets].mean(axis=1)
        speaks = power > _THRESHOLD
        rows = rows[speaks]
        if not len(rows):
            return
        np.add.at(self._power, rows, power[speaks])
        np.add.at(self._packets, rows, 1)
        begins = self._spoke_at[rows] < now - PAUSE
        if begins.any():
            self.spurts[different(rows[begins])] += 1
        self._spoke_at[rows] = now

    def levels(self, rows: Ints) -> NDArray[np.float64]:
        """Return the mean level of speech in dBov; NaN where there was none."""
        packets = self._packets[rows]
        mean = np.where(packets > 0, self._power[rows] / np.maximum(packets, 1), np.nan)
        return 10.0 * np.log10(mean)
