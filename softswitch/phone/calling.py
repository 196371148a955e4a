"""A phone's requests within calls, and what is said to them."""

from urllib.parse import quote

from softswitch.phone.book import Attempt, Book
from softswitch.phone.call import USER_AGENT, Call, CallState
from softswitch.phone.events import (
    CallRefused,
    Complaint,
    Connected,
    EarlyMedia,
    Ended,
    PhoneOutput,
    Referred,
    ReinviteAccepted,
    ReinviteRefused,
    Ringing,
    Send,
    Trying,
)
from softswitch.sip.errors import InvalidState, ParseError
from softswitch.sip.message import Header, Request, Response, reason_phrase

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS"
ExtraHeaders = tuple[tuple[Header | str, str], ...]

_CREDENTIALS = (Header.AUTHORIZATION, Header.PROXY_AUTHORIZATION)
_UNREADABLE = 500
"""The status that stands for a final response that cannot be read."""

_UNANSWERED = (CallState.CALLING, CallState.RINGING, CallState.CANCELLING)


class Calling:
    """The client side of a phone's calls."""

    __slots__ = ("_book", "_name")

    def __init__(self, book: Book, name: str) -> None:
        self._book = book
        self._name = name

    def place(
        self, number: str, sdp: bytes, now: float, headers: ExtraHeaders
    ) -> tuple[str, list[PhoneOutput]]:
        book = self._book
        remote, tag = book.uri(number), book.identifiers.tag()
        shown = f'"{self._name}" ' if self._name else ""
        call = Call(
            book.next_name(),
            book.identifiers.call_id(),
            tag,
            f"{shown}<{book.uri(book.account.number)}>;tag={tag}",
            f"<{remote}>",
        )
        call.remote_target = remote
        book.add(call)
        return call.name, self.invite(call, sdp, now, headers)

    def invite(
        self, call: Call, sdp: bytes, now: float, headers: ExtraHeaders = ()
    ) -> list[PhoneOutput]:
        if call.branch:
            raise InvalidState(f"an INVITE of {call.name} is not answered yet")
        request = call.request(
            "INVITE",
            f"<{self._book.contact}>",
            sdp,
            headers=((Header.ALLOW, ALLOW), (Header.USER_AGENT, USER_AGENT), *headers),
        )
        call.is_late_offer = not sdp
        call.branch, outputs = self._book.start(request, call.name, now)
        return outputs

    def acknowledge(self, call: Call, sdp: bytes = b"") -> list[PhoneOutput]:
        """Send the ACK to a 2xx; it is kept, for when the 2xx comes again."""
        ack = call.request("ACK", "", sdp, cseq=call.acked_cseq, headers=tuple(call.credentials))
        outputs = self._book.sent(self._book.layer.send(ack, self._book.flow))
        call.last_ack = ack.to_bytes()
        return outputs

    def cancel(self, call: Call, now: float, headers: ExtraHeaders) -> list[PhoneOutput]:
        if call.state not in (CallState.CALLING, CallState.RINGING):
            return []
        call.state = CallState.CANCELLING
        return self._book.sent(self._book.layer.cancel(call.branch, now, headers))

    def bye(self, call: Call, now: float, headers: ExtraHeaders = ()) -> list[PhoneOutput]:
        call.state = CallState.ENDING
        call.bye_at_ack = False
        call.bye_may_cross = True
        return self._book.start(call.request("BYE", "", headers=headers), call.name, now)[1]

    def refer(self, call: Call, to: str, replaces: Call | None, now: float) -> list[PhoneOutput]:
        """Ask for this call to be handed on."""
        uri = self._book.uri(to)
        if replaces is not None:
            tags = f"to-tag={replaces.remote_tag};from-tag={replaces.local_tag}"
            value = quote(f"{replaces.call_id};{tags}", safe="")
            uri = f"{uri}?Replaces={value}"
        number = self._book.account.number
        request = call.request(
            "REFER",
            "",
            headers=(
                (Header.CONTACT, f"<{self._book.contact}>"),
                (Header.REFER_TO, f"<{uri}>"),
                (Header.REFERRED_BY, f"<{self._book.uri(number)}>"),
            ),
        )
        return self._book.start(request, call.name, now)[1]

    # Responses

    def responded(
        self, attempt: Attempt, branch: str, response: Response, now: float
    ) -> list[PhoneOutput]:
        """Take a response to INVITE or BYE. One that cannot be read is no success."""
        call = self._book.calls.get(attempt.call)
        if call is None:
            return []
        try:
            return self._read(call, attempt, branch, response, now)
        except ParseError as error:
            complaint = Complaint(call.name, str(error))
        if response.status < 200 or (call.branch != branch and attempt.request.method == "INVITE"):
            return [complaint]
        return [complaint, *self.failed(attempt, _UNREADABLE, now)]

    def _read(
        self, call: Call, attempt: Attempt, branch: str, response: Response, now: float
    ) -> list[PhoneOutput]:
        if response.from_().tag != call.local_tag or response.call_id() != call.call_id:
            raise ParseError("response", repr(response), 0, "our From tag and Call-ID")
        if response.status < 200:
            return self._provisional(call, attempt, response)
        if response.status < 300 and attempt.request.method == "INVITE":
            return self._accepted(call, attempt, branch, response, now)
        del self._book.attempts[branch]
        if attempt.request.method == "INVITE":
            return self._refused(call, attempt, response, now)
        if self._book.account.prove(attempt.request, response):
            return self._again(call, attempt.request, now)
        if attempt.request.method == "REFER":
            return [Referred(call.name, response.status)]
        self._book.end(call, now)
        return [Ended(call.name, response.status)]

    def failed(self, attempt: Attempt, status: int, now: float) -> list[PhoneOutput]:
        """Take that no response came to a request, or that it could not be sent."""
        call = self._book.calls.get(attempt.call)
        if call is None or call.state is CallState.ENDED:
            return []
        if attempt.request.method == "REFER":
            return [Referred(call.name, status)]
        if attempt.request.method == "BYE":
            self._book.end(call, now)
            return [Ended(call.name, status)]
        return self._given_up(call, status, reason_phrase(status), (), now)

    def _provisional(self, call: Call, attempt: Attempt, response: Response) -> list[PhoneOutput]:
        if attempt.request.method != "INVITE" or call.state not in _UNANSWERED:
            return []
        if call.state is CallState.CALLING:
            call.state = CallState.RINGING
        if response.status == 100:
            return [Trying(call.name)]
        outputs: list[PhoneOutput] = []
        if response.to().tag is None:
            outputs.append(Complaint(call.name, f"a {response.status} without a To tag"))
        elif call.remote_tag not in ("", response.to().tag):
            outputs.append(Complaint(call.name, "the To tag changes while it rings"))
        else:
            call.establish(response)
        outputs.append(Ringing(call.name, response.status))
        if response.body:
            outputs.append(EarlyMedia(call.name, response.body))
        return outputs

    def _accepted(
        self, call: Call, attempt: Attempt, branch: str, response: Response, now: float
    ) -> list[PhoneOutput]:
        cseq = attempt.request.cseq().number
        if branch != call.branch:  # a copy of a 2xx that was taken already
            if response.to().tag != call.remote_tag:
                return [Complaint(call.name, "a second answer, with another To tag")]
            return [Send(call.last_ack)] if cseq == call.acked_cseq and call.last_ack else []
        outputs: list[PhoneOutput] = []
        was_unanswered = call.state in _UNANSWERED
        if not response.contacts():
            outputs.append(Complaint(call.name, "a 2xx to INVITE without a Contact"))
        if response.to().tag is None:
            outputs.append(Complaint(call.name, "a 2xx to INVITE without a To tag"))
        if was_unanswered:
            call.establish(response)
        else:
            call.retarget(response)
        self._book.attempts.pop(call.acked_branch, None)
        call.branch = ""
        call.acked_branch = branch
        call.acked_cseq = cseq
        call.last_ack = b""
        call.credentials = [
            (header, value)
            for header in _CREDENTIALS
            if (value := attempt.request.first(header)) is not None
        ]
        if call.state is CallState.CANCELLING:  # the answer has crossed our CANCEL
            return [*outputs, *self.acknowledge(call), *self.bye(call, now)]
        if not call.is_late_offer or call.state is CallState.ENDING:
            outputs += self.acknowledge(call)
        if was_unanswered:
            call.state = CallState.CONNECTED
            return [*outputs, Connected(call.name, response.body)]
        return [*outputs, ReinviteAccepted(call.name, response.body)]

    def _refused(
        self, call: Call, attempt: Attempt, response: Response, now: float
    ) -> list[PhoneOutput]:
        is_wanted = call.state in (CallState.CALLING, CallState.RINGING, CallState.CONNECTED)
        if is_wanted and self._book.account.prove(attempt.request, response):
            return self._again(call, attempt.request, now)
        contacts: tuple[str, ...] = ()
        if 300 <= response.status < 400:
            contacts = tuple(str(contact.uri) for contact in response.contacts())
        return self._given_up(call, response.status, response.reason, contacts, now)

    def _given_up(
        self, call: Call, status: int, reason: str, contacts: tuple[str, ...], now: float
    ) -> list[PhoneOutput]:
        call.branch = ""
        if call.state in _UNANSWERED:
            self._book.end(call, now)
            return [CallRefused(call.name, status, reason, contacts)]
        outputs: list[PhoneOutput] = [ReinviteRefused(call.name, status)]
        if status in (408, 481) and call.state is CallState.CONNECTED:
            outputs += self.bye(call, now)  # section 12.2.1.2: the dialog is gone
        return outputs

    def _again(self, call: Call, request: Request, now: float) -> list[PhoneOutput]:
        """Send a request once more, with the credentials that were put in."""
        call.local_cseq += 1
        request.set(Header.CSEQ, f"{call.local_cseq} {request.method}")
        branch, outputs = self._book.start(request, call.name, now)
        if request.method == "INVITE":
            call.branch = branch
        return outputs
