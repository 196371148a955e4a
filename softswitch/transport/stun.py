"""Messages of STUN, as far as Binding needs them (RFC 8489)."""

import struct
from binascii import crc32
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from msgspec import Struct

REQUEST: Final = 0x0001
SUCCESS: Final = 0x0101
ERROR: Final = 0x0111
"""Types of Binding messages."""

MAPPED_ADDRESS: Final = 0x0001
ERROR_CODE: Final = 0x0009
UNKNOWN_ATTRIBUTES: Final = 0x000A
XOR_MAPPED_ADDRESS: Final = 0x0020
FINGERPRINT: Final = 0x8028

_COOKIE: Final = 0x2112A442
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_FINGERPRINT_MASK = 0x5354554E
_FAMILIES = {1: (4, IPv4Address), 2: (16, IPv6Address)}
"""How many bytes an address has, and what makes one of them."""

_KNOWN = frozenset(
    (
        MAPPED_ADDRESS,
        0x0006,  # USERNAME
        0x0008,  # MESSAGE-INTEGRITY
        ERROR_CODE,
        UNKNOWN_ATTRIBUTES,
        0x0014,  # REALM
        0x0015,  # NONCE
        0x001C,  # MESSAGE-INTEGRITY-SHA256
        0x001D,  # PASSWORD-ALGORITHM
        0x001E,  # USERHASH
        XOR_MAPPED_ADDRESS,
    )
)
"""Attributes that must be understood, and are, or mean nothing to who checks no passwords."""

_MUST_BE_KNOWN = 0x8000
"""Below this number are those that must be understood."""


class Message(Struct, frozen=True):
    kind: int
    transaction: bytes
    """12 bytes."""

    attributes: tuple[tuple[int, bytes], ...] = ()

    def first(self, attribute: int) -> bytes | None:
        return next((value for number, value in self.attributes if number == attribute), None)

    def unknown(self) -> tuple[int, ...]:
        """Return attributes that have to be understood, and are not."""
        numbers = (number for number, _ in self.attributes)
        return tuple(one for one in numbers if one < _MUST_BE_KNOWN and one not in _KNOWN)

    def mapped(self) -> tuple[str, int] | None:
        """Return the address that a request was seen from; None when none can be read."""
        hidden = self.first(XOR_MAPPED_ADDRESS)
        if hidden is not None:
            return _address(hidden, _COOKIE.to_bytes(4, "big") + self.transaction)
        plain = self.first(MAPPED_ADDRESS)  # of servers that know RFC 3489 only
        return None if plain is None else _address(plain, bytes(16))

    def error(self) -> int:
        """Return the code of an error response; 0 when it has none."""
        value = self.first(ERROR_CODE) or b""
        return (value[2] & 7) * 100 + value[3] if len(value) >= 4 else 0

    def __bytes__(self) -> bytes:
        body = b"".join(
            _ATTRIBUTE.pack(number, len(value)) + value + bytes(-len(value) % 4)
            for number, value in self.attributes
        )
        return _HEADER.pack(self.kind, len(body), _COOKIE, self.transaction) + body


def is_stun(data: bytes) -> bool:
    """Whether a datagram is STUN and not SIP: its first two bits are 0, and it has the cookie."""
    return len(data) >= 20 and data[0] < 0x40 and data[4:8] == b"\x21\x12\xa4\x42"


def parse(data: bytes) -> Message | None:
    """Return a message; None for what is none, or has been changed on its way."""
    if not is_stun(data):
        return None
    kind, length, _, transaction = _HEADER.unpack_from(data)
    if length != len(data) - 20 or length % 4:
        return None
    attributes = []
    at = 20
    while at + 4 <= len(data):
        number, size = _ATTRIBUTE.unpack_from(data, at)
        value = data[at + 4 : at + 4 + size]
        if len(value) != size:
            return None
        if number == FINGERPRINT and value != _fingerprint(data[:at]):
            return None
        attributes.append((number, value))
        at += 4 + size + -size % 4
    return Message(kind, transaction, tuple(attributes))


def mapped_address(host: str, port: int, transaction: bytes) -> bytes:
    """Return the value of XOR-MAPPED-ADDRESS. Raises ValueError for what is no address."""
    packed = ip_address(host.partition("%")[0]).packed
    key = _COOKIE.to_bytes(4, "big") + transaction
    hidden = bytes(a ^ b for a, b in zip(packed, key, strict=False))
    return struct.pack("!BBH", 0, 1 if len(packed) == 4 else 2, port ^ _COOKIE >> 16) + hidden


def answer(request: Message, host: str, port: int) -> Message | None:
    """Return the answer to a Binding request that came from an address; None for what asks for
    nothing."""
    if request.kind != REQUEST:
        return None
    unknown = request.unknown()
    if unknown:
        return Message(ERROR, request.transaction, tuple(_refusal(unknown)))
    value = mapped_address(host, port, request.transaction)
    return Message(SUCCESS, request.transaction, ((XOR_MAPPED_ADDRESS, value),))


def _refusal(unknown: tuple[int, ...]) -> Iterable[tuple[int, bytes]]:
    yield ERROR_CODE, b"\0\0\x04\x14Unknown Attribute"
    yield UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(unknown)}H", *unknown)


def _address(value: bytes, key: bytes) -> tuple[str, int] | None:
    """Return host and port of an address that was combined with a key."""
    size, kind = _FAMILIES.get(value[1], (0, None)) if len(value) >= 4 else (0, None)
    if kind is None or len(value) != 4 + size:
        return None
    port = int.from_bytes(value[2:4], "big") ^ int.from_bytes(key[:2], "big")
    return str(kind(bytes(a ^ b for a, b in zip(value[4:], key, strict=False)))), port


def _fingerprint(before: bytes) -> bytes:
    return (crc32(before) ^ _FINGERPRINT_MASK).to_bytes(4, "big")
