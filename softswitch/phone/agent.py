"""A SIP telephone without sound: one number, one server, many calls.

It serves `softswitch call`, the tests and the benchmarks. So that it can catch the switch in a
mistake it keeps its dialogs with code of its own (`call`) and says so in a Complaint when a
message is not what the RFC promises.
"""

from collections import Counter

from softswitch.identifiers import Identifiers
from softswitch.phone.account import Account
from softswitch.phone.answering import Answering
from softswitch.phone.book import REFRESH, Attempt, Book
from softswitch.phone.call import Call, CallState, DialogView
from softswitch.phone.calling import Calling, ExtraHeaders
from softswitch.phone.events import Complaint, PhoneOutput, RegistrationFailed
from softswitch.phone.registration import Registration
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Response, parse, reason_phrase
from softswitch.sip.transaction import (
    AckArrived,
    CancelArrived,
    Failed,
    Output,
    RequestArrived,
    ResponseArrived,
    ServerTimedOut,
    TimedOut,
    TimerValues,
)


class Phone:
    """One user agent.

    flow     our address and the server's
    domain   of its addresses, when that is not the server's address
    contact  the URI to be reached by, when that is not `flow.local` (a phone behind a NAT)
    name     shown in From
    """

    __slots__ = ("_answering", "_book", "_calling", "_registration")

    def __init__(
        self,
        number: str,
        password: str,
        flow: Flow,
        identifiers: Identifiers,
        *,
        domain: str = "",
        contact: str = "",
        name: str = "",
        timers: TimerValues = TimerValues(),  # noqa: B008  (frozen)
    ) -> None:
        account = Account(number, password, identifiers)
        self._book = Book(account, flow, identifiers, domain, contact, timers)
        self._calling = Calling(self._book, name)
        self._answering = Answering(self._book, self._calling)
        self._registration = Registration(
            self._book.uri(number), f"sip:{self._book.domain}", self._book.contact, identifiers
        )

    @property
    def number(self) -> str:
        return self._book.account.number

    @property
    def flow(self) -> Flow:
        return self._book.flow

    @property
    def contact(self) -> str:
        """The URI by which it asks to be reached."""
        return self._book.contact

    @property
    def discarded(self) -> Counter[str]:
        """Repeated and late messages, by slug."""
        return self._book.discarded

    def dialogs(self) -> list[DialogView]:
        """Return this phone's view of every call that is not over."""
        calls = self._book.calls.values()
        return [call.view() for call in calls if call.state is not CallState.ENDED]

    # Registration

    def register(self, now: float, expires: int = 3600) -> list[PhoneOutput]:
        return self._book.start(self._registration.request(expires), "", now)[1]

    def unregister(self, now: float) -> list[PhoneOutput]:
        self._book.timers.file(REFRESH, None)
        return self.register(now, 0)

    # Calls that it places

    def call(
        self, number: str, sdp: bytes, now: float, headers: ExtraHeaders = ()
    ) -> tuple[str, list[PhoneOutput]]:
        """Call a number, or a URI; return the call's name too. Empty `sdp`: they shall offer."""
        return self._calling.place(number, sdp, now, headers)

    def cancel(self, name: str, now: float, headers: ExtraHeaders = ()) -> list[PhoneOutput]:
        """Give up a call that is not answered; CallRefused follows with the final status."""
        return self._calling.cancel(self._book.call(name), now, headers)

    def acknowledge(self, name: str, sdp: bytes, now: float) -> list[PhoneOutput]:
        """Send the ACK with our answer, after a call without an offer was answered."""
        return self._calling.acknowledge(self._book.call(name), sdp)

    # Calls that come in

    def ring(self, name: str, now: float, headers: ExtraHeaders = ()) -> list[PhoneOutput]:
        return self._answering.reply(self._book.call(name), 180, now, headers)

    def progress(self, name: str, sdp: bytes, now: float, status: int = 183) -> list[PhoneOutput]:
        """Send early media or, with an empty `sdp`, another provisional status."""
        return self._answering.reply(self._book.call(name), status, now, body=sdp)

    def answer(self, name: str, sdp: bytes, now: float) -> list[PhoneOutput]:
        """Accept the INVITE or re-INVITE that waits."""
        return self._answering.accept(self._book.call(name), sdp, now)

    def refuse(
        self, name: str, status: int, now: float, headers: ExtraHeaders = ()
    ) -> list[PhoneOutput]:
        """Refuse the INVITE or re-INVITE that waits."""
        return self._answering.refuse(self._book.call(name), status, now, headers)

    def redirect(self, name: str, to: str, now: float) -> list[PhoneOutput]:
        """Answer 302: the caller shall try this number, or URI, instead."""
        return self.refuse(name, 302, now, ((Header.CONTACT, f"<{self._book.uri(to)}>"),))

    # Either kind

    def reinvite(self, name: str, sdp: bytes, now: float) -> list[PhoneOutput]:
        """Change the session: hold, resume, move. ReinviteAccepted or ReinviteRefused follow."""
        return self._calling.invite(self._book.call(name), sdp, now)

    def refer(self, name: str, to: str, now: float, replaces: str = "") -> list[PhoneOutput]:
        """Hand a call on to a number, or to whom another call of this phone is with; Referred
        follows, and Notified how it goes."""
        other = self._book.call(replaces) if replaces else None
        return self._calling.refer(self._book.call(name), to, other, now)

    def hang_up(self, name: str, now: float) -> list[PhoneOutput]:
        """End a call in whatever state it is; what is over already is left alone."""
        call = self._book.call(name)
        match call.state:
            case CallState.CALLING | CallState.RINGING:
                return self._calling.cancel(call, now, ())
            case CallState.INCOMING:
                return self._answering.refuse(call, 603, now)
            case CallState.ANSWERED:
                call.bye_at_ack = True  # section 15: not before the ACK
                return []
            case CallState.CONNECTED:
                return self._calling.bye(call, now)
            case _:
                return []

    # What comes from the server, and from the clock

    def receive(self, data: bytes, now: float) -> list[PhoneOutput]:
        try:
            message = parse(data)
        except ParseError as error:
            return [Complaint("", str(error))]
        return self._carry(self._book.layer.receive(message, self._book.flow, now), now)

    def connection_lost(self, now: float) -> list[PhoneOutput]:
        """Give up what waits for an answer by a connection that is gone."""
        return self._carry(self._book.layer.flow_lost(self._book.flow, now), now)

    @property
    def deadline(self) -> float | None:
        layer, own = self._book.layer.deadline, self._book.timers.earliest
        if layer is None or own is None:
            return own if layer is None else layer
        return min(layer, own)

    def expire(self, now: float) -> list[PhoneOutput]:
        outputs = self._carry(self._book.layer.expire(now), now)
        for key in list(self._book.timers.pop_due(now)):
            if key == REFRESH:
                outputs += self.register(now, self._registration.expires)
            else:
                outputs += self._wake(self._book.calls[key], now)
        return outputs

    # Inside

    def _wake(self, call: Call, now: float) -> list[PhoneOutput]:
        if call.state is CallState.ENDED:
            self._book.forget(call)
            return []
        return self._answering.resend(call, now) if call.last_ok else []

    def _carry(self, outputs: list[Output], now: float) -> list[PhoneOutput]:
        carried: list[PhoneOutput] = []
        for output in outputs:
            try:
                carried += self._carry_one(output, now)
            except ParseError as error:
                carried.append(Complaint("", str(error)))
        return carried

    def _carry_one(self, output: Output, now: float) -> list[PhoneOutput]:
        match output:
            case ResponseArrived(response=response, branch=branch):
                self._book.note_seen(response)
                return self._responded(branch, response, now)
            case RequestArrived(request=request, key=key):
                return self._answering.requested(request, key, now)
            case AckArrived(request=request):
                return self._answering.acknowledged(request, now)
            case CancelArrived(request=request, key=key):
                return self._answering.withdrawn(request, key, now)
            case TimedOut(branch=branch):
                return self._failed(branch, 408, now)
            case Failed(branch=branch):
                return self._failed(branch, 503, now)
            case ServerTimedOut():
                return [Complaint("", "a failure response of ours was never acknowledged")]
            case _:
                return self._book.sent([output])

    def _responded(self, branch: str, response: Response, now: float) -> list[PhoneOutput]:
        attempt = self._book.attempts.get(branch)
        if attempt is None:
            return []
        if attempt.call:
            return self._calling.responded(attempt, branch, response, now)
        if response.status < 200:
            return []
        del self._book.attempts[branch]
        return self._registered(attempt, response, now)

    def _registered(self, attempt: Attempt, response: Response, now: float) -> list[PhoneOutput]:
        registration = self._registration
        if response.status < 300:
            outputs, refresh = registration.accepted(response)
            self._book.timers.file(REFRESH, None if refresh is None else now + refresh)
            return outputs
        if self._book.account.prove(attempt.request, response):
            registration.again(attempt.request)
            return self._book.start(attempt.request, "", now)[1]
        longer = registration.longer(response)
        if longer is not None:
            return self.register(now, longer)
        return [RegistrationFailed(response.status, response.reason)]

    def _failed(self, branch: str, status: int, now: float) -> list[PhoneOutput]:
        attempt = self._book.attempts.pop(branch, None)
        if attempt is None:
            return []
        if attempt.call:
            return self._calling.failed(attempt, status, now)
        return [RegistrationFailed(status, reason_phrase(status))]
