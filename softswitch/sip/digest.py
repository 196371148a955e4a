"""Digest authentication, for both sides (RFC 3261, section 22; RFC 8760 for the newer hashes).

Qualities: `auth`, and for clients from before RFC 2617 none at all, with a nonce that such a
client may use once and soon. Not spoken: `auth-int`, the `-sess` algorithms, `userhash`. Time,
nonces' key and cnonces are arguments.
"""

import hashlib
import hmac
from collections import deque
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Challenge, Credentials

_HASHES: Final[dict[str, Callable[[bytes], "hashlib._Hash"]]] = {
    "MD5": hashlib.md5,
    "SHA-256": hashlib.sha256,
}
if "sha512_256" in hashlib.algorithms_available:  # a build of OpenSSL may lack it
    _HASHES["SHA-512-256"] = partial(hashlib.new, "sha512_256")
ALGORITHMS = frozenset(_HASHES)


class NonceSource:
    """Makes nonces that need no memory until they are used, and refuses to see one use twice.

    A nonce is good for the host that it was given to: who forges a source address never sees one
    that is good for it.

    key       secret of this process; a nonce of another process is not recognised
    lifetime  seconds for which a client that counts its uses may go on with one nonce
    once      seconds within which a client that does not count may use one, a single time
    most      used nonces that are remembered; when more are used, the oldest become stale
    """

    __slots__ = ("_floor", "_lifetime", "_mac", "_most", "_once", "_order", "_serial", "_used")

    def __init__(
        self, key: bytes, lifetime: float = 300.0, once: float = 30.0, most: int = 100_000
    ) -> None:
        # A keyed BLAKE2 is a MAC of its own, at a quarter of what HMAC takes.
        self._mac = hashlib.blake2s(key=hashlib.sha256(key).digest(), digest_size=16)
        self._lifetime = lifetime
        self._once = once
        self._most = most
        self._serial = 0
        self._floor = 0  # nonces up to this serial are fresh only if they are in `_used`
        self._used: dict[int, tuple[int, int]] = {}
        # serial -> (highest count, bit n set: highest - n was used)
        self._order: deque[int] = deque()
        # The same serials, oldest first. Asking a dict for its first key takes the longer, the
        # more keys before that were deleted.

    def make(self, host: str, now: float) -> str:
        self._serial += 1
        stem = f"{int(now * 1000):012x}{self._serial:010x}"
        return stem + self._seal(stem, host)

    def recognise(self, nonce: str, nc: str, host: str, now: float) -> int | None:
        """Return the serial of a nonce that was given to `host` and is not too old, else None.

        nc  the count that the client claims, eight hexadecimal digits; empty if it has no qop
        """
        stem, seal = nonce[:22], nonce[22:]
        if not nonce.isascii() or not hmac.compare_digest(seal, self._seal(stem, host)):
            return None
        age = now - int(stem[:12], 16) / 1000
        return None if age > (self._lifetime if nc else self._once) else int(stem[12:], 16)

    def spend(self, serial: int, nc: str) -> bool:
        """Spend one use of a nonce, and tell whether there was one left. Ask only when the response
        was right, or strangers spend it."""
        if nc:
            return self._count(serial, nc)
        if serial in self._used or serial <= self._floor:
            return False
        self._remember(serial, _SPENT)
        return True

    def _count(self, serial: int, nc: str) -> bool:
        count = _counted(nc)
        if count is None:
            return False
        seen = self._used.get(serial)
        if seen is None:
            if serial <= self._floor:
                return False
            self._remember(serial, _FIRST if count == 1 else (count, 1))
            return True
        highest, window = seen
        if count > highest:
            self._used[serial] = count, ((window << min(count - highest, _WINDOW)) | 1) & _MASK
            return True
        bit = 1 << (highest - count) if highest - count < _WINDOW else 0
        if not bit or window & bit:
            return False
        self._used[serial] = highest, window | bit
        return True

    def _remember(self, serial: int, use: tuple[int, int]) -> None:
        if len(self._used) >= self._most:
            oldest = self._order.popleft()
            del self._used[oldest]
            self._floor = max(self._floor, oldest)
        self._order.append(serial)
        self._used[serial] = use

    def _seal(self, stem: str, host: str) -> str:
        mac = self._mac.copy()
        mac.update(f"{stem}{host}".encode())
        return mac.hexdigest()


_WINDOW = 64
"""How far the counts of one nonce may come out of order."""

_MASK = (1 << _WINDOW) - 1
_FIRST = (1, 1)
"""The state of nearly every nonce: its one use counted 1. Shared, to save memory."""

_SPENT = (2**32, _MASK)
"""The state of a nonce that was used without a count: every count is below, and used."""


def challenge(
    realm: str, nonce: str, algorithm: str = "MD5", *, is_stale: bool = False
) -> Challenge:
    """Return what a server asks with."""
    return Challenge(realm, nonce, algorithm, qop="auth", is_stale=is_stale)


def ha1(user: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """Return the hash that may be stored in the place of the password."""
    return _hash(algorithm, f"{user}:{realm}:{password}")


def response(
    ha1: str,
    nonce: str,
    method: str,
    uri: str,
    *,
    qop: str = "",
    cnonce: str = "",
    nc: str = "",
    algorithm: str = "MD5",
) -> str:
    """Return the proof that its maker knows `ha1`, in hexadecimal."""
    is_usual = len(method) + len(uri) < _LONG
    ha2 = (_remembered_ha2 if is_usual else _ha2)(algorithm, method, uri)
    if qop:
        return _hash(algorithm, f"{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}")
    return _hash(algorithm, f"{ha1}:{nonce}:{ha2}")


def verify(credentials: Credentials, method: str, ha1: str, algorithm: str = "MD5") -> bool:
    """Whether `credentials` prove `ha1` for `method`; whether the nonce is good, NonceSource says.

    The `uri` is taken as the client wrote it: some name another than the Request-URI.
    """
    named, qop, nc = credentials.algorithm, credentials.qop, credentials.nc
    if credentials.scheme != "Digest" or (named != algorithm and named.upper() != algorithm):
        return False
    if qop == "auth":
        if not credentials.cnonce or _counted(nc) is None:
            return False
    elif qop or nc:
        return False  # a quality that is not spoken, or a count that the proof does not cover
    expected = response(
        ha1,
        credentials.nonce,
        method,
        credentials.uri,
        qop=qop,
        cnonce=credentials.cnonce,
        nc=nc,
        algorithm=algorithm,
    )
    given = credentials.response.lower().encode("utf-8", "surrogateescape")
    return hmac.compare_digest(expected.encode(), given)


def authorize(
    challenge: Challenge,
    user: str,
    password: str,
    method: str,
    uri: str,
    cnonce: str,
    nc: int = 1,
) -> str:
    """Return the value of the Authorization that answers `challenge`.

    Raises ParseError when the challenge asks for what is not spoken here.
    """
    algorithm = challenge.algorithm.upper()
    offered = [quality.strip().lower() for quality in challenge.qop.split(",") if quality.strip()]
    if challenge.scheme != "Digest" or algorithm not in _HASHES:
        raise ParseError("challenge", str(challenge), 0, f"Digest with {', '.join(_HASHES)}")
    if offered and "auth" not in offered:
        raise ParseError("challenge", str(challenge), 0, "qop auth")
    qop = "auth" if offered else ""
    count = f"{nc:08x}" if qop else ""
    proof = response(
        ha1(user, challenge.realm, password, algorithm),
        challenge.nonce,
        method,
        uri,
        qop=qop,
        cnonce=cnonce,
        nc=count,
        algorithm=algorithm,
    )
    return str(
        Credentials(
            username=user,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=uri,
            response=proof,
            algorithm=challenge.algorithm,
            qop=qop,
            cnonce=cnonce if qop else "",
            nc=count,
            opaque=challenge.opaque,
        )
    )


def _counted(nc: str) -> int | None:
    """Return the count in eight hexadecimal digits."""
    return _hexadecimal(nc) if len(nc) == 8 else None


@lru_cache(maxsize=256)
def _hexadecimal(nc: str) -> int | None:
    if not nc.isascii() or not nc.isalnum():
        return None
    try:
        return int(nc, 16) or None
    except ValueError:
        return None


_LONG = 256
"""Characters of a method and URI that are not remembered."""


def _ha2(algorithm: str, method: str, uri: str) -> str:
    """Return what all proofs for a method and URI have in common."""
    return _hash(algorithm, f"{method}:{uri}")


_remembered_ha2 = lru_cache(maxsize=4096)(_ha2)


def _hash(algorithm: str, text: str) -> str:
    return _HASHES[algorithm](text.encode("utf-8", "surrogateescape")).hexdigest()
