"""Event (RFC 6665, section 8.2.1)."""

import re

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import is_token
from softswitch.sip.message.parameters import Parameters

_is_package = re.compile(r"[A-Za-z0-9\-!%*_+`'~]+(?:\.[A-Za-z0-9\-!%*_+`'~]+)*").fullmatch


class Event(Struct, frozen=True, gc=False):
    """What is subscribed to. Two of them are the same when package and id are."""

    package: str
    """With its templates, such as `presence.winfo`; case counts."""

    id: str = ""
    """Tells several subscriptions of one dialog apart; empty for none."""

    @classmethod
    def parse(cls, text: str) -> "Event":
        """Raises ParseError."""
        package, semicolon, rest = text.partition(";")
        package = package.strip()
        if _is_package(package) is None:
            raise ParseError("Event", text, 0, "the name of a package")
        name = Parameters.parse(semicolon + rest).get("id") or ""
        if name and not is_token(name):
            raise ParseError("Event", text, len(package), "an id that is a token")
        return cls(package, name)

    def __str__(self) -> str:
        return f"{self.package};id={self.id}" if self.id else self.package
