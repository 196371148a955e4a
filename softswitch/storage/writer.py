"""Writing behind: one thread writes what the switch has already decided.

Memory is authoritative. An item waits in its outbox for at most one gap before it is written
together with all that have come since; when writing fails it waits for the next try, in order.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

Item = TypeVar("Item")

Complain = Callable[[str, dict[str, Any]], None]
"""Takes a slug and what there is to say about it. Called on the writer's thread."""

COMPLAINT_GAP = 60.0
"""Seconds between two complaints of one outbox about the same trouble."""

IDLE = 60.0
"""Seconds that the thread sleeps at most when nothing is to be written."""


class Outbox(Generic[Item]):
    """Items of one kind on their way to the disk, in order."""

    __slots__ = (
        "_capacity",
        "_complained",
        "_items",
        "_wake",
        "_write",
        "name",
        "refused",
        "reported",
    )

    def __init__(
        self,
        name: str,
        write: Callable[[list[Item]], None],
        wake: threading.Event,
        capacity: int,
    ) -> None:
        self.name = name
        self.refused = 0
        """Items that are lost: the outbox was full, or the database will never take them."""

        self.reported = 0
        """Of `refused`, those that have been complained about."""

        self._write = write
        self._wake = wake
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._complained: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> None:
        """Take `item`; never waits. An outbox that is full refuses it and counts."""
        if len(self._items) >= self._capacity:
            self.refused += 1
        else:
            self._items.append(item)
        if not self._wake.is_set():
            self._wake.set()

    def write(self, limit: int) -> int:
        """Write the oldest items, return how many. Raises what the write function raises.

        Only the writer's thread calls this. Items leave the outbox when they are written.
        """
        items = [self._items[index] for index in range(min(limit, len(self._items)))]
        if items:
            self._write(items)
            self.drop(len(items))
        return len(items)

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._items.popleft()

    def may_complain(self, slug: str, now: float) -> bool:
        """Tell whether a complaint is due, and take it for made."""
        last = self._complained.get(slug)
        if last is not None and now - last < COMPLAINT_GAP:
            return False
        self._complained[slug] = now
        return True


class Writer:
    """A thread that empties outboxes.

    gap     seconds between two rounds, so that a round finds a batch
    pause   seconds until the next try after a failure
    limit   items in one transaction
    """

    def __init__(
        self,
        complain: Complain,
        *,
        gap: float = 0.08,
        pause: float = 0.5,
        limit: int = 2000,
    ) -> None:
        self._complain = complain
        self._gap = gap
        self._pause = pause
        self._limit = limit
        self._outboxes: list[Outbox[Any]] = []
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storage", daemon=True)

    def outbox(
        self, name: str, write: Callable[[list[Item]], None], capacity: int = 100_000
    ) -> Outbox[Item]:
        """Return a new outbox. `write` is called on the thread with items in order; it writes all
        of them or raises (OSError, sqlalchemy.exc.DBAPIError) and has written none."""
        outbox = Outbox(name, write, self._wake, capacity)
        self._outboxes.append(outbox)
        return outbox

    def start(self) -> None:
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Items that are not written yet."""
        return sum(len(outbox) for outbox in self._outboxes)

    def close(self, timeout: float = 5.0) -> int:
        """Write what is left, end the thread, and return how many items could not be written."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return self.waiting

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(IDLE)
            self._wake.clear()
            if not self._round():
                self._wake.set()
                self._stopping.wait(self._pause)
            self._stopping.wait(self._gap)
        self._round()

    def _round(self) -> bool:
        """Empty each outbox, and tell whether all went well."""
        return all([self._empty(outbox) for outbox in self._outboxes])

    def _empty(self, outbox: Outbox[Any]) -> bool:
        now = time.monotonic()
        if outbox.refused > outbox.reported and outbox.may_complain("lost", now):
            outbox.reported = outbox.refused
            self._complain("storage-lost", {"kind": outbox.name, "lost": outbox.refused})
        try:
            while outbox.write(self._limit):
                pass
        except (OSError, OperationalError) as error:
            if outbox.may_complain("failing", now):
                detail = {"kind": outbox.name, "waiting": len(outbox), "error": str(error)}
                self._complain("storage-failing", detail)
            return False
        except DBAPIError:
            return self._sift(outbox)
        return True

    def _sift(self, outbox: Outbox[Any]) -> bool:
        """Write one by one what could not be written together; what the database refuses by
        itself would be refused for ever, and is dropped."""
        for _ in range(min(self._limit, len(outbox))):
            try:
                outbox.write(1)
            except (OSError, OperationalError):
                return False
            except DBAPIError as error:
                outbox.drop(1)
                outbox.refused += 1
                if outbox.may_complain("refused", time.monotonic()):
                    self._complain("storage-refused", {"kind": outbox.name, "error": str(error)})
        return True
