"""How many lines of one kind the log gets, whatever an attacker does."""

from collections import Counter


class Ration:
    """Allows so many lines in a while, and so many about one host; what it does not is counted.

    most    lines of a window, about all hosts together
    of_one  about one of them
    within  seconds of a window
    """

    __slots__ = ("_by_host", "_most", "_of_one", "_told", "_until", "_untold", "_within")

    def __init__(self, most: int = 30, of_one: int = 5, within: float = 60.0) -> None:
        self._most = most
        self._of_one = of_one
        self._within = within
        self._until = float("-inf")
        self._told = 0
        self._untold = 0
        self._by_host: Counter[str] = Counter()  # of the lines told, so no more than those

    def allows(self, host: str, now: float) -> bool:
        """Whether one more line, about `host`, may be written."""
        if now >= self._until:
            self._until = now + self._within
            self._told = 0
            self._by_host.clear()
        if self._told >= self._most or self._by_host[host] >= self._of_one:
            self._untold += 1
            return False
        self._told += 1
        self._by_host[host] += 1
        return True

    def untold(self) -> int:
        """Return how many were not allowed since this was last asked."""
        untold, self._untold = self._untold, 0
        return untold
