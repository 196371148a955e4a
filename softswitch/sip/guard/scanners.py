"""Programs that look for switches to break into, known by the name that they give themselves."""

import re
from collections.abc import Iterable

_HEAD = 8192
"""Bytes at the beginning of a message in which a name is looked for."""

_USER_AGENT = re.compile(rb"\nuser-agent[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)")
"""As parsers take it: space before the colon, lines that end in LF alone, and folded ones."""


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
        if b"\nuser-agent" not in head:
            return False
        lines: list[bytes] = _USER_AGENT.findall(head)
        return any(name in line for line in lines for name in self._names)
