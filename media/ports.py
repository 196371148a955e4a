"""Which ports an engine has, and what state each is in."""

from collections import deque
from collections.abc import Sequence
from math import ceil
from typing import Final

GRAIN: Final = 0.25
"""Seconds by which a quarantine may be longer, so that many end together."""


class Ports:
    """Pairs of an even port and the next one, by row: row 0 has the first even port of the range.

    A pair is unbound, then leased, then in use, then quarantined, so that late packets of one
    call never reach the next, then leased again.

    first, last  the range, both included
    quarantine   seconds at least
    affordable   pairs that may be bound at once; None for the whole range
    guests       pairs of other engines' ranges that may be taken in; their rows are the last ones
    """

    def __init__(
        self,
        first: int,
        last: int,
        quarantine: float = 2.0,
        affordable: int | None = None,
        guests: int = 0,
    ) -> None:
        self._first = first + first % 2
        self._own = max(0, (last - self._first + 1) // 2)
        self.rows = self._own + guests
        """How many pairs there can be: those of the range, and guests."""

        self._quarantine = quarantine
        self._affordable = self._own if affordable is None else min(affordable, self._own)
        self._unbound = deque(range(self._own))
        self._away: set[int] = set()
        self._seats = deque(range(self._own, self.rows))
        self._guests: dict[int, int] = {}
        self._leased: set[int] = set()
        self._resting: deque[tuple[float, int]] = deque()

    @property
    def deadline(self) -> float | None:
        """When the next quarantine is over."""
        return self._resting[0][0] if self._resting else None

    def port(self, row: int) -> int:
        return self._guests[row] if row in self._guests else self._first + 2 * row

    def row(self, port: int) -> int:
        return (port - self._first) // 2

    @property
    def may_bind(self) -> bool:
        """Whether one more pair is affordable."""
        return self._own - len(self._unbound) - len(self._away) < self._affordable

    def unbound(self) -> list[int]:
        """Return the rows that may be bound, those never tried first."""
        return list(self._unbound)

    def bound(self, row: int) -> None:
        """A row of `unbound` is bound, and leased."""
        self._unbound.remove(row)
        self._leased.add(row)

    def refused(self, row: int) -> None:
        """A row of `unbound` belongs to another program: to be tried last."""
        self._unbound.remove(row)
        self._unbound.append(row)

    def use(self, port: int) -> int | None:
        """Take a leased port into use and return its row; None if it is not leased."""
        row = self.row(port)
        if row not in self._leased or port != self.port(row):
            return None
        self._leased.remove(row)
        return row

    def give(self, row: int) -> None:
        """A row in use is another engine's from now on."""
        if self._guests.pop(row, None) is None:
            self._away.add(row)
        else:
            self._seats.append(row)

    def regain(self, port: int) -> bool:
        """A pair that was given away is free again; False when it was not away."""
        row = self.row(port)
        if row not in self._away:
            return False
        self._away.remove(row)
        self._unbound.append(row)  # to be tried last: late packets of its call may be on the way
        return True

    def seat(self, port: int) -> int | None:
        """Take in a pair of another engine's range, in use; None when there is no room."""
        row = self.row(port)
        if row in self._away and port == self.port(row):  # one of ours has come back
            self._away.remove(row)
            return row
        if not self._seats:
            return None
        row = self._seats.popleft()
        self._guests[row] = port
        return row

    def leave(self, row: int) -> bool:
        """Let a guest whose stream is closed go; False when the row is none."""
        if self._guests.pop(row, None) is None:
            return False
        self._seats.append(row)
        return True

    def rest(self, row: int, now: float) -> None:
        """Begin the quarantine of a row whose stream is closed."""
        self._resting.append((ceil((now + self._quarantine) / GRAIN) * GRAIN, row))

    def rested(self, now: float) -> Sequence[int]:
        """Return the ports whose quarantine is over; they are leased again."""
        ports: list[int] = []
        while self._resting and self._resting[0][0] <= now:
            row = self._resting.popleft()[1]
            self._leased.add(row)
            ports.append(self.port(row))
        return ports
