"""One press of a key counts once, although some telephones send it in more ways than one."""

from collections import deque
from enum import Enum, auto

WINDOW = 1.5
"""Seconds between the two: a named event is known at its end, and INFO may come at the beginning of
a long press, or be sent again."""

_MOST_WAITING = 16


class Way(Enum):
    MEDIA = auto()
    """Named events (RFC 4733)."""

    INFO = auto()
    TONES = auto()
    """In the audio (ITU-T Q.23)."""


class Keypad:
    """The keys of one telephone."""

    __slots__ = ("_single",)

    def __init__(self) -> None:
        self._single: deque[tuple[str, Way, float]] = deque(maxlen=_MOST_WAITING)
        """Presses that have come in one way only, so far."""

    def press(self, key: str, way: Way, now: float) -> bool:
        """Whether this is a press of its own, and not what came in the other way before."""
        single = self._single
        while single and now - single[0][2] > WINDOW:
            single.popleft()
        for known in single:
            if known[0] == key and known[1] is not way:
                single.remove(known)
                return False
        single.append((key, way, now))
        return True
