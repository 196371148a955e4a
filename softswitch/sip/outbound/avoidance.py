"""Hops that have failed not long ago."""

from collections.abc import Iterable

from softswitch.sip.locate import Hop

Place = tuple[str, str, int]
"""Transport, address and port."""

_MOST = 1000


class Avoidance:
    """Remembers for a while where nothing was to be had; of too many, the oldest are forgotten."""

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until: dict[Place, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def note(self, hop: Hop, until: float) -> None:
        place = _place(hop)
        self._until.pop(place, None)
        while len(self._until) >= _MOST:
            del self._until[next(iter(self._until))]
        self._until[place] = until

    def clear(self, hop: Hop) -> None:
        """Take it that a hop has answered."""
        if self._until:
            self._until.pop(_place(hop), None)

    def holds(self, hop: Hop, now: float) -> bool:
        place = _place(hop)
        until = self._until.get(place)
        if until is None:
            return False
        if until <= now:
            del self._until[place]
            return False
        return True

    def sort(self, hops: Iterable[Hop], now: float) -> list[Hop]:
        """Return the hops as they stand, but those last that have failed."""
        return sorted(hops, key=lambda hop: self.holds(hop, now))


def _place(hop: Hop) -> Place:
    return hop.transport, hop.address, hop.port
