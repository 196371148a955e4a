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

    __slots__ = ("_heap", "_serial", "due", "earliest")

    def __init__(self) -> None:
        self.earliest: float | None = None
        """The first deadline of all: to be read, and read often."""

        self.due: dict[Key, float] = {}
        """The deadline of each key: to be looked at."""

        self._heap: list[tuple[float, int, Key]] = []
        self._serial = 0  # keeps equal deadlines first in, first out

    def __len__(self) -> int:
        return len(self.due)

    def file(self, key: Key, deadline: float | None) -> None:
        """Set, move or (with None) clear the deadline of `key`."""
        due = self.due
        old = due.get(key)
        if old == deadline:
            return
        if deadline is None:
            del due[key]
            if not due:
                self._heap.clear()
        else:
            due[key] = deadline
            self._serial += 1
            heappush(self._heap, (deadline, self._serial, key))
            if self.earliest is None or deadline < self.earliest:
                self.earliest = deadline
            if len(self._heap) > 2 * len(due) + _MOST_STALE:
                self._sweep()
        if old is not None and old == self.earliest:
            self._surface()

    def pop_due(self, now: float) -> Iterator[Key]:
        """Yield, and forget, every key that is due at or before `now`."""
        while self.earliest is not None and self.earliest <= now:
            key = heappop(self._heap)[2]
            del self.due[key]
            self._surface()
            yield key

    def _surface(self) -> None:
        """Drop what is stale from the top of the heap, and read off what comes first now."""
        heap, due = self._heap, self.due
        while heap and due.get(heap[0][2]) != heap[0][0]:
            heappop(heap)
        self.earliest = heap[0][0] if heap else None

    def _sweep(self) -> None:
        due = self.due
        self._heap = [entry for entry in self._heap if due.get(entry[2]) == entry[0]]
        heapify(self._heap)
