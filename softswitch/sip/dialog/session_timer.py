"""Session timers: a call of which nothing is heard any more ends by itself (RFC 4028)."""

from contextlib import suppress
from enum import Enum, auto
from typing import NamedTuple

from softswitch.sip.errors import ParseError
from softswitch.sip.message import Header, Message
from softswitch.sip.message.grammar import LARGEST, is_number

MINIMUM = 90
"""Seconds. No session may be asked to last less (section 5)."""

USUAL = 1800
"""Seconds that section 4 recommends."""

_RETRY = 10.0
"""Seconds after which a refresh that was refused is tried again."""

Headers = tuple[tuple[Header | str, str], ...]


class SessionExpires(NamedTuple):
    """Seconds, and who refreshes: `uac`, `uas` or nobody yet, as seen from one request."""

    seconds: int
    refresher: str = ""

    @classmethod
    def of(cls, message: Message) -> "SessionExpires | None":
        """Return that of a message that has one. Raises ParseError."""
        text = message.first(Header.SESSION_EXPIRES)
        if text is None:
            return None
        seconds, *parameters = (part.strip() for part in text.split(";"))
        if not is_number(seconds):
            raise ParseError("Session-Expires", text, 0, "seconds")
        refresher = ""
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "refresher" and value.strip().lower() in ("uac", "uas"):
                refresher = value.strip().lower()
        return cls(min(int(seconds), LARGEST), refresher)


def minimum_of(message: Message) -> int:
    """Return the seconds of Min-SE, at least MINIMUM. Raises ParseError."""
    text = message.first(Header.MIN_SE)
    if text is None:
        return MINIMUM
    seconds = text.partition(";")[0].strip()
    if not is_number(seconds):
        raise ParseError("Min-SE", text, 0, "seconds")
    return max(MINIMUM, min(int(seconds), LARGEST))


class Due(Enum):
    """What the passing of time means."""

    REFRESH = auto()
    EXPIRED = auto()


def is_too_brief(request: Message, *, peer_has_timers: bool) -> bool:
    """Whether an INVITE or UPDATE is to be answered with 422 (section 9). Raises ParseError."""
    asked = SessionExpires.of(request)
    minimum_of(request)
    return asked is not None and peer_has_timers and asked.seconds < MINIMUM


class SessionTimer:
    """One side's timer of one dialog. It runs from the first 2xx on, and each refresh winds it up.

    interval  seconds that we would like; it grows where a Min-SE asks for more
    """

    __slots__ = ("_expire_at", "_granted", "_is_ours", "_minimum", "_peer_has_timers",
                 "deadline", "interval")  # fmt: skip

    def __init__(self, interval: int) -> None:
        self.interval = interval
        self._granted = 0  # seconds that hold at present
        self._minimum = MINIMUM
        self._is_ours = False  # we refresh
        self._peer_has_timers = False
        self._expire_at: float | None = None
        self.deadline: float | None = None
        """Of the next refresh of ours, or of the end."""

    # Requests of ours: INVITE, re-INVITE, UPDATE

    def ask(self) -> Headers:
        """Return what a request of ours asks for."""
        refresher = ""
        if self._expire_at is not None:
            refresher = "uac" if self._is_ours else "uas"
        seconds = max(self._granted or self.interval, self._minimum)
        asked = f"{seconds};refresher={refresher}" if refresher else str(seconds)
        headers: Headers = ((Header.SESSION_EXPIRES, asked),)
        if self._minimum > MINIMUM:
            headers += ((Header.MIN_SE, str(self._minimum)),)
        return headers

    def raise_to(self, refusal: Message) -> bool:
        """Take a 422; return whether asking again makes sense. Raises ParseError."""
        minimum = minimum_of(refusal)
        if minimum <= self._minimum and minimum <= self.interval:
            return False
        self._minimum = minimum
        self.interval = max(self.interval, minimum)
        return True

    def answered(self, response: Message, now: float) -> None:
        """Take the 2xx to a request of ours (section 7.2)."""
        granted = None
        if Header.SESSION_EXPIRES in response.ids:
            with suppress(ParseError):  # as good as none
                granted = SessionExpires.of(response)
        if granted is None:
            # The peer has no timers: it is we who find out whether it is there.
            self._wind(self.interval, is_ours=True, peer_has_timers=False, now=now)
        else:
            is_ours = granted.refresher != "uas"
            self._wind(granted.seconds, is_ours=is_ours, peer_has_timers=True, now=now)

    # Requests of the peer's

    def grant(self, request: Message, *, peer_has_timers: bool, now: float) -> Headers:
        """Return what our 2xx to `request` says. Not before `is_too_brief`."""
        asked = SessionExpires.of(request) if Header.SESSION_EXPIRES in request.ids else None
        wanted = self.interval if asked is None else asked.seconds
        minimum = minimum_of(request) if Header.MIN_SE in request.ids else MINIMUM
        seconds = max(min(self.interval, wanted), minimum)
        is_ours = not peer_has_timers or (asked is not None and asked.refresher == "uas")
        self._wind(seconds, is_ours=is_ours, peer_has_timers=peer_has_timers, now=now)
        if not peer_has_timers and asked is None:
            return ()
        if is_ours:
            return ((Header.SESSION_EXPIRES, f"{seconds};refresher=uas"),)
        return (
            (Header.REQUIRE, "timer"),
            (Header.SESSION_EXPIRES, f"{seconds};refresher=uac"),
        )

    # Time

    def expire(self, now: float) -> Due | None:
        expire_at = self._expire_at
        if expire_at is None or self.deadline is None or self.deadline > now:
            return None
        if expire_at <= now:
            self.stop()
            return Due.EXPIRED
        self.deadline = min(now + _RETRY, expire_at)
        return Due.REFRESH

    def refused(self, now: float) -> None:
        """A refresh of ours was refused, by a peer that is there. One without timers has thereby
        shown all that it can."""
        if not self._peer_has_timers:
            self._wind(self.interval, is_ours=True, peer_has_timers=False, now=now)

    def stop(self) -> None:
        self._expire_at = self.deadline = None

    def _wind(self, seconds: int, *, is_ours: bool, peer_has_timers: bool, now: float) -> None:
        self._granted = seconds = max(seconds, MINIMUM)
        self._is_ours, self._peer_has_timers = is_ours, peer_has_timers
        # Who waits for the peer's refresh ends the call a little early (section 10), lest the
        # peer's end of it cross the BYE; who refreshes has until then to succeed.
        self._expire_at = now + seconds - min(32.0, seconds / 3)
        self.deadline = now + seconds / 2 if is_ours else self._expire_at
