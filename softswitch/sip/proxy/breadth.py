"""Max-Breadth: how many branches a request may have in all, everywhere (RFC 5393, section 5)."""

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Request
from softswitch.sip.message.grammar import is_number

NAME = "Max-Breadth"
MOST = 60
"""Of a request that does not say."""


def breadth_of(request: Request) -> int:
    """Return how many branches may be open at a time. Raises ParseError."""
    text = request.named(NAME) if Header.OTHER in request.ids else None
    if text is None:
        return MOST
    if not is_number(text):
        raise ParseError(NAME, text, 0, "a number")
    return min(int(text), MOST)


def shares(breadth: int, branches: int) -> list[int]:
    """Divide `breadth` among so many branches, each of which gets at least one.

    Fewer shares than branches mean that the others have to wait.
    """
    count = min(breadth, branches)
    if count == 0:
        return []
    each, rest = divmod(breadth, count)
    return [each + 1] * rest + [each] * (count - rest)
