"""A re-INVITE or UPDATE of ours, from the wish to its final response."""

from softswitch.sip.message import Header, Response

_MOST_TRIES = 4
_LONGEST_PAUSE = 10
"""Seconds of Retry-After that a change of ours waits for."""


class Asked:
    """What we want of the peer, and how often we have asked.

    method      INVITE or UPDATE
    sdp         our offer; empty to let the peer offer, or for no offer at all in an UPDATE
    is_refresh  the session is to stay as it is
    """

    __slots__ = ("branch", "due", "is_refresh", "method", "remote_tag", "sdp", "tries")

    def __init__(self, method: str, sdp: bytes, *, is_refresh: bool = False) -> None:
        self.method = method
        self.sdp = sdp
        self.is_refresh = is_refresh
        self.tries = 0
        self.branch = ""
        """Of the request that is out; empty while the next one waits for `due`."""

        self.remote_tag = ""
        """Of the dialog that it was asked in."""

        self.due: float | None = None
        """When the next one is sent, or the one that is out is given up."""

    @property
    def has_tries_left(self) -> bool:
        return self.tries < _MOST_TRIES


def pause_of(refusal: Response | None) -> int | None:
    """Return the seconds after which the same request may succeed; None for never, or not soon."""
    if refusal is None or Header.RETRY_AFTER not in refusal.ids:
        return None
    text = (refusal.first(Header.RETRY_AFTER) or "").partition("(")[0].partition(";")[0].strip()
    is_brief = text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= _LONGEST_PAUSE
    return int(text) if is_brief else None
