"""Header lines that are written once, and said in many messages."""

from collections.abc import Iterable

from msgspec import Struct

from softswitch.sip.message.headers import Header
from softswitch.sip.message.lines import add_lines


class Ready(Struct, frozen=True, gc=False):
    """What a message takes over as it is: whole lines, each beside the id of its name."""

    lines: tuple[str, ...] = ()
    ids: tuple[Header, ...] = ()

    @classmethod
    def of(cls, headers: Iterable[tuple[Header | str, str]]) -> "Ready":
        """Write a line per pair; raises ParseError where a value would break its line."""
        lines: list[str] = []
        ids: list[Header] = []
        add_lines(lines, ids, headers)
        return cls(tuple(lines), tuple(ids))


NOTHING = Ready()
