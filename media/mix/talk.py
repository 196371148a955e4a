"""Who talks, and who of a large room is heard."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.net.batch import Flags, Ints, is_any

Levels = NDArray[np.float32]

TALKERS: Final = 4
"""Of a large room, who are heard together: the noise of a crowd adds up."""

BEGINS: Final = 32768 * 10 ** (-40 / 20)
ENDS: Final = 32768 * 10 ** (-46 / 20)
"""Root mean square from which on a member talks, and below which it does so no more."""

HOLD: Final = 25
"""Ticks of quiet after which a member has stopped talking: pauses between words are shorter."""

_FADES: Final = np.float32(10 ** (-20 / 20 / HOLD))
"""For each tick, of how loud somebody was: 20 dB in the time of HOLD."""

_FAVOUR: Final = np.float32(10 ** (3 / 20))
"""By how much another must be louder than who is heard already."""

_INAUDIBLE: Final = np.float32(1.0)


class Talk(NamedTuple):
    """A member has begun to talk, or stopped."""

    row: int
    is_talking: bool


class Talkers:
    """Knows of each row how loud it was lately. Levels are root mean squares of a tick."""

    def __init__(self, rows: int) -> None:
        self._talking: Flags = np.zeros(rows + 1, np.bool_)
        self._quiet: Ints = np.zeros(rows + 1, np.int64)  # ticks
        self._loudness: Levels = np.zeros(rows + 1, np.float32)  # fades after what was loud
        self._chosen: Flags = np.zeros(rows + 1, np.bool_)

    def silence(self, row: int) -> list[Talk]:
        """Let a member talk no more."""
        was_talking = bool(self._talking[row])
        self._talking[row] = self._chosen[row] = False
        self._quiet[row] = self._loudness[row] = 0
        return [Talk(row, is_talking=False)] if was_talking else []

    def watch(self, rows: Ints, levels: Levels) -> list[Talk]:
        """Return who of `rows` has begun or stopped talking."""
        talking = self._talking[rows]
        quiet = np.where(levels >= ENDS, 0, self._quiet[rows] + 1)
        self._quiet[rows] = quiet
        begins = ~talking & (levels >= BEGINS)
        changes = begins | (talking & (quiet >= HOLD))
        if not is_any(changes):
            return []
        changed = changes.nonzero()[0]
        self._talking[rows[changed]] = begins[changed]
        pairs = zip(rows[changed].tolist(), begins[changed].tolist(), strict=True)
        return [Talk(row, is_talking) for row, is_talking in pairs]

    def choose(self, members: Ints, levels: Levels) -> Flags:
        """Return who of large rooms is heard, (members, rooms) as what is given.

        Those are the loudest of late: who is heard stays so in the pauses between words, and gives
        way only to somebody who is clearly louder.
        """
        loudness = np.maximum(levels, self._loudness[members] * _FADES)
        self._loudness[members] = loudness
        favoured = np.where(self._chosen[members], loudness * _FAVOUR, loudness)
        loudest = np.argpartition(favoured, -TALKERS, axis=0)[-TALKERS:]
        chosen = np.zeros(members.shape, np.bool_)
        np.put_along_axis(chosen, loudest, values=True, axis=0)
        chosen &= loudness >= _INAUDIBLE
        self._chosen[members] = chosen
        return chosen
