"""Programs that look for switches to break into, known by the name that they give themselves."""

from collections.abc import Iterable

_HEAD = 2048
"""Bytes at the beginning of a message in which a name is looked for."""

_USER_AGENT = b"\r\nuser-agent:"


class Scanners:
    """Recognises a message of such a program without reading it.

    names  parts of their User-Agent, in any case of letters
    """

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(name.lower().encode() for name in names)

    def sent(self, data: bytes) -> bool:
        """Whether one of them has sent this."""
        head = data[:_HEAD].lower()
        begin = head.find(_USER_AGENT)
        if begin < 0:
            return False
        line = head[begin + len(_USER_AGENT) : head.find(b"\r\n", begin + 2)]
        return any(name in line for name in self._names)
