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

from softswitch.storage.database import reason
from softswitch.storage.trouble import Episode, Trouble

Item = TypeVar("Item")

Complain = Callable[[str, dict[str, Any]], None]
"""Takes a slug and what there is to say about it. Called on the writer's thread."""

COMPLAINT_GAP = 60.0
"""Seconds between two complaints of one outbox about the same trouble."""

WELL = "storage-well"
"""The slug of good news: what could not be written has been written."""

IDLE = 60.0
"""Seconds that the thread sleeps at most when nothing is to be written."""


class Outbox(Generic[Item]):
    """Items of one kind on their way to the disk, in order."""

    __slots__ = (
        "_capacity",
        "_complained",
        "_episode",
        "_items",
        "_wake",
        "_write",
        "has_woken",
        "is_independent",
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
        *,
        is_independent: bool = False,
    ) -> None:
        self.name = name
        self.is_independent = is_independent
        self.has_woken = False
        """The thread knows that something has been put here. It says so itself before it looks."""

        self.refused = 0
        """Items that are lost: the outbox was full, or the database will never take them."""

        self.reported = 0
        """Of `refused`, those that have been complained about."""

        self._write = write
        self._wake = wake
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._complained: dict[str, float] = {}
        self._episode: Episode | None = None

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item) -> None:
        """Take `item`; never waits. An outbox that is full refuses it and counts."""
        if len(self._items) >= self._capacity:
            self.refused += 1
        else:
            self._items.append(item)
        if not self.has_woken:
            self.has_woken = True
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

    def postpone(self) -> None:
        """Let the oldest item wait until the others have been tried."""
        self._items.rotate(-1)

    def fails(self, why: str, now: float) -> Episode:
        """Learn that nothing can be written, and return since when and why."""
        episode = self._episode
        if episode is None or episode.until is not None:
            episode = self._episode = Episode(why, now, self.refused)
        episode.reason = why
        return episode

    def recovers(self, now: float) -> Episode | None:
        """Learn that all is well; return what was not well until now."""
        episode = self._episode
        if episode is None or episode.until is not None:
            return None
        episode.until = now
        return episode

    @property
    def trouble(self) -> Trouble | None:
        """The last time in which nothing could be written; any thread may ask."""
        one = self._episode
        if one is None:
            return None
        lost = self.refused - one.refused_before
        return Trouble(self.name, one.reason, one.since, one.until, lost, len(self))

    def may_complain(self, slug: str, now: float) -> bool:
        """Tell whether a complaint is due, and take it for made."""
        last = self._complained.get(slug)
        if last is not None and now - last < COMPLAINT_GAP:
            return False
        self._complained[slug] = now
        return True


class Writer:
    """A thread that empties outboxes, those that were asked for first first.

    A round writes one batch of each, so that none starves for another that never gets empty.

    gap     seconds between two rounds, so that a round finds a batch
    pause   seconds until the next try after a failure
    limit   items in one transaction
    """

    def __init__(
        self,
        complain: Complain,
        *,
        gap: float = 0.2,
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
        self,
        name: str,
        write: Callable[[list[Item]], None],
        capacity: int = 100_000,
        *,
        is_independent: bool = False,
    ) -> Outbox[Item]:
        """Return a new outbox. `write` is called on the thread with items in order; it writes all
        of them or raises (OSError, sqlalchemy.exc.DBAPIError) and has written none.

        is_independent  items are written one by one, and one that fails lets the next ones pass
        """
        outbox = Outbox(name, write, self._wake, capacity, is_independent=is_independent)
        self._outboxes.append(outbox)
        return outbox

    def start(self) -> None:
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Items that are not written yet."""
        return sum(len(outbox) for outbox in self._outboxes)

    def troubles(self) -> list[Trouble]:
        """Return the last trouble of each kind of items that ever had one."""
        found = [outbox.trouble for outbox in self._outboxes]
        return [trouble for trouble in found if trouble is not None]

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
            elif self.waiting:
                self._wake.set()
            self._stopping.wait(self._gap)
        left = self.waiting + 1
        while self.waiting < left:  # what fails does not keep the others from being written
            left = self.waiting
            self._round()

    def _round(self) -> bool:
        """Write a batch of each outbox, and tell whether all went well."""
        return all([self._write(outbox) for outbox in self._outboxes])

    def _write(self, outbox: Outbox[Any]) -> bool:
        outbox.has_woken = False  # what is put from here on may come too late for this round
        if outbox.refused > outbox.reported and outbox.may_complain("lost", time.monotonic()):
            outbox.reported = outbox.refused
            self._complain("storage-lost", {"kind": outbox.name, "lost": outbox.refused})
        if outbox.is_independent:
            return self._write_each(outbox)
        try:
            count = outbox.write(self._limit)
        except (OSError, OperationalError) as error:
            self._failing(outbox, error)
            return False
        except DBAPIError:
            return self._sift(outbox)
        if count:
            self._well(outbox)
        return True

    def _write_each(self, outbox: Outbox[Any]) -> bool:
        is_well = True
        for _ in range(min(self._limit, len(outbox))):
            try:
                outbox.write(1)
            except (OSError, DBAPIError) as error:
                outbox.postpone()
                self._failing(outbox, error)
                is_well = False
        if is_well:
            self._well(outbox)
        return is_well

    def _failing(self, outbox: Outbox[Any], error: Exception) -> None:
        now, why = time.monotonic(), reason(error)
        episode = outbox.fails(why, now)
        if outbox.may_complain("failing", now):
            episode.is_told = True
            detail = {"kind": outbox.name, "waiting": len(outbox), "error": why}
            self._complain("storage-failing", detail)

    def _well(self, outbox: Outbox[Any]) -> None:
        """Say that what failed has gone well, to who was told that it failed."""
        now = time.monotonic()
        episode = outbox.recovers(now)
        if episode is not None and episode.is_told:
            detail = {
                "kind": outbox.name,
                "seconds": round(now - episode.since, 1),
                "lost": outbox.refused - episode.refused_before,
            }
            self._complain(WELL, detail)

    def _sift(self, outbox: Outbox[Any]) -> bool:
        """Write one by one what could not be written together; what the database refuses by
        itself would be refused for ever, and is dropped."""
        for _ in range(min(self._limit, len(outbox))):
            try:
                outbox.write(1)
            except (OSError, OperationalError) as error:
                self._failing(outbox, error)
                return False
            except DBAPIError as error:
                outbox.drop(1)
                outbox.refused += 1
                if outbox.may_complain("refused", time.monotonic()):
                    self._complain("storage-refused", {"kind": outbox.name, "error": reason(error)})
        self._well(outbox)
        return True
