"""A phone's answers to what the server asks of it."""

from softswitch.phone.book import Book
from softswitch.phone.call import Call, CallState
from softswitch.phone.calling import ALLOW, Calling, ExtraHeaders
from softswitch.phone.events import (
    Cancelled,
    Complaint,
    Confirmed,
    Connected,
    HungUp,
    Incoming,
    NoAck,
    Notified,
    PhoneOutput,
    Reinvited,
    Send,
)
from softswitch.sip.errors import InvalidState
from softswitch.sip.message import Header, Request, Response, respond


class Answering:
    """The server side of a phone's calls."""

    __slots__ = ("_book", "_calling")

    def __init__(self, book: Book, calling: Calling) -> None:
        self._book = book
        self._calling = calling

    # What the phone's holder decides

    def reply(
        self, call: Call, status: int, now: float, headers: ExtraHeaders = (), body: bytes = b""
    ) -> list[PhoneOutput]:
        """Send any response but a 2xx to the INVITE that waits."""
        response = self._response(call, status, headers, body)
        outputs = self._book.sent(self._book.layer.respond(call.pending_key, response, now))
        if status >= 300:
            self._settle(call)
        return outputs

    def accept(self, call: Call, sdp: bytes, now: float) -> list[PhoneOutput]:
        response = self._response(call, 200, (), sdp)
        call.last_ok = response.to_bytes()
        call.answered_cseq = response.cseq().number
        call.resend_gap = self._book.values.t1
        call.resend_until = now + self._book.values.timeout
        self._book.timers.file(call.name, now + call.resend_gap)
        outputs = self._book.sent(self._book.layer.respond(call.pending_key, response, now))
        self._settle(call)
        if call.state is CallState.INCOMING:
            call.state = CallState.ANSWERED
            outputs.append(Connected(call.name, b""))
        return outputs

    def refuse(
        self, call: Call, status: int, now: float, headers: ExtraHeaders = ()
    ) -> list[PhoneOutput]:
        outputs = self.reply(call, status, now, headers)
        if call.state is CallState.INCOMING:
            self._book.end(call, now)
        return outputs

    # What comes from the server; all raise ParseError

    def requested(self, request: Request, key: str, now: float) -> list[PhoneOutput]:
        match request.method:
            case "INVITE" if request.to().tag is None:
                return self._offered(request, key, now)
            case "INVITE":
                return self._reinvited(request, key, now)
            case "BYE":
                return self._ended(request, key, now)
            case "NOTIFY":
                return self._notified(request, key, now)
            case "OPTIONS":
                return self._respond(request, key, 200, now, ((Header.ALLOW, ALLOW),))
            case method:
                refusal = self._respond(request, key, 405, now, ((Header.ALLOW, ALLOW),))
                return [*refusal, Complaint("", f"{method} was never allowed")]

    def acknowledged(self, ack: Request, now: float) -> list[PhoneOutput]:
        call = self._find(ack)
        if call is None:
            return [Complaint("", "an ACK outside of any call")]
        if ack.cseq().number != call.answered_cseq:
            return [Complaint(call.name, "an ACK with another CSeq than its INVITE")]
        if not call.last_ok:
            self._book.discarded["ack-repeated"] += 1
            return []
        call.last_ok = b""
        self._book.timers.file(call.name, None)
        if call.state is CallState.ANSWERED:
            call.state = CallState.CONNECTED
        outputs: list[PhoneOutput] = [Confirmed(call.name, ack.body)]
        if call.bye_at_ack:
            outputs += self._calling.bye(call, now)
        return outputs

    def withdrawn(self, cancel: Request, key: str, now: float) -> list[PhoneOutput]:
        """Take a CANCEL, which the transaction layer has answered."""
        call = self._book.by_key.get(key)
        if call is None:
            return [Complaint("", "a CANCEL for what does not wait")]
        outputs = self.reply(call, 487, now)
        if call.state is CallState.INCOMING:
            self._book.end(call, now)
            outputs.append(Cancelled(call.name, cancel.first(Header.REASON) or ""))
        return outputs

    def resend(self, call: Call, now: float) -> list[PhoneOutput]:
        """Repeat a 200 that nobody has confirmed (section 13.3.1.4), or give up."""
        if now >= call.resend_until:
            call.last_ok = b""
            return [NoAck(call.name), *self._calling.bye(call, now)]
        call.resend_gap = min(2 * call.resend_gap, self._book.values.t2)
        self._book.timers.file(call.name, min(now + call.resend_gap, call.resend_until))
        return [Send(call.last_ok)]

    # Inside

    def _offered(self, invite: Request, key: str, now: float) -> list[PhoneOutput]:
        book = self._book
        call = Call.offered(book.next_name(), book.identifiers.tag(), invite)
        self._await(call, invite, key)
        book.add(call)
        caller = invite.from_()
        complaints = _complaints(call.name, invite)
        number, name = caller.uri.number, caller.display
        return [*complaints, Incoming(call.name, number, name, invite.body, invite)]

    def _reinvited(self, invite: Request, key: str, now: float) -> list[PhoneOutput]:
        call = self._find(invite)
        if call is None or call.state not in (CallState.ANSWERED, CallState.CONNECTED):
            return self._respond(invite, key, 481, now)
        complaint = call.complaint(invite, self._book.contact, self._book.seen_contact)
        if complaint:
            return [*self._respond(invite, key, 500, now), Complaint(call.name, complaint)]
        call.remote_cseq = invite.cseq().number
        if call.branch or call.pending is not None or call.last_ok:
            return self._respond(invite, key, 491, now)
        call.retarget(invite)
        self._await(call, invite, key)
        return [*_complaints(call.name, invite), Reinvited(call.name, invite.body)]

    def _ended(self, bye: Request, key: str, now: float) -> list[PhoneOutput]:
        call = self._find(bye)
        if call is None or call.state is CallState.ENDED:
            refusal = self._respond(bye, key, 481, now)
            if call is not None and call.bye_may_cross:
                call.bye_may_cross = False
                return refusal
            return [*refusal, Complaint("", "a BYE outside of any call")]
        call.bye_may_cross = False
        complaint = call.complaint(bye, self._book.contact, self._book.seen_contact)
        outputs = self._respond(bye, key, 200, now)
        if complaint:
            outputs.append(Complaint(call.name, complaint))
        call.remote_cseq = bye.cseq().number
        if call.pending is not None:
            outputs += self.reply(call, 487, now)
        self._book.end(call, now)
        return [*outputs, HungUp(call.name, bye.first(Header.REASON) or "")]

    def _notified(self, notify: Request, key: str, now: float) -> list[PhoneOutput]:
        call = self._find(notify)
        if call is None:
            return self._respond(notify, key, 481, now)
        if notify.cseq().number <= call.remote_cseq:
            return self._respond(notify, key, 500, now)  # overtaken (section 12.2.2)
        call.remote_cseq = notify.cseq().number
        outputs = self._respond(notify, key, 200, now)
        return [*outputs, Notified(call.name, notify.body)]

    def _find(self, request: Request) -> Call | None:
        call = self._book.by_tag.get(request.to().tag or "")
        return call if call is not None and call.call_id == request.call_id() else None

    def _await(self, call: Call, invite: Request, key: str) -> None:
        call.pending = invite
        call.pending_key = key
        self._book.by_key[key] = call

    def _settle(self, call: Call) -> None:
        self._book.by_key.pop(call.pending_key, None)
        call.pending = None
        call.pending_key = ""

    def _response(self, call: Call, status: int, headers: ExtraHeaders, body: bytes) -> Response:
        if call.pending is None:
            raise InvalidState(f"no INVITE waits in {call.name}")
        if status < 300:
            contact = (Header.CONTACT, f"<{self._book.contact}>")
            headers = (contact, (Header.ALLOW, ALLOW), *headers)
        tag = call.local_tag if status > 100 else ""
        return respond(call.pending, status, to_tag=tag, headers=headers, body=body)

    def _respond(
        self, request: Request, key: str, status: int, now: float, headers: ExtraHeaders = ()
    ) -> list[PhoneOutput]:
        tag = self._book.identifiers.tag()
        response = respond(request, status, to_tag=tag, headers=headers)
        return self._book.sent(self._book.layer.respond(key, response, now))


def _complaints(name: str, invite: Request) -> list[PhoneOutput]:
    """Return what an INVITE lacks (section 8.1.1 and 12.1.2)."""
    wrong = []
    if not invite.contacts():
        wrong.append("an INVITE without a Contact")
    if invite.max_forwards() is None:
        wrong.append("an INVITE without Max-Forwards")
    if invite.from_().tag is None:
        wrong.append("an INVITE without a From tag")
    if invite.body and invite.first(Header.CONTENT_TYPE) != "application/sdp":
        wrong.append("a body that is not said to be application/sdp")
    return [Complaint(name, what) for what in wrong]
