"""A subscription as the side that asks keeps it (RFC 6665, section 4.1)."""

from enum import Enum

from msgspec import Struct

from softswitch.sip.dialog.dialog import Dialog, DialogId
from softswitch.sip.dialog.notifier import Ask, Over
from softswitch.sip.flow import Flow
from softswitch.sip.message import Event, Header, Request, Response, SubscriptionState
from softswitch.sip.message.grammar import is_number

_ENDS = frozenset((404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604))
"""Failures of a refresh that end the subscription; after others it lasts (section 4.1.2.2)."""

_AGAIN = frozenset(("deactivated", "timeout", "probation", "giveup", ""))
"""Reasons after which one may subscribe again; the first two at once (section 4.1.3)."""


REFER = "refer"
"""The package of the subscription that a REFER implies (RFC 3515)."""


class Reply(Struct, frozen=True, gc=False):
    """Answer the NOTIFY with this."""

    status: int
    reason: str = ""


class Told(Struct, frozen=True, gc=False):
    """The state of what is subscribed to."""

    state: SubscriptionState
    media_type: str
    body: bytes


class Phase(Enum):
    WAITING = "no NOTIFY came yet (notify_wait)"
    RUNNING = "pending or active"
    LEAVING = "asked to end; the last NOTIFY is awaited"
    TERMINATED = "over"


SubscriberOutput = Ask | Reply | Told | Over


class Subscriber:
    """Subscribes, refreshes in time, and listens.

    request  SUBSCRIBE out of a dialog, with our From tag, Contact and Expires; one with Expires 0
             fetches the state once
    contact  ours, as header text
    timeout  Timer N, 64*T1, in seconds
    """

    __slots__ = (
        "_asked",
        "_contact",
        "_expires",
        "_first",
        "_fork_until",
        "_is_asking",
        "_refresh_at",
        "_request",
        "_timeout",
        "_timer_n",
        "_tried_longer",
        "dialog",
        "event",
        "flow",
        "phase",
    )

    def __init__(
        self, request: Request, event: Event, contact: str, flow: Flow, timeout: float
    ) -> None:
        self.event = event
        self.flow = flow
        self.phase = Phase.WAITING
        self.dialog: Dialog | None = None
        self._first = self._request = request  # the latter is our last one
        self._contact = contact
        self._timeout = timeout
        self._asked = request.expires() or 0
        self._is_asking = False
        self._tried_longer = False
        self._fork_until = 0.0
        self._timer_n: float | None = None
        self._expires: float | None = None
        self._refresh_at: float | None = None

    @classmethod
    def implied(
        cls, refer: Request, dialog: Dialog, event: Event, timeout: float, now: float
    ) -> "Subscriber":
        """Return the subscription that a REFER within `dialog` implies; it is not refreshed.

        The NOTIFY may come before the response to the REFER.
        """
        made = cls(refer, event, dialog.contact, dialog.flow, timeout)
        made.dialog = dialog
        made._timer_n = now + timeout
        return made

    def begin(self, now: float) -> list[SubscriberOutput]:
        """Send the SUBSCRIBE."""
        self._is_asking = True
        self._timer_n = self._fork_until = now + self._timeout
        return [Ask(self._request)]

    def unsubscribe(self, now: float) -> list[SubscriberOutput]:
        """End it. Before the first NOTIFY there is no dialog to do so in: that is awaited."""
        if self.phase in (Phase.LEAVING, Phase.TERMINATED):
            return []
        must_wait = self.phase is Phase.WAITING or self._is_asking
        self.phase = Phase.LEAVING
        self._asked = 0
        self._refresh_at = None
        return [] if must_wait else self._ask(now)

    # NOTIFY

    def is_named_by(self, notify: Request) -> bool:
        """Whether a NOTIFY belongs here, or to another fork of the same SUBSCRIBE.

        Raises ParseError.
        """
        first = self._first
        return notify.call_id() == first.call_id() and notify.to().tag == first.from_().tag

    def is_of_another_fork(self, notify: Request) -> bool:
        """Whether a NOTIFY comes from a second place that got the SUBSCRIBE (section 4.1.4)."""
        dialog = self.dialog
        return dialog is not None and notify.from_().tag != dialog.id.remote_tag

    def fork(self, now: float) -> "Subscriber | None":
        """Return a subscription for another fork, which its NOTIFY then begins; None when it is
        too late for any. Where one is enough, answer such a NOTIFY with 481 instead."""
        if now >= self._fork_until:
            return None
        other = Subscriber(self._first, self.event, self._contact, self.flow, self._timeout)
        other._asked = self._asked
        other._timer_n = self._fork_until
        return other

    def notified(self, notify: Request, flow: Flow, now: float) -> list[SubscriberOutput]:
        """Take a NOTIFY. Raises ParseError, having changed nothing."""
        if self.phase is Phase.TERMINATED or self.is_of_another_fork(notify):
            return [Reply(481)]
        event = Event.parse(notify.first(Header.EVENT) or "")
        if event.package != self.event.package:
            return [Reply(489)]
        if event.id != self.event.id and (event.id or event.package != REFER):
            return [Reply(481)]  # the first referral of a dialog may go without its id
        state = SubscriptionState.parse(notify.first(Header.SUBSCRIPTION_STATE) or "")
        notify.contacts()  # or ParseError
        dialog = self.dialog or self._begun_by(notify, flow)
        refusal = dialog.check(notify, flow)
        if refusal is not None:
            return [Reply(refusal.status, refusal.reason)]
        dialog.refresh(notify, flow)
        self.dialog = dialog
        kind = (notify.first(Header.CONTENT_TYPE) or "").strip()
        return [Reply(200), Told(state, kind, notify.body), *self._follow(state, now)]

    def _begun_by(self, notify: Request, flow: Flow) -> Dialog:
        """Return the dialog of the first NOTIFY: that, and no 2xx, begins it (section 4.1.2.4)."""
        request = self._first
        dialog = Dialog(
            DialogId(request.call_id(), request.from_().tag or "", notify.from_().tag or ""),
            local=request.first(Header.FROM) or "",
            remote=notify.first(Header.FROM) or "",
            contact=self._contact,
            flow=flow,
            remote_target=request.uri,
            local_cseq=request.cseq().number,
            remote_cseq=None,
        )
        dialog.route_set = tuple(notify.values(Header.RECORD_ROUTE))
        dialog.is_early = False
        return dialog

    def _follow(self, state: SubscriptionState, now: float) -> list[SubscriberOutput]:
        if state.is_terminated:
            retry = state.retry_after
            if state.reason not in _AGAIN:
                retry = None
            elif state.reason in ("deactivated", "timeout"):
                retry = 0
            return self._end(state.reason or "unknown", retry)
        if state.expires is not None:
            self._last(state.expires, now)
        if self.phase is Phase.LEAVING:
            # It crossed our wish to leave; or it made the dialog in which that can be said.
            return [] if self._is_asking or self._asked_to_leave else self._ask(now)
        self._timer_n = None
        self.phase = Phase.RUNNING
        return []

    # Responses to SUBSCRIBE

    def answered(self, response: Response, flow: Flow, now: float) -> list[SubscriberOutput]:
        """Take a response to the SUBSCRIBE that was asked last. Raises ParseError."""
        if response.status < 200 or self.phase is Phase.TERMINATED:
            return []
        expires, refer_sub = response.expires(), response.named("Refer-Sub") or ""
        self._is_asking = False
        if response.status >= 300:
            return self._refused(response, now)
        if self._request.method == "REFER":
            declined = refer_sub.partition(";")[0].strip().lower() == "false"  # RFC 4488
            return self._end("unsubscribed", None) if declined else []
        if self.dialog is not None:
            self.dialog.refresh(response, flow)
        if self.phase is Phase.LEAVING:
            return [] if self.dialog is None or self._asked_to_leave else self._ask(now)
        if response.status == 204:
            self._timer_n = None  # no NOTIFY follows
        if expires != 0:
            self._last(self._asked if expires is None else min(expires, self._asked), now)
        return []

    def failed(self, status: int, now: float) -> list[SubscriberOutput]:
        """No response came (408), or the SUBSCRIBE could not be sent (503)."""
        self._is_asking = False
        if self.phase is Phase.RUNNING:
            return self._try_again_later(now)
        return self._end("lost", 0 if status == 503 else None)

    def _refused(self, response: Response, now: float) -> list[SubscriberOutput]:
        least = response.first(Header.MIN_EXPIRES) or ""
        if (
            response.status == 423
            and is_number(least)
            and int(least) > self._asked > 0
            and not self._tried_longer
        ):
            self._tried_longer = True
            self._asked = int(least)
            return self._ask(now)
        if response.status == 481:
            return self._end("gone", 0)
        if self.phase is Phase.RUNNING and response.status not in _ENDS:
            return self._try_again_later(now)
        return self._end("refused", None)

    # Time

    @property
    def deadline(self) -> float | None:
        times = (self._timer_n, self._expires, self._refresh_at)
        return min((time for time in times if time is not None), default=None)

    def expire(self, now: float) -> list[SubscriberOutput]:
        if self._timer_n is not None and self._timer_n <= now:
            return self._end("lost", 0)
        if self._expires is not None and self._expires <= now:
            return self._end("timeout", 0)
        if self._refresh_at is not None and self._refresh_at <= now:
            self._refresh_at = None
            return [] if self._is_asking else self._ask(now)
        return []

    # Inside

    @property
    def _asked_to_leave(self) -> bool:
        """Whether our last SUBSCRIBE has said so."""
        return self._request.expires() == 0

    def _ask(self, now: float) -> list[SubscriberOutput]:
        """Subscribe again: in the dialog, once there is one."""
        expires = str(self._asked)
        if self.dialog is None:
            request = self._request.copy()
            request.set(Header.EXPIRES, expires)
            number = request.cseq().number + 1
            request.set(Header.CSEQ, f"{number} {request.method}")
            request.remove(Header.VIA)
        else:
            headers = ((Header.EVENT, str(self.event)), (Header.EXPIRES, expires))
            request = self.dialog.request("SUBSCRIBE", headers)
        self._request = request
        self._is_asking = True
        self._timer_n = now + self._timeout
        return [Ask(request)]

    def _last(self, seconds: int, now: float) -> None:
        self._expires = now + seconds
        if self.phase is not Phase.LEAVING and self._request.method == "SUBSCRIBE":
            margin = min(max(seconds / 10, self._timeout), seconds / 2)
            self._refresh_at = self._expires - margin

    def _try_again_later(self, now: float) -> list[SubscriberOutput]:
        """The subscription lasts as it was: half of the time that is left is another try."""
        self._timer_n = None
        if self._expires is not None:
            self._refresh_at = now + max((self._expires - now) / 2, 1.0)
        return []

    def _end(self, cause: str, retry_after: int | None) -> list[SubscriberOutput]:
        self.phase = Phase.TERMINATED
        self._timer_n = self._expires = self._refresh_at = None
        return [Over(cause, retry_after)]
