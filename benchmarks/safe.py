"""SRTP for the callers of a benchmark: each call has a session of libsrtp for either direction."""

from base64 import b64decode, b64encode

import numpy as np
from numpy.typing import NDArray
from pylibsrtp import Error, Policy, Session

from benchmarks.rtp import PACKET, Side
from benchmarks.sip import Place, describe

KEY = bytes(range(30))
"""Of all callers: their sources differ."""

TAG = 10
"""Bytes of authentication behind each packet, AES_CM_128_HMAC_SHA1_80."""


def describe_safely(place: Place) -> bytes:
    """Return the session description of a telephone that encrypts."""
    line = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{b64encode(KEY).decode()}\r\n"
    return describe(place).replace(b"RTP/AVP", b"RTP/SAVP") + line.encode()


class SafeSide(Side):
    """Legs that encrypt what they say, and take nothing else."""

    def __init__(self, calls: int, seed: int) -> None:
        super().__init__(calls, seed)
        self._sending = [Session(Policy(KEY, Policy.SSRC_ANY_OUTBOUND)) for _ in range(calls)]
        self._receiving: dict[int, Session] = {}

    def learn(self, call: int, key: bytes) -> None:
        """Take the key of the switch, as it is written."""
        self._receiving[call] = Session(Policy(b64decode(key), Policy.SSRC_ANY_INBOUND))

    def seal(self, first: int, last: int) -> None:
        for call in range(first, last):
            row = self._outgoing.data[call]
            sealed = self._sending[call].protect(row[:PACKET].tobytes())
            row[: len(sealed)] = np.frombuffer(sealed, np.uint8)
        self._outgoing.lengths[first:last] = PACKET + TAG

    def unseal(self, count: int, calls: NDArray[np.int64]) -> None:
        for at, call in enumerate(calls[:count].tolist()):
            row, length = self._incoming.data[at], int(self._incoming.received[at])
            self._incoming.received[at] = 0
            if call not in self._receiving:
                continue
            try:
                opened = self._receiving[call].unprotect(row[:length].tobytes())
            except Error:
                continue  # counts as lost
            row[: len(opened)] = np.frombuffer(opened, np.uint8)
            self._incoming.received[at] = len(opened)
