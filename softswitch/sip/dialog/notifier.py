"""A subscription as the side that is asked keeps it (RFC 6665, section 4.2)."""

from math import ceil

from msgspec import Struct

from softswitch.sip.dialog.dialog import Dialog
from softswitch.sip.message import Event, Header, Request, SubscriptionState
from softswitch.sip.message.document import NOTHING, Document
from softswitch.sip.message.subscription_state import ACTIVE, PENDING, TERMINATED

_ENDS = frozenset((404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604))
"""Failures of a NOTIFY that end the subscription whatever else they say (section 4.2.2)."""

_LONGEST_PAUSE = 300
"""Seconds that a peer can make us wait before a NOTIFY is sent again."""

_FLOAT = 1e-6
"""Seconds: more than what floating point may add to a difference of two moments."""


class Ask(Struct, frozen=True, gc=False):
    """Send this request by its dialog's flow, and tell its outcome: `answered` or `failed`."""

    request: Request


class Over(Struct, frozen=True, gc=False):
    """The subscription is gone. Nothing follows."""

    cause: str
    """A reason of RFC 6665, section 4.1.3, or `unsubscribed`, `refused`, `lost` (nobody answers),
    `gone` (the peer knows of no subscription)."""

    retry_after: int | None = None
    """Seconds, when it makes sense to subscribe again."""


class Notifier:
    """Tells one subscriber the newest state, in one NOTIFY at a time.

    dialog   shared with other usages where the subscription came by REFER
    event    as the subscriber has named it
    expires  when it ends unless it is refreshed
    headers  of every NOTIFY: who we are
    """

    __slots__ = (
        "_again_at",
        "_document",
        "_headers",
        "_is_asking",
        "_is_due",
        "_reason",
        "_retry_after",
        "_sent",
        "_state",
        "dialog",
        "event",
        "expires",
    )

    def __init__(
        self,
        dialog: Dialog,
        event: Event,
        expires: float,
        headers: tuple[tuple[Header | str, str], ...] = (),
        *,
        is_pending: bool = False,
    ) -> None:
        self.dialog = dialog
        self.event = event
        self.expires = expires
        self._headers = headers
        self._state = PENDING if is_pending else ACTIVE
        self._document = NOTHING
        self._sent = 0  # NOTIFYs so far
        self._is_asking = False  # one has no final response yet
        self._is_due = False  # the newest state is not sent yet
        self._again_at: float | None = None  # when one that was put off may go
        self._reason = ""
        self._retry_after: int | None = None

    @property
    def is_terminated(self) -> bool:
        """Whether the last NOTIFY is on its way, or done with."""
        return self._state is TERMINATED

    # What is to be told

    def notify(self, document: Document, now: float) -> list[Ask]:
        """Tell this state at once, or when the NOTIFY before it is answered. A pending
        subscription tells only that it is pending."""
        if self.is_terminated:
            return []
        self._document = document
        return self._tell(now)

    def activate(self, now: float) -> list[Ask]:
        """Grant what was pending."""
        if self._state is not PENDING:
            return []
        self._state = ACTIVE
        return self._tell(now)

    def extend(self, expires: float, now: float) -> list[Ask]:
        """Take a refresh, which wants the state at once (section 4.2.1.2)."""
        if self.is_terminated:
            return []
        self.expires = expires
        return self._tell(now)

    def terminate(
        self,
        reason: str,
        now: float,
        retry_after: int | None = None,
        document: Document | None = None,
    ) -> list[Ask]:
        """End it, with this state or the newest one; what was never granted is told none."""
        if self.is_terminated:
            return []
        if self._state is PENDING:
            self._document = NOTHING
        elif document is not None:
            self._document = document
        self._state = TERMINATED
        self._reason = reason
        self._retry_after = retry_after
        self._again_at = None
        return self._tell(now)

    # What comes back

    def answered(self, status: int, retry_after: int | None, now: float) -> list[Ask | Over]:
        """Take a response to the NOTIFY; `retry_after` in seconds, when it says so."""
        if status < 200 or not self._is_asking:
            return []
        self._is_asking = False
        if self.is_terminated and not self._is_due:
            return [Over(self._reason)]
        if status >= 300:
            if retry_after is None or status in _ENDS or self.is_terminated:
                return [Over("gone" if status == 481 else "refused")]
            self._is_due = True
            self._again_at = now + min(max(retry_after, 1), _LONGEST_PAUSE)
            return []
        return [*self._tell(now)] if self._is_due else []

    def failed(self) -> list[Over]:
        """Nothing came back, or the NOTIFY could not be sent."""
        self._is_asking = False
        return [Over(self._reason if self.is_terminated and not self._is_due else "lost")]

    # Time

    @property
    def deadline(self) -> float | None:
        if self.is_terminated:
            return None  # its transaction ends by itself
        again = self._again_at
        return self.expires if again is None else min(again, self.expires)

    def expire(self, now: float) -> list[Ask]:
        if self.is_terminated:
            return []
        if self.expires <= now:
            return self.terminate("timeout", now)
        if self._again_at is not None and self._again_at <= now:
            self._again_at = None
            return self._tell(now)
        return []

    # Inside

    def _tell(self, now: float) -> list[Ask]:
        self._is_due = True
        if self._is_asking or self._again_at is not None:
            return []  # what is newest then goes then
        self._is_due = False
        self._is_asking = True
        if self.is_terminated:
            state = SubscriptionState(TERMINATED, None, self._reason, self._retry_after)
        else:
            state = SubscriptionState(self._state, max(ceil(self.expires - now - _FLOAT), 0))
        document = NOTHING if self._state is PENDING else self._document
        request = self.dialog.request(
            "NOTIFY",
            (
                (Header.EVENT, str(self.event)),
                (Header.SUBSCRIPTION_STATE, str(state)),
                *self._headers,
            ),
            document.numbered(self._sent),
            document.media_type,
        )
        if document is not NOTHING:
            self._sent += 1
        return [Ask(request)]
