"""Which of several failures the caller is told (RFC 3261, section 16.7, step 6)."""

from softswitch.sip.message import Header, Request, Response, reason_phrase, respond

_TELLS_HOW = frozenset((401, 407, 415, 420, 484))
"""The caller may try again in another way, and is told how."""

_TELLS_LITTLE = frozenset((408, 430, 480, 481, 487))
_CHALLENGES = (Header.WWW_AUTHENTICATE, Header.PROXY_AUTHENTICATE)


class BestResponse:
    """The final response to send, out of those seen so far.

    status  of the best one; 0 before there is any
    """

    __slots__ = ("_challenges", "_response", "status")

    def __init__(self) -> None:
        self.status = 0
        self._response: Response | None = None
        self._challenges: list[tuple[Header, str]] = []

    def note(self, status: int, response: Response | None = None) -> None:
        """Take a final response above 299: a branch's, without our Via, or (None) one of ours."""
        if response is not None and status in (401, 407):
            self._challenges += [
                (header, value) for header in _CHALLENGES for value in response.values(header)
            ]
        if not self.status or _rank(status) < _rank(self.status):
            self.status = status
            self._response = response

    def make(self, request: Request, tag: str) -> Response:
        """Return the response to `request`; what no branch has said is said with `tag`."""
        status = self.status or 408
        if self._response is None:
            return respond(request, 500 if status == 503 else status, to_tag=tag)
        response = self._response
        if status == 503:
            # Only this one branch is overloaded, and the caller is not to take it for us
            response.status, response.reason = 500, reason_phrase(500)
        elif status in (401, 407):
            self._add_challenges(response)
        return response

    def _add_challenges(self, response: Response) -> None:
        """Let the caller answer everybody who has asked for a password."""
        own = {(header, value) for header in _CHALLENGES for value in response.values(header)}
        for header, value in self._challenges:
            if (header, value) not in own:
                own.add((header, value))
                response.append(header, value)


def _rank(status: int) -> tuple[int, int]:
    """Return the less, the better: 6xx, then the lowest class, then what helps the caller most."""
    if status >= 600:
        return 0, 0
    if status in _TELLS_HOW:
        return 4, 0
    return status // 100, 2 if status in _TELLS_LITTLE or status == 503 else 1
