"""The `;name=value` list behind addresses, Vias and URIs."""

import re
from sys import intern
from typing import Self

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import QUOTED, unquote

_parameter = re.compile(
    r"[ \t]*+([^\s;=\",<>]++)[ \t]*+(?:=[ \t]*+(" + QUOTED + r'[ \t]*+|[^;"]*+))?(;|$)'
)
_usual = re.compile(r"(?:;[^\s;=\",<>]++(?:=[^\s;\"]*+)?)++").fullmatch
_name = re.compile(r"[^\s;=\",<>]+").fullmatch


class Parameters(Struct, frozen=True, gc=False):
    """Names, in lower case, with their values as written, in order.

    A name without `=` has the value None; quotes are kept, so that it prints as it came.
    """

    pairs: tuple[tuple[str, str | None], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Parameters":
        """Read `;a=b;c`. A name that comes twice raises ParseError, as section 7.3.1 has it."""
        if not text:
            return NONE
        if text[0] != ";":
            raise ParseError("parameter", text, 0, "a semicolon")
        if _usual(text) is not None:
            pairs = [
                (intern(name.lower()), value if equals else None)
                for name, equals, value in [part.partition("=") for part in text[1:].split(";")]
            ]
        else:
            pairs = _quoted(text) if '"' in text else _plain(text)
        if len(pairs) > 1 and len({name for name, _ in pairs}) != len(pairs):
            raise ParseError("parameter", text, 0, "each name once")
        return cls(tuple(pairs))

    def get(self, name: str) -> str | None:
        """Return the value without its quotes, "" for a bare name, None for an absent one."""
        for key, value in self.pairs:
            if key == name:
                if not value:
                    return ""
                return unquote(value) if value[0] == '"' else value
        return None

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.pairs)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def setting(self, name: str, value: str | None) -> Self:
        """Return a copy in which `name` has this value, in its old place or at the end."""
        if name not in self:
            return type(self)((*self.pairs, (name, value)))
        return type(self)(tuple((k, value if k == name else v) for k, v in self.pairs))

    def without(self, name: str) -> Self:
        return type(self)(tuple(pair for pair in self.pairs if pair[0] != name))

    def __str__(self) -> str:
        if not self.pairs:
            return ""
        return "".join(
            f";{name}" if value is None else f";{name}={value}" for name, value in self.pairs
        )


NONE = Parameters()


def _plain(text: str) -> list[tuple[str, str | None]]:
    pairs: list[tuple[str, str | None]] = []
    for part in text[1:].split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if _name(name) is None:
            if not part.strip():
                continue  # `;;` and a trailing `;`, which some phones send
            raise ParseError("parameter", text, text.find(part), "a name")
        pairs.append((name.lower(), value.strip() if equals else None))
    return pairs


def _quoted(text: str) -> list[tuple[str, str | None]]:
    pairs: list[tuple[str, str | None]] = []
    at = 1
    while at < len(text):
        found = _parameter.match(text, at)
        if found is None:
            raise ParseError("parameter", text, at, "name=value")
        value = found[2]
        pairs.append((found[1].lower(), None if value is None else value.strip()))
        at = found.end()
    return pairs
