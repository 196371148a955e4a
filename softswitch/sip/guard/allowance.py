"""How often each of many may do something: token buckets."""

from collections import OrderedDict
from math import ceil

_MOST = 10_000
"""Keys that are remembered; the one that came first is forgotten, and has its whole burst again."""


class Allowance:
    """Lets each key have its turn so often, and a burst of turns at once after a silence.

    Of each key one number is kept: the time at which its bucket will be full again.

    rate   turns per second, in the long run
    burst  turns at once
    """

    __slots__ = ("_ahead", "_full_at", "_gap")

    def __init__(self, rate: float, burst: int) -> None:
        self._gap = 1.0 / rate
        self._ahead = (burst - 0.5) * self._gap  # the half keeps sums of gaps from rounding off
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str, now: float) -> bool:
        """Take a turn, and tell whether there was one."""
        full_at = self._full_at.get(key)
        if full_at is None:
            if len(self._full_at) >= _MOST:
                self._full_at.popitem(last=False)
            full_at = now
        elif full_at < now:
            full_at = now
        elif full_at - now > self._ahead:
            return False
        self._full_at[key] = full_at + self._gap
        return True

    def wait(self, key: str, now: float) -> int:
        """Return the whole seconds until there is a turn again; at least one."""
        return max(1, ceil(self._full_at.get(key, now) - self._ahead - now))

    def __len__(self) -> int:
        return len(self._full_at)
