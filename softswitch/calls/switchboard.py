"""What all calls share: whom they ask, and the tables that find them."""

from collections import defaultdict

from msgspec import Struct

from media.measuring import Quality
from softswitch.calls.ports import Locate, MediaPorts
from softswitch.calls.quality import LiveQuality
from softswitch.calls.settings import CallSettings
from softswitch.routing.model import Configuration


class Switchboard:
    """Owned by the exchange. A call enters itself into the tables, and leaves them at its end."""

    __slots__ = ("configuration", "epoch", "legs", "lines", "locate", "numbers", "ports",
                 "quality", "settings", "streams")  # fmt: skip

    def __init__(
        self,
        settings: CallSettings,
        locate: Locate,
        ports: MediaPorts,
        epoch: float,
        configuration: Configuration,
    ) -> None:
        self.settings = settings
        self.locate = locate
        self.ports = ports
        self.epoch = epoch
        self.configuration = configuration
        self.legs: dict[str, str] = {}
        """The call's id for each leg that is not over."""

        self.streams: dict[int, str] = {}
        """The call's id for each stream that is not closed."""

        self.quality = LiveQuality()

        self.lines: defaultdict[str, int] = defaultdict(int)
        """Calls that each extension has: those it made, and those it answered. A telephone that
        only rings is free: the next caller may be the one whom its user takes."""

        self.numbers: defaultdict[str, int] = defaultdict(int)
        """Calls in progress for each public number that let them in."""

    def note_quality(self, event: Quality) -> None:
        """Take what was measured; not of streams that are closed meanwhile."""
        self.quality.take(event)
        for stream in event.streams:
            if stream not in self.streams:
                self.quality.forget(stream)

    def counts(self) -> dict[str, int]:
        """Return how much is kept, for status and for finding leaks."""
        return {
            "legs": len(self.legs),
            "streams": len(self.streams),
            "lines": len(self.lines),
            "numbers": len(self.numbers),
            "measured": len(self.quality),
        }


def release(counter: defaultdict[str, int], name: str) -> None:
    """Count one down, and forget what is at zero."""
    counter[name] -= 1
    if counter[name] <= 0:
        del counter[name]


class LiveState(Struct, eq=False):
    """The live state as one call sees it: what its decisions read (`routing.model.Snapshot`)."""

    _board: Switchboard
    now: float
    """Moved by the call with each of its inputs."""

    _numbers: tuple[str, ...] = ()

    def registered(self, extension: str) -> bool:
        return self._board.locate.is_registered(extension, self.now)

    def busy(self, extension: str) -> bool:
        lines = self._board.lines
        if extension not in lines:
            return False
        employee = self._board.configuration.employees.get(extension)
        return employee is not None and lines[extension] >= employee.calls

    def calls_to(self, number: str) -> int:
        return self._board.numbers.get(number, 0) - (number in self._numbers)

    # What the call is to the states of others

    def let_in(self, numbers: tuple[str, ...]) -> None:
        """Count the call, once, among those of each public number that let it in."""
        for number in numbers:
            if number not in self._numbers:
                self._numbers += (number,)
                self._board.numbers[number] += 1

    def take_over(self, other: "LiveState") -> None:
        """Count among the calls of the numbers by which somebody came who is in this call now."""
        self.let_in(other._numbers)

    def leave(self) -> None:
        """Count the call nowhere any more."""
        for number in self._numbers:
            release(self._board.numbers, number)
        self._numbers = ()
