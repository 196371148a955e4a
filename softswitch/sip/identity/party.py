"""A name and a number as a header writes them, or nobody's."""

import re
from functools import lru_cache
from urllib.parse import quote as escape

from softswitch.sip.claims import Party
from softswitch.sip.errors import ParseError
from softswitch.sip.message import Address, Uri
from softswitch.sip.message.grammar import quote
from softswitch.sip.text import readable

NOBODY = "anonymous.invalid"
ANONYMOUS = f'"Anonymous" <sip:anonymous@{NOBODY}>'
"""From of a caller who does not want to be known (RFC 3323, section 4.1)."""

_is_plain_user = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,]+").fullmatch


def is_hidden(uri: Uri) -> bool:
    """Whether a URI stands for a caller who does not want to be known."""
    return uri.host == NOBODY


@lru_cache(maxsize=4096)
def party(who: Party, host: str) -> str:
    """Return a name and a number as an address at `host`."""
    name = f"{quote(who.name)} " if who.name else ""
    if not who.number:
        return f"{name}<sip:anonymous@{NOBODY}>"
    return f"{name}<sip:{user_part(who.number)}@{host}>"


def user_part(number: str) -> str:
    """Return `number` as the user part of a URI."""
    return (
        number
        if _is_plain_user(number)
        else escape(number, safe="-_.!~*'()&=+$,", errors="surrogateescape")
    )


def read_party(text: str) -> Party | None:
    """Return who an address is, or None where it cannot be read or names nobody."""
    try:
        address = Address.parse(text)
    except ParseError:
        return None
    number = address.uri.number
    if not number or is_hidden(address.uri):
        return None
    return Party(readable(number), readable(address.display))
