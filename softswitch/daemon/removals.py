"""Streams that move from one media worker to another, and what is asked of them meanwhile."""

from collections.abc import Callable
from typing import NamedTuple

from media.control import Bridge, Close, Command
from media.filing import HandRecording
from media.handing import HandedOff, HandOff, Regain, TakeOver

Submit = Callable[[int, Command], None]


class Guest(NamedTuple):
    """A stream that is on a worker whose port it does not have."""

    worker: int
    home: int
    """The worker whose port it has."""

    port: int


class Removal:
    """One stream between two workers."""

    __slots__ = ("is_void", "port", "source", "target", "waiting")

    def __init__(self, source: int, target: int, port: int) -> None:
        self.source = source
        self.target = target
        self.port = port
        self.is_void = False
        """The target is lost."""

        self.waiting: list[tuple[int, Command]] = []
        """What was asked of the stream since."""


class Removals:
    """Lets commands for a stream wait until it has arrived, and ports find home again.

    submit  carries a command to a worker
    """

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._under_way: dict[int, Removal] = {}
        self._guests: dict[int, Guest] = {}

    def guests(self, worker: int) -> int:
        """Return how many streams with ports of others a worker has, or will have."""
        return sum(guest.worker == worker for guest in self._guests.values())

    def begin(self, stream: int, source: int, target: int, port: int) -> bool:
        """Let a stream move; False while it is under way already."""
        if stream in self._under_way:
            return False
        guest = self._guests.pop(stream, None)
        home = source if guest is None else guest.home
        if home != target:
            self._guests[stream] = Guest(target, home, port)
        self._under_way[stream] = Removal(source, target, port)
        self._submit(source, HandOff(stream))
        return True

    def delays(self, worker: int, command: Command) -> bool:
        """Keep a command that is for a stream under way; False for any other."""
        if not self._under_way:
            return False
        removal = self._under_way.get(getattr(command, "stream", 0))
        if removal is None and isinstance(command, Bridge):
            removal = self._under_way.get(command.other)
        elif removal is None and isinstance(command, HandRecording):
            removal = self._under_way.get(command.to)
        if removal is None:
            removal = self._behind_a_bridge(command)
        if removal is None:
            return False
        removal.waiting.append((worker, command))
        return True

    def _behind_a_bridge(self, command: Command) -> Removal | None:
        """Return what a bridge of this command's stream waits for: what is asked for later must
        not be done before it."""
        stream = getattr(command, "stream", 0)
        for removal in self._under_way.values():
            for _, waiting in removal.waiting:
                if isinstance(waiting, Bridge) and waiting.stream == stream:
                    return removal
        return None

    def handed_off(self, event: HandedOff) -> None:
        """Let a stream arrive, and then what has waited for it."""
        removal = self._under_way.pop(event.stream, None)
        if removal is None:
            return
        if removal.is_void:  # back to where it came from, to be closed there
            self._submit(removal.source, _take_over(event))
            self._submit(removal.source, Close(event.stream))
            return
        self._submit(removal.target, _take_over(event))
        self._follow(removal)

    def closed(self, stream: int) -> None:
        """Send the port of a guest that has closed home."""
        guest = self._guests.pop(stream, None)
        if guest is not None:
            self._submit(guest.home, Regain(guest.port))

    def lost(self, worker: int) -> None:
        """Learn that a worker has died."""
        for stream, removal in list(self._under_way.items()):
            if removal.source == worker:
                # The target does not know it and will say so, which ends the call.
                del self._under_way[stream]
                self._submit(removal.target, TakeOver(stream, removal.port, b"", ()))
                self._follow(removal)
            elif removal.target == worker:
                removal.is_void = True
                guest = self._guests.pop(stream, None)
                if guest is not None and guest.home != removal.source:
                    self._guests[stream] = guest._replace(worker=removal.source)
        for stream, guest in list(self._guests.items()):
            if guest.home == worker:
                del self._guests[stream]  # whoever follows knows nothing of that port
            elif guest.worker == worker:
                self.closed(stream)

    def _follow(self, removal: Removal) -> None:
        for worker, command in removal.waiting:
            if not self.delays(worker, command):
                self._submit(worker, command)


def _take_over(event: HandedOff) -> TakeOver:
    return TakeOver(event.stream, event.port, event.state, event.descriptors)
