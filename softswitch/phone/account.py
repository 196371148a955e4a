"""Who a phone is, and how it proves that."""

from softswitch.identifiers import Identifiers
from softswitch.sip.digest import authorize
from softswitch.sip.errors import ParseError
from softswitch.sip.message import Challenge, Header, Request, Response

_PAIRS = {
    401: (Header.WWW_AUTHENTICATE, Header.AUTHORIZATION),
    407: (Header.PROXY_AUTHENTICATE, Header.PROXY_AUTHORIZATION),
}


class Account:
    """A number and its password."""

    __slots__ = ("_counts", "_identifiers", "_password", "number")

    def __init__(self, number: str, password: str, identifiers: Identifiers) -> None:
        self.number = number
        self._password = password
        self._identifiers = identifiers
        self._counts: dict[str, int] = {}

    def prove(self, request: Request, response: Response) -> bool:
        """Add what `response` asks for to `request`; return whether there is any sense in that.

        There is none when the same was proven before and the server does not call it stale.
        """
        if response.status not in _PAIRS:
            return False
        asked, given = _PAIRS[response.status]
        for text in response.values(asked):
            try:
                challenge = Challenge.parse(text)
                if request.count(given) and not challenge.is_stale:
                    return False
                value = authorize(
                    challenge,
                    self.number,
                    self._password,
                    request.method,
                    request.uri,
                    self._identifiers.token(),
                    self._count(challenge.nonce),
                )
            except ParseError:
                continue  # another algorithm; perhaps the next challenge is one of ours
            request.set(given, value)
            return True
        return False

    def _count(self, nonce: str) -> int:
        """Return which use of `nonce` this is, remembering the newest nonce only."""
        uses = self._counts.get(nonce, 0) + 1
        self._counts = {nonce: uses}
        return uses
