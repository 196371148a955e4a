"""Recordings by number: from the order to the word that their files are in place."""

from msgspec import Struct

from media.control import Record, Recorded
from media.filing import RecordCall

Order = Record | RecordCall


class Ending(Struct, frozen=True, gc=False):
    """A recording that takes no more, and whose file is being completed."""

    stream: int
    """Whose it was at the end."""

    order: Order
    reason: str


class Ledger:
    """Numbers the recordings of an engine, and keeps those whose files are being completed."""

    def __init__(self) -> None:
        self._count = 0
        self._ending: dict[int, Ending] = {}

    def number(self) -> int:
        """Return a number that no recording has had."""
        self._count += 1
        return self._count

    def end(self, number: int, stream: int, order: Order, reason: str) -> None:
        self._ending[number] = Ending(stream, order, reason)

    def unfinished(self, stream: int) -> bool:
        """Return whether a file of this stream is still being completed."""
        return any(ending.stream == stream for ending in self._ending.values())

    def finished(self, number: int, path: str, seconds: float, error: str) -> Recorded | None:
        """Return what is said of a recording whose file is in place, or failed.

        path  where it is; empty for where the order wanted it
        """
        ending = self._ending.pop(number, None)
        if ending is None:
            return None
        reason = "failed" if error else ending.reason
        path = path or ending.order.path
        return Recorded(ending.stream, ending.order.token, path, seconds, reason, error)
