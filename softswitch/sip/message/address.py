"""What From, To, Route and their like hold (RFC 3261, section 20.10)."""

import re
from functools import lru_cache

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import QUOTED, is_token, quote, unquote
from softswitch.sip.message.parameters import Parameters
from softswitch.sip.message.uri import Uri

_bracketed = re.compile(
    r"(" + QUOTED + r"[ \t]*|[A-Za-z0-9\-.!%*_+`'~ \t\x80-\U0010ffff]*)<([^<>]*)>[ \t]*(;.*)?",
    re.DOTALL,
).fullmatch
_bare = re.compile(r"([^\s<>;,?\"]+)[ \t]*(;.*)?", re.DOTALL).fullmatch

_LONGEST_REMEMBERED = 256


class Address(Struct, frozen=True, gc=False):
    """A URI with a name to show and the header's parameters."""

    uri: Uri
    display: str = ""
    """Without quotes."""

    parameters: Parameters = Parameters()

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `"Name" <uri>;parameters`, or a bare URI whose parameters are the header's."""
        if len(text) > _LONGEST_REMEMBERED:
            return _parse(text)
        before, found, tag = text.partition(";tag=")
        if not found or not ((tag.isalnum() and tag.isascii()) or is_token(tag)):
            return _remembered(text)
        # A tag is never seen again once its call is over, while what stands before it is.
        try:
            address = _remembered(before)
        except ParseError:
            return _parse(text)  # which raises it for the whole text
        pairs = address.parameters.pairs
        if pairs:
            return Address(
                address.uri, address.display, Parameters.parse(f"{address.parameters};tag={tag}")
            )
        return Address(address.uri, address.display, Parameters((("tag", tag),)))

    @property
    def tag(self) -> str | None:
        for name, value in self.parameters.pairs:
            if name == "tag":
                return unquote(value) if value else ""
        return None

    def tagged(self, tag: str) -> "Address":
        return Address(self.uri, self.display, self.parameters.setting("tag", tag))

    def __str__(self) -> str:
        name = f"{quote(self.display)} " if self.display else ""
        return f"{name}<{self.uri}>{self.parameters}"


def _parse(text: str) -> Address:
    found = _bracketed(text)
    if found is None:
        bare = _bare(text)
        if bare is None:
            raise ParseError("address", text, 0, '"name" <uri>')
        return Address(Uri.read(bare[1]), "", Parameters.parse(bare[2] or ""))
    display = unquote(found[1].strip())
    return Address(Uri.read(found[2]), display, Parameters.parse(found[3] or ""))


_remembered = lru_cache(maxsize=4096)(_parse)
