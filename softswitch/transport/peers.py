"""Who is connected, and who of them may be put out."""

from collections import Counter


class Room:
    """How many connections all listeners have together, and may have: each takes a descriptor, and
    files, media and whoever asks how we are need some too."""

    __slots__ = ("most", "taken")

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0


class Peers:
    """The connections of one listener, by number.

    A stranger has not yet proven that it belongs here. When there is no room, it is the oldest
    stranger who goes: phones prove themselves within a second, so a flood of strangers displaces
    nobody but strangers.

    most          connections
    most_of_host  connections from one address; an office behind a router has one for all phones
    """

    __slots__ = ("_hosts", "_most", "_most_of_host", "_of_host", "_strangers", "_strangers_of")

    def __init__(self, most: int, most_of_host: int) -> None:
        self._most = most
        self._most_of_host = most_of_host
        self._hosts: dict[int, str] = {}
        self._strangers: dict[int, None] = {}  # the oldest first
        self._strangers_of: dict[str, dict[int, None]] = {}
        self._of_host: Counter[str] = Counter()

    def has_room(self, host: str) -> bool:
        return len(self._hosts) < self._most and self._of_host[host] < self._most_of_host

    def displaced_by(self, host: str) -> int | None:
        """Return whose leaving would make room for one more from `host`; None for nobody's."""
        is_host_full = self._of_host[host] >= self._most_of_host
        strangers = self._strangers_of.get(host, {}) if is_host_full else self._strangers
        return next(iter(strangers), None)

    def enter(self, number: int, host: str) -> None:
        """Take in a stranger."""
        self._hosts[number] = host
        self._of_host[host] += 1
        self._strangers[number] = None
        self._strangers_of.setdefault(host, {})[number] = None

    def accept(self, number: int) -> None:
        """Take it for no stranger any more, whoever has not left."""
        if number in self._strangers:
            del self._strangers[number]
            strangers = self._strangers_of[self._hosts[number]]
            del strangers[number]
            if not strangers:
                del self._strangers_of[self._hosts[number]]

    def is_stranger(self, number: int) -> bool:
        return number in self._strangers

    def leave(self, number: int) -> None:
        """Forget it, if it has not left already."""
        if number in self._hosts:
            self.accept(number)
            host = self._hosts.pop(number)
            self._of_host[host] -= 1
            if not self._of_host[host]:
                del self._of_host[host]
