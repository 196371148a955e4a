"""How much each side has begun that is not over."""


class Callers:
    """Counts what extensions have begun and what has not ended: legs that they have offered,
    requests that wait. Hosts may stand in the place of extensions.

    most  of one extension
    """

    __slots__ = ("_counts", "_extensions", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._extensions: dict[str, str] = {}  # by leg
        self._counts: dict[str, int] = {}

    def has_room(self, extension: str) -> bool:
        return self._counts.get(extension, 0) < self._most

    def enter(self, leg: str, extension: str) -> None:
        self._extensions[leg] = extension
        self._counts[extension] = self._counts.get(extension, 0) + 1

    def leave(self, leg: str) -> None:
        """Forget a leg, if it was counted."""
        extension = self._extensions.pop(leg, None)
        if extension is None:
            return
        left = self._counts[extension] - 1
        if left:
            self._counts[extension] = left
        else:
            del self._counts[extension]

    def __len__(self) -> int:
        """How many legs are counted."""
        return len(self._extensions)
