"""Names that the switch gives: branches, tags, Call-IDs.

Every one carries the marker of the process that made it, so that signalling can later be
spread over processes by a filter that looks at the payload alone.
"""

from collections.abc import Callable
from zlib import crc32

BRANCH_COOKIE = "z9hG4bK"
"""What an RFC 3261 branch begins with (section 8.1.1.7)."""


class Identifiers:
    """Makes identifiers out of an injected source of unguessable tokens.

    token   returns a new string of token characters each time; a counter in tests
    worker  marks this process, one character
    """

    __slots__ = ("_token", "worker")

    def __init__(self, token: Callable[[], str], worker: str = "a") -> None:
        self._token = token
        self.worker = worker

    def branch(self) -> str:
        return f"{BRANCH_COOKIE}{self.worker}{self._token()}"

    def tag(self) -> str:
        return f"{self.worker}{self._token()}"

    def call_id(self) -> str:
        return f"{self.worker}{self._token()}"

    def token(self) -> str:
        return self._token()

    def draw(self) -> float:
        """Return a number, 0 <= draw < 1, as random as the tokens are."""
        return crc32(self._token().encode()) / 2**32


def counted(prefix: str = "") -> Callable[[], str]:
    """Return a source that counts 1, 2, 3: for tests and for reading traces."""
    count = 0

    def token() -> str:
        nonlocal count
        count += 1
        return f"{prefix}{count}"

    return token
