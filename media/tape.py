"""Received audio, put in the order of its timestamps."""

from heapq import heappop, heappush
from typing import Final

import numpy as np

from media.codecs.g711 import Samples
from media.timeline import CLOCK_RATE

WINDOW: Final = 800
"""Samples that a late packet may be behind the newest one: 100 ms."""

TRUST: Final = 2 * CLOCK_RATE
"""How far timestamps may be from the clock. Further off they are of another source: the audio
then goes on where the clock says."""


class Tape:
    """Takes audio as it arrives and gives it back whole: in order, silence where none came.

    It begins with the first audio that is put on it.
    """

    __slots__ = ("_base", "_heap", "_last", "_newest", "_serial", "_when", "written")

    def __init__(self) -> None:
        self._base: int | None = None  # timestamp of sample 0
        self._heap: list[tuple[int, int, Samples]] = []
        self._serial = 0
        self._newest = 0  # end of the furthest packet, in samples
        self._last = 0  # beginning of the packet that arrived last
        self._when = 0.0
        self.written = 0
        """Samples given back so far."""

    def put(self, timestamp: int, audio: Samples, now: float) -> list[Samples]:
        """Return what is now in order, perhaps nothing."""
        position = self._place(timestamp, now)
        self._last, self._when = position, now
        self._newest = max(self._newest, position + len(audio))
        self._serial += 1
        heappush(self._heap, (position, self._serial, audio))
        return self._ready(self._newest - WINDOW)

    def finish(self) -> list[Samples]:
        """Return all the rest."""
        return self._ready(self._newest)

    def _place(self, timestamp: int, now: float) -> int:
        if self._base is None:
            self._base = timestamp
            return 0
        ahead = (timestamp - self._base - self._last + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        elapsed = round((now - self._when) * CLOCK_RATE)
        if abs(ahead - elapsed) <= TRUST:
            return self._last + ahead
        position = max(self._newest, self._last + elapsed)
        self._base = timestamp - position & 0xFFFFFFFF
        return position

    def _ready(self, until: int) -> list[Samples]:
        """Return what is contiguous, and what begins before `until` with silence before it."""
        ready: list[Samples] = []
        heap = self._heap
        while heap and (heap[0][0] <= self.written or heap[0][0] <= until):
            position, _, audio = heappop(heap)
            if position > self.written:
                ready.append(np.zeros(position - self.written, np.int16))
                self.written = position
            fresh = audio[self.written - position :]
            if len(fresh):
                ready.append(fresh)
                self.written += len(fresh)
        return ready
