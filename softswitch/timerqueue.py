"""Many deadlines, one alarm."""

from collections.abc import Hashable, Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

_MOST_STALE = 1024
"""Entries of the heap that may be stale, beside as many as are not."""


def earlier(one: float | None, other: float | None) -> float | None:
    """Return the earlier of two deadlines, of which None is never."""
    if one is None or (other is not None and other < one):
        return other
    return one


class TimerQueue(Generic[Key]):
    """The next deadline of each machine, earliest first.

    Entries hold the key of a machine and never the machine, so that a finished one is not kept
    alive by a timer that it no longer needs. Filing a key anew leaves its old entry in the heap,
    where it is skipped when it surfaces: cancelling is free, and nearly every SIP timer is
    cancelled. When most of the heap is stale it is swept, so that it is never much longer than
    the keys are many.
    """

    __slots__ = ("_due", "_heap", "_serial")

    def __init__(self) -> None:
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._serial = 0  # keeps equal deadlines first in, first out

    def __len__(self) -> int:
        return len(self._due)

    def file(self, key: Key, deadline: float | None) -> None:
        """Set, move or (with None) clear the deadline of `key`."""
        if deadline is None:
            self._due.pop(key, None)
            if not self._due:
                self._heap.clear()
        elif self._due.get(key) != deadline:
            self._due[key] = deadline
            self._serial += 1
            heappush(self._heap, (deadline, self._serial, key))
            if len(self._heap) > 2 * len(self._due) + _MOST_STALE:
                self._sweep()

    @property
    def earliest(self) -> float | None:
        heap, due = self._heap, self._due
        while heap and due.get(heap[0][2]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: float) -> Iterator[Key]:
        """Yield, and forget, every key that is due at or before `now`."""
        while (earliest := self.earliest) is not None and earliest <= now:
            key = heappop(self._heap)[2]
            del self._due[key]
            yield key

    def _sweep(self) -> None:
        due = self._due
        self._heap = [entry for entry in self._heap if due.get(entry[2]) == entry[0]]
        heapify(self._heap)
