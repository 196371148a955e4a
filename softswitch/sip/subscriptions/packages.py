"""Which events can be subscribed to here, and for how long."""

from collections.abc import Iterable

from msgspec import Struct

from softswitch.sip.message import Header, Request

_ALWAYS_ENOUGH = 3600
"""Seconds. Who asks for so much is never told that it is too little (RFC 6665, section 4.2.1.1)."""


class Package(Struct, frozen=True):
    """An event package that somebody above serves; times in seconds."""

    name: str
    media_types: tuple[str, ...]
    """Of its documents, the usual one first."""

    default_expires: int = 3600
    minimum_expires: int = 60
    maximum_expires: int = 3600

    def media_type(self, subscribe: Request) -> str | None:
        """Return the first of ours that is accepted, None when none is."""
        if Header.ACCEPT not in subscribe.ids:
            return self.media_types[0]
        accepted = {
            value.partition(";")[0].strip().lower() for value in subscribe.values(Header.ACCEPT)
        }
        for ours in self.media_types:
            if accepted & {ours, f"{ours.partition('/')[0]}/*", "*/*"}:
                return ours
        return None

    def granted(self, asked: int | None) -> int | None:
        """Return for how long, None when that is too short to begin with; 0 ends or fetches."""
        if asked is None:
            return self.default_expires
        if 0 < asked < min(self.minimum_expires, _ALWAYS_ENOUGH):
            return None
        return min(asked, self.maximum_expires)


def allow_events(packages: Iterable[Package]) -> tuple[Header, str]:
    """Return the header that names them, `refer` included, which every call has."""
    return Header.ALLOW_EVENTS, ", ".join((*(package.name for package in packages), "refer"))
