"""How many answers of second phones are dealt with."""

from collections import OrderedDict

_MOST_OF_LEG = 8
"""Telephones behind one contact, and the copies of their answers."""

_MOST_LEGS = 256


class Strays:
    """Counts, by the local tag of the INVITE, 2xx responses that are acknowledged and ended.

    lasts  seconds, in which they can come
    """

    __slots__ = ("_lasts", "_legs")

    def __init__(self, lasts: float) -> None:
        self._lasts = lasts
        self._legs: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admit(self, local_tag: str, now: float) -> bool:
        """Whether one more may cost us anything."""
        legs = self._legs
        while legs and next(iter(legs.values()))[0] <= now:
            legs.popitem(last=False)
        until, count = legs.get(local_tag, (now + self._lasts, 0))
        if count >= _MOST_OF_LEG or (not count and len(legs) >= _MOST_LEGS):
            return False
        legs[local_tag] = until, count + 1
        return True

    def __len__(self) -> int:
        return len(self._legs)
