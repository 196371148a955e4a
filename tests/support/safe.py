"""What a telephone of the simulated world encrypts with: keys in its SDP, and libsrtp itself."""

import re
from base64 import b64decode, b64encode

from pylibsrtp import Error, Policy, Session

PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}


class Safe:
    """One call's encryption (RFC 4568).

    suite    what it offers, and takes alone
    profile  of its m-line
    """

    def __init__(
        self,
        suite: str = "AES_CM_128_HMAC_SHA1_80",
        profile: str = "RTP/SAVP",
        key: bytes = bytes(range(100, 130)),
        extra: str = "",
    ) -> None:
        self.suite = suite
        self.profile = profile
        self.refused = 0
        """Packets that were not encrypted with the key of the switch."""

        self._key = key
        self._extra = extra
        self._tag = "1"
        self._theirs = b""
        self._sending = self._session(key, Policy.SSRC_ANY_OUTBOUND)
        self._receiving: Session | None = None

    @property
    def line(self) -> str:
        key = b64encode(self._key).decode()
        return f"a=crypto:{self._tag} {self.suite} inline:{key}{self._extra}"

    @property
    def is_on(self) -> bool:
        """Whether the switch has given a key."""
        return self._receiving is not None

    def learn(self, sdp: bytes) -> None:
        """Take the key of the switch."""
        for tag, suite, key in re.findall(rb"a=crypto:(\d+) (\S+) inline:([^\s|]+)", sdp):
            if suite.decode() == self.suite:
                self._tag = tag.decode()
                if b64decode(key) != self._theirs:
                    self._theirs = b64decode(key)
                    self._receiving = self._session(self._theirs, Policy.SSRC_ANY_INBOUND)

    def protect(self, packet: bytes) -> bytes:
        return self._sending.protect(packet)

    def open(self, packet: bytes) -> bytes:
        """Return the packet in the clear; nothing when it is not authentic."""
        assert self._receiving is not None
        try:
            return self._receiving.unprotect(packet)
        except Error:
            self.refused += 1
            return b""

    def _session(self, key: bytes, direction: int) -> Session:
        return Session(Policy(key, direction, srtp_profile=PROFILES[self.suite]))
