"""Exceptions that nobody foresaw: written down once, counted, and survived."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import PurePath
from traceback import extract_tb, format_exception
from typing import Final

from softswitch.daemon.logs import Log

GAP: Final = 60.0
"""Seconds until the same fault is written down in full again."""

MOST_PLACES: Final = 100
"""Places that are told apart; faults of further ones are counted together."""

ELSEWHERE: Final = "elsewhere"
LONGEST_INPUT: Final = 2000
"""Characters of an input that are written down."""


class Faults:
    """Faults of this process, by the place where they arose."""

    def __init__(self, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self.counts: Counter[str] = Counter()
        self._log = log
        self._clock = clock
        self._told: dict[str, float] = {}

    def report(self, error: Exception, arguments: tuple[object, ...]) -> None:
        """Take a fault, and the input that it came of."""
        place = _place(error)
        if place not in self.counts and len(self.counts) >= MOST_PLACES:
            place = ELSEWHERE
        self.counts[place] += 1
        now, told = self._clock(), self._told.get(place)
        if told is not None and now < told + GAP:
            return
        self._told[place] = now
        self._log.error(
            "fault",
            place=place,
            count=self.counts[place],
            input=" ".join(_words(argument) for argument in arguments)[:LONGEST_INPUT],
            traceback="".join(format_exception(error, limit=-20)),
        )


def _place(error: Exception) -> str:
    frames = extract_tb(error.__traceback__, limit=-1)
    where = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
    return f"{type(error).__name__} at {where}"


def _words(argument: object) -> str:
    """Return an argument as text; of bytes only as many as are shown, for they may be many."""
    return repr(argument[:LONGEST_INPUT] if isinstance(argument, bytes) else argument)
