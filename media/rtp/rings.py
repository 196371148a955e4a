"""Samples of many streams, each in a ring of its own, of which it is known which are there.

Pieces are copied as they lie in memory, one for each stream: of samples that are picked by their
indices each costs more than a whole piece does. Only a piece that goes over the end is so picked.
"""

import numpy as np

from media.codecs.g711 import Samples
from media.net.batch import Flags, Ints, is_any


class Rings:
    """Rings of `length` samples, a row for each stream. Positions go on beyond the length."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.rows = 0
        self._hold(0)

    def grow(self, rows: int) -> None:
        """Have as many rows as that, and what was there."""
        before, sound, there = self.rows, self._sound, self._there
        self._hold(rows)
        self._sound[:before], self._there[:before] = sound, there

    def clear(self, rows: Ints | int) -> None:
        """Let nothing be there, and nothing be left of what was."""
        self._there[rows] = False
        self._sound[rows] = 0

    def write(self, rows: Ints, at: Ints, sound: Samples) -> None:
        """Put a piece at a position of each row: int16 (rows, samples); no row twice."""
        begins, beyond = self._places(rows, at, sound.shape[1])
        if beyond is None:
            samples, there = self._pieces(sound.shape[1])
            samples[begins] = sound
            there[begins] = True
        else:
            self._sound.reshape(-1)[beyond] = sound
            self._there.reshape(-1)[beyond] = True

    def read(self, rows: Ints, at: Ints, count: int) -> tuple[Samples, Flags]:
        """Return pieces (rows, count), and of each sample whether it is there: what is not, is of
        another time."""
        begins, beyond = self._places(rows, at, count)
        if beyond is None:
            samples, there = self._pieces(count)
            return samples[begins], there[begins]
        return self._sound.reshape(-1)[beyond], self._there.reshape(-1)[beyond]

    def remove(self, rows: Ints, at: Ints, count: int) -> None:
        """Let pieces be there no more."""
        begins, beyond = self._places(rows, at, count)
        if beyond is None:
            self._pieces(count)[1][begins] = False
        else:
            self._there.reshape(-1)[beyond] = False

    # Inside

    def _hold(self, rows: int) -> None:
        self.rows = rows
        self._sound: Samples = np.zeros((rows, self.length), np.int16)
        self._there: Flags = np.zeros((rows, self.length), np.bool_)
        self._windows: dict[int, tuple[Samples, Flags]] = {}

    def _places(self, rows: Ints, at: Ints, count: int) -> tuple[Ints, Ints | None]:
        """Return where in memory pieces begin, and when one goes over the end where every sample
        is."""
        at = at % self.length
        begins = rows * self.length + at
        if not is_any(at > self.length - count):
            return begins, None
        inside = (at[:, None] + np.arange(count)) % self.length
        return begins, (rows * self.length)[:, None] + inside

    def _pieces(self, count: int) -> tuple[Samples, Flags]:
        """Return all pieces of a length that there are, by where they begin: views."""
        pieces = self._windows.get(count)
        if pieces is None:
            shape = self._sound.size - count + 1, count
            samples: Samples = np.ndarray(shape, np.int16, self._sound.data, 0, (2, 2))
            there: Flags = np.ndarray(shape, np.bool_, self._there.data, 0, (1, 1))
            pieces = self._windows[count] = samples, there
        return pieces
