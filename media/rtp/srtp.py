"""Encrypted and authenticated packets (RFC 3711), one direction of one stream at a time.

libsrtp keeps the rollover counter and the replay window for each SSRC that comes, so a peer that
changes its SSRC goes on. A new SSRC is only remembered once a packet of it was authentic.
"""

from types import MappingProxyType
from typing import Final

from pylibsrtp import Error, Policy, Session

SUITES: Final = MappingProxyType(
    {
        "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
        "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
    }
)
"""By the names of RFC 4568, section 6.2. Either has a tag of 80 bits in RTCP."""

KEY_SIZE: Final = 30
"""Octets of a master key and its salt."""

_REFUSED: Final = (Error, ValueError)
"""Malformed, forged, seen before, or longer than a packet."""


class Receiver:
    """Opens what one peer has protected.

    suite  a key of SUITES
    key    KEY_SIZE octets. Raises ValueError for others
    """

    __slots__ = ("_session",)

    def __init__(self, suite: str, key: bytes) -> None:
        self._session = _session(suite, key, Policy.SSRC_ANY_INBOUND)

    def open(self, packet: bytes) -> bytes | None:
        """Return the RTP packet; None when it is not authentic, or has come before."""
        try:
            return self._session.unprotect(packet)
        except _REFUSED:
            return None

    def open_control(self, packet: bytes) -> bytes | None:
        """Return the RTCP packet, likewise."""
        try:
            return self._session.unprotect_rtcp(packet)
        except _REFUSED:
            return None


class Sender:
    """Protects what is sent to one peer. No sequence number is used twice: of two packets with the
    same one the second is refused, or the key stream would show."""

    __slots__ = ("_session",)

    def __init__(self, suite: str, key: bytes) -> None:
        self._session = _session(suite, key, Policy.SSRC_ANY_OUTBOUND)

    def protect(self, packet: bytes) -> bytes | None:
        """Return the SRTP packet; None when there can be none."""
        try:
            return self._session.protect(packet)
        except _REFUSED:
            return None

    def protect_control(self, packet: bytes) -> bytes | None:
        """Return the SRTCP packet; None when there can be none."""
        try:
            return self._session.protect_rtcp(packet)
        except _REFUSED:
            return None


def _session(suite: str, key: bytes, direction: int) -> Session:
    profile = SUITES.get(suite)
    if profile is None or len(key) != KEY_SIZE:
        raise ValueError(f"no key of {suite[:40]!r}")
    return Session(Policy(key=key, ssrc_type=direction, srtp_profile=profile))
