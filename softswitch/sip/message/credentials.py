"""Challenges and credentials of digest authentication (RFC 3261, sections 20.7 and 20.44)."""

import re

from msgspec import Struct

from softswitch.sip.errors import ParseError
from softswitch.sip.message.grammar import INSIDE_QUOTES, TOKEN, quote, unescape

# A pair begins behind a comma, and a name is not given back: so what is no pair is tried from few
# places, and left at once. From every place it would take the square of its length.
_PAIR = (
    r"(?:\A|(?<=,))[ \t]*+(" + TOKEN + r"+)[ \t]*+="
    r'[ \t]*+(?:"(' + INSIDE_QUOTES + r')"|([^\s,"]++))?[ \t]*+(?:,|$)'
)
_split = re.compile(_PAIR).split
_pairs = re.compile(f"(?:{_PAIR})*+").match


class Challenge(Struct, frozen=True, gc=False):
    """What a server asks: WWW-Authenticate or Proxy-Authenticate."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str = ""
    """The offered qualities, as written (`auth` or `auth,auth-int`); empty before RFC 2617."""

    opaque: str = ""
    is_stale: bool = False
    scheme: str = "Digest"

    @classmethod
    def parse(cls, text: str) -> "Challenge":
        scheme, pairs = _parse(text)
        return cls(
            realm=pairs.get("realm", ""),
            nonce=pairs.get("nonce", ""),
            algorithm=pairs.get("algorithm", "MD5"),
            qop=pairs.get("qop", ""),
            opaque=pairs.get("opaque", ""),
            is_stale=pairs.get("stale", "").lower() == "true",
            scheme=scheme,
        )

    def __str__(self) -> str:
        parts = [f"{self.scheme} realm={quote(self.realm)}", f"nonce={quote(self.nonce)}"]
        if self.opaque:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.is_stale:
            parts.append("stale=true")
        parts.append(f"algorithm={self.algorithm}")
        if self.qop:
            parts.append(f"qop={quote(self.qop)}")
        return ", ".join(parts)


class Credentials(Struct, frozen=True, gc=False):
    """What a client answers: Authorization or Proxy-Authorization. Absent parts are empty."""

    username: str = ""
    realm: str = ""
    nonce: str = ""
    uri: str = ""
    response: str = ""
    algorithm: str = "MD5"
    qop: str = ""
    cnonce: str = ""
    nc: str = ""
    """Eight hexadecimal digits."""

    opaque: str = ""
    scheme: str = "Digest"

    @classmethod
    def parse(cls, text: str) -> "Credentials":
        scheme, pairs = _parse(text)
        if not pairs.keys() <= _OF_CREDENTIALS:
            pairs = {name: value for name, value in pairs.items() if name in _OF_CREDENTIALS}
        return cls(scheme=scheme, **pairs)

    def __str__(self) -> str:
        parts = [
            f"{self.scheme} username={quote(self.username)}",
            f"realm={quote(self.realm)}",
            f"nonce={quote(self.nonce)}",
            f"uri={quote(self.uri)}",
            f"response={quote(self.response)}",
            f"algorithm={self.algorithm}",
        ]
        if self.cnonce:
            parts.append(f"cnonce={quote(self.cnonce)}")
        if self.opaque:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.qop:
            parts.append(f"qop={self.qop}")
        if self.nc:
            parts.append(f"nc={self.nc}")
        return ", ".join(parts)


_OF_CREDENTIALS = frozenset(Credentials.__struct_fields__) - {"scheme"}


def _parse(text: str) -> tuple[str, dict[str, str]]:
    """Return the scheme and its parameters; of a scheme that is not Digest, none."""
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest":
        return scheme, {}
    pieces = _split(rest)  # what stands between pairs, then name, quoted and token, and so on
    if any(pieces[::4]):
        found = _pairs(rest)
        raise ParseError("credentials", text, found.end() if found else 0, "name=value")
    names, quoted, tokens = pieces[1::4], pieces[2::4], pieces[3::4]
    if "\\" in rest:
        quoted = [inside and unescape(inside) for inside in quoted]
    if not _OF_CREDENTIALS.issuperset(names):
        names = [name.lower() for name in names]
    pairs = {
        name: inside or token or ""
        for name, inside, token in zip(names, quoted, tokens, strict=True)
    }
    if len(pairs) < len(names):
        raise ParseError("credentials", text, 0, "each name once")
    return "Digest", pairs
