"""Keys of encrypted media in session descriptions: SDES (RFC 4568), `a=crypto`."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from media.sdp.description import Media
from media.sdp.errors import NotAcceptable

SUITES = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""What we can, most wanted first (section 6.2)."""

PLAIN = ("RTP/AVP", "RTP/AVPF")
SAFE = ("RTP/SAVP", "RTP/SAVPF")
"""Protocols of m-lines."""

KEY_SIZE = 30
"""Octets of a master key of 128 bits and its salt of 112."""

SHORTEST_LIFETIME = 1 << 22
"""Packets that a key has to last for: no call has as many."""

_HARMLESS = ("WSH=",)
"""Session parameters that ask nothing of us: the size of the other side's replay window."""


class Security(StrEnum):
    """Whether media is encrypted."""

    OFF = "off"
    OPTIONAL = "optional"
    """If the other side can: offered over RTP/AVP, with keys (RFC 8643)."""

    REQUIRED = "required"
    """Offered over RTP/SAVP; what is plain is refused."""


class Secret(bytes):
    """Octets that no log and no message shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "hidden"

    __str__ = __repr__


class Crypto(Struct, frozen=True, gc=False):
    """One `a=crypto` (section 9.2)."""

    tag: str
    suite: str
    key: Secret

    @property
    def line(self) -> str:
        return f"a=crypto:{self.tag} {self.suite} inline:{b64encode(self.key).decode()}\r\n"


class CryptoAgreed(Struct, frozen=True, gc=False):
    """What packets are encrypted with."""

    suite: str
    send: Secret
    receive: Secret


class Offered(Struct, frozen=True, gc=False):
    """The keys in a media description."""

    usable: tuple[Crypto, ...]
    """In the order of the description."""

    refused: tuple[str, ...]
    """Why others cannot be used, in words."""

    @property
    def said(self) -> bool:
        """There are keys, usable or not."""
        return bool(self.usable or self.refused)


def read(attributes: Iterable[str]) -> Offered:
    """Return the keys among the a-lines of a media description, which stand there without `a=`."""
    usable: list[Crypto] = []
    refused: list[str] = []
    for attribute in attributes:
        name, is_valued, value = attribute.partition(":")
        if name == "crypto" and is_valued:
            found = _parse(value)
            if isinstance(found, Crypto):
                usable.append(found)
            else:
                refused.append(found)
    return Offered(tuple(usable), tuple(refused))


def fits(media: Media, security: Security) -> bool:
    """Return whether a stream is as secure as it has to be; of encrypted ones, that a key can be
    used."""
    is_plain = media.protocol in PLAIN
    if is_plain and security is not Security.REQUIRED:
        return True
    is_wanted = security is not Security.OFF and (is_plain or media.protocol in SAFE)
    return is_wanted and bool(read(media.attributes).usable)


def wanted_by(offer: Media) -> Security:
    """Return what an offer of ours has asked for."""
    if offer.protocol in SAFE:
        return Security.REQUIRED
    return Security.OPTIONAL if read(offer.attributes).said else Security.OFF


def ours(secret: bytes) -> tuple[Crypto, ...]:
    """Return what we offer: a key for each suite, drawn from the secret of the stream. No suite's
    key is that of another, so that a change of the suite does not use a key anew."""
    return tuple(Crypto(str(tag), suite, key(secret, suite)) for tag, suite in enumerate(SUITES, 1))


def key(secret: bytes, suite: str) -> Secret:
    """Return the key of a suite. Raises ValueError without a secret: anybody could know the key."""
    if not secret:
        raise ValueError("no secret to draw keys from")
    return Secret(blake2b(suite.encode(), key=secret[:64], digest_size=KEY_SIZE).digest())


def answered(theirs: Iterable[str], secret: bytes) -> tuple[str, CryptoAgreed | None]:
    """Return our a-line for the first key of an offer that can be used, and what is used then;
    nothing where there is none."""
    usable = read(theirs).usable
    if not usable:
        return "", None
    first = usable[0]
    mine = Crypto(first.tag, first.suite, key(secret, first.suite))
    return mine.line, CryptoAgreed(first.suite, mine.key, first.key)


def settled(sent: Iterable[str], answer: Iterable[str]) -> CryptoAgreed | None:
    """Return what our offer and its answer have agreed on; None where one of them has no keys.

    Raises NotAcceptable for an answer with keys of which none goes with ours.
    """
    mine, theirs = read(sent), read(answer)
    if not (mine.said and theirs.said):
        return None
    for taken in theirs.usable[:1]:
        for each in mine.usable:
            if (each.tag, each.suite) == (taken.tag, taken.suite):
                return CryptoAgreed(each.suite, each.key, taken.key)
    raise NotAcceptable("the answer takes no key that was offered")


def _parse(value: str) -> Crypto | str:
    """Return the key, or in words why it cannot be used."""
    parts = value.split()
    if len(parts) < 3:
        return "a=crypto needs a tag, a suite and a key"
    tag, suite, parameters, *session = parts
    suite = suite.upper()
    if not (tag.isascii() and tag.isdigit() and len(tag) <= 9):
        return f"{tag[:20]!r} is no tag"
    if suite not in SUITES:
        return f"the suite {suite[:40]} is not supported"
    for parameter in session:
        if not parameter.startswith(_HARMLESS):
            return f"{parameter[:40]} is not supported"
    if ";" in parameters:
        return "several keys in one line are not supported"
    method, _, inline = parameters.partition(":")
    if method.lower() != "inline":
        return f"keys by {method[:20]!r} are not supported"
    encoded, *rest = inline.split("|")
    for limit in rest:
        if ":" in limit:
            return "a master key identifier (MKI) is not supported"
        if _packets(limit) < SHORTEST_LIFETIME:
            return f"a lifetime of {limit[:20]} packets is too short for a call"
    octets = _octets(encoded)
    if len(octets) != KEY_SIZE:
        return "the key has not 30 octets"
    return Crypto(tag, suite, Secret(octets))


def _octets(encoded: str) -> bytes:
    """Return what base64 stands for, some telephones' lack of padding forgiven; nothing for what
    is none."""
    try:
        return b64decode(encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4), validate=True)
    except (Base64Error, ValueError):
        return b""


def _packets(limit: str) -> int:
    """Return how many packets a lifetime is, 0 for what is none."""
    base, is_power, exponent = limit.partition("^")
    digits = exponent if is_power else base
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return 0
    if not is_power:
        return int(digits)
    return 1 << int(digits) if base == "2" and int(digits) <= 48 else 0
