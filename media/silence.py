"""Tells when a peer has not been heard of for a while, and when it is heard again."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from media.control import Audible, Silence
from media.streams import NEVER, Streams, Times

AFTER_ANSWER: Final = (3.0, 10.0, 30.0)
AFTER_PACKET: Final = (10.0, 30.0)
"""Seconds, and then each minute, of silence since the answer, or since the last packet."""

_NO_TIME: Final = float("inf")


class SilenceWatch:
    """Watches all streams at once; only those that are looked at cost anything."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._since: Times = np.full(streams.rows, _NO_TIME)  # the answer
        self._base: Times = np.full(streams.rows, NEVER)  # what the next report counts from
        self._step = [0] * streams.rows
        self._due: Times = np.full(streams.rows, _NO_TIME)
        self.deadline = _NO_TIME
        """When to call `expire`; sometimes earlier than needed."""

        self.told: set[int] = set()
        """Rows of which a Silence was said, and which were not heard since."""

    def answered(self, row: int, now: float) -> None:
        """Begin, unless this one is watched already."""
        if self._since[row] == _NO_TIME:
            self._since[row] = self._base[row] = now
            self._step[row] = 0
            self._due[row] = now + AFTER_ANSWER[0]
            self.deadline = min(self.deadline, now + AFTER_ANSWER[0])

    def forget(self, row: int) -> None:
        self._since[row] = self._due[row] = _NO_TIME
        self.told.discard(row)

    def state(self, row: int) -> tuple[int, bool]:
        """Return how many silences were told since the last packet, and whether one was that is
        not over: for `resume` elsewhere."""
        return self._step[row], row in self.told

    def resume(self, row: int, step: int, is_silent: bool) -> None:
        """Go on with a row whose columns were written by another engine's."""
        self._step[row] = step
        if is_silent:
            self.told.add(row)
        self.deadline = min(self.deadline, float(self._due[row]))

    def hear(self, rows: Iterable[int]) -> list[Audible]:
        """Learn that packets of these rows have arrived. Needed only for those in `told`."""
        again = self.told.intersection(rows)
        self.told -= again
        return [Audible(int(self._streams.number[row])) for row in sorted(again)]

    def expire(self, now: float) -> list[Silence]:
        reports: list[Silence] = []
        for row in (self._due <= now).nonzero()[0].tolist():
            since, alive = float(self._since[row]), float(self._streams.alive_at[row])
            never = alive < since
            base = since if never else alive
            if base != self._base[row]:
                self._base[row], self._step[row] = base, 0
            target = base + _threshold(self._step[row], never=never)
            if target <= now:
                number, resting = self._streams.number[row], self._streams.resting[row]
                reports.append(Silence(int(number), now - base, never, bool(resting)))
                self._step[row] += 1
                self.told.add(row)
                target = base + _threshold(self._step[row], never=never)
            # Packets that come meanwhile move the base: look again before their own report is due.
            self._due[row] = min(target, now + AFTER_PACKET[0])
        self.deadline = float(self._due.min(initial=_NO_TIME))
        return reports


def _threshold(step: int, *, never: bool) -> float:
    steps = AFTER_ANSWER if never else AFTER_PACKET
    return steps[step] if step < len(steps) else 60.0 * (step - len(steps) + 1)
