"""One side of a call: what offered and placed legs have in common, from the answer on.

A leg owns one dialog. The endpoint calls it with what the transaction layer found out, and by
the same way tells it what to do; both return what to send and what to say. When a leg has said
its last word (Ended or Refused) the call is over for everybody above, but it may stay until
the peer knows it too.
"""

from contextlib import suppress
from enum import Enum

from softswitch.sip.dialog import (
    Dialog,
    Meaning,
    NotAcknowledged,
    OfferAnswer,
    Turn,
    UnacknowledgedAnswer,
)
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.leg.body import content_type, session_description
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request, Response, respond
from softswitch.sip.methods import (
    ALLOW,
    BYE,
    CAPABILITIES,
    INVITE,
    KNOWN,
    Headers,
)
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Discard, Sent, Transmit
from softswitch.sip.vocabulary import (
    AcceptChange,
    Change,
    ChangeAnswered,
    Changed,
    ChangeRefused,
    Confirm,
    Confirmed,
    End,
    Ended,
    LegCommand,
    LegEvent,
    RefuseChange,
)

LegOutput = Sent | LegEvent

OUT_OF_STATE = "command-out-of-state"
FIRST_INVITE = 1
"""CSeq of every INVITE of ours that begins a dialog, and of no other request."""

_ACCEPT_SDP = (Header.ACCEPT, "application/sdp")
_DTMF_TYPES = ("application/dtmf-relay", "application/dtmf")


class State(Enum):
    PROCEEDING = "no final response yet"
    ACCEPTED = "answered, and the ACK is not there yet"
    CONFIRMED = "answered and acknowledged"
    TERMINATED = "over, for the peer too"


class Leg:
    """A dialog with its re-INVITEs, its BYE and its lost ACKs.

    name       what the layer above calls it
    local_tag  our tag; no two legs share one
    """

    __slots__ = (
        "_ack",
        "_answer",
        "_change",
        "_dialog",
        "_face",
        "_invite_number",
        "_offers",
        "_peer_change",
        "_stack",
        "call_id",
        "filed_under",
        "has_ended",
        "local_tag",
        "name",
        "state",
    )

    def __init__(self, name: str, call_id: str, local_tag: str, face: Face, stack: Stack) -> None:
        self.name = name
        self.call_id = call_id
        self.local_tag = local_tag
        self.state = State.PROCEEDING
        self.filed_under: Flow | None = None  # the endpoint's note of where it filed this leg
        self._stack = stack
        self._face = face
        self._dialog: Dialog | None = None
        self._offers = OfferAnswer()
        self.has_ended = False  # it has said its last word
        self._answer: UnacknowledgedAnswer | None = None  # our 2xx, until its ACK
        self._invite_number = 0  # CSeq of the INVITE that the next ACK is for
        self._ack: list[Sent] = []  # our last ACK, for when the 2xx comes again
        self._change = ""  # branch of our re-INVITE
        self._peer_change: tuple[str, Request] | None = None  # key and re-INVITE to be answered

    @property
    def flow(self) -> Flow | None:
        """Where the peer is, once there is a dialog."""
        return None if self._dialog is None else self._dialog.flow

    # What the peer sends

    def receive(self, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
        """Take a request within the dialog; an INVITE has passed `validate`.

        Raises ParseError, having changed nothing.
        """
        dialog = self._dialog
        if dialog is None or (request.from_().tag or "") != dialog.id.remote_tag:
            return self._reply(key, request, 481, now)
        refusal = dialog.check(request, flow)
        if refusal is not None:
            return self._reply(key, request, refusal.status, now, reason=refusal.reason)
        if self.has_ended and request.method != BYE:
            return self._reply(key, request, 481, now)
        match request.method:
            case "BYE":
                return self._hung_up(request, key, now)
            case "INVITE":
                return self._invited_again(request, flow, key, now)
            case "INFO":
                return self._informed(request, key, now)
            case "OPTIONS":
                headers = (*CAPABILITIES, self._stack.server)
                return self._reply(key, request, 200, now, headers)
            case method:
                return self._reply(key, request, 405 if method in KNOWN else 501, now, (ALLOW,))

    def acknowledge(self, ack: Request, now: float) -> list[LegOutput]:
        """Take the ACK to our 2xx. Raises ParseError."""
        if ack.cseq().number != self._invite_number or self._answer is None:
            return [Discard("ack-of-another-invite")]
        if not self._answer.acknowledge():
            return [Discard("ack-repeated")]
        self._answer = None
        was_first = self.state is State.ACCEPTED
        self.state = State.CONFIRMED
        if self.has_ended:
            return self._bye(now)
        sdp = session_description(ack)
        meaning = self._offers.ack_received(with_sdp=bool(sdp))
        if meaning is Meaning.ANSWER or was_first:
            return [Confirmed(self.name, sdp if meaning is Meaning.ANSWER else b"")]
        return []

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[LegOutput]:
        """Take a response to an INVITE of ours that waits for its final response.

        Raises ParseError, having changed nothing.
        """
        dialog = self._dialog
        if dialog is None or branch != self._change:
            return [Discard("response-without-leg")]
        if response.status < 200:
            return []
        if response.status >= 300:
            return self._change_failed(response.status, now)
        sdp = session_description(response)
        with suppress(ParseError):  # a Contact that cannot be read moves nothing
            dialog.refresh(response, flow)
        self._settle_change()
        self._invite_number = response.cseq().number
        return [*self._acknowledge_unless_offered(sdp), ChangeAnswered(self.name, sdp)]

    def hear_again(self, response: Response) -> list[LegOutput] | None:
        """Take a 2xx that nobody waits for; None if it began another dialog than ours.

        Raises ParseError.
        """
        if self._dialog is None or not self._dialog.is_from(response):
            return None
        if response.cseq().number != self._invite_number:
            return [Discard("answer-of-another-invite")]
        return [*self._ack]

    def failed(self, branch: str, status: int, now: float) -> list[LegOutput]:
        """A request of ours found no answer: 408, or 503 when its connection is gone."""
        if branch != self._change:
            return [Discard("failure-without-leg")]
        return self._change_failed(status, now)

    def lose(self, now: float) -> list[LegOutput]:
        """The connection that the peer was reached by is gone."""
        return self._terminate("lost", now)

    # What the calls want

    def perform(self, command: LegCommand, now: float) -> list[LegOutput]:
        if self.has_ended or self._dialog is None:
            return [Discard(OUT_OF_STATE)]
        match command:
            case End():
                return self._hang_up("ended", now)
            case Change(sdp=sdp):
                return self._change_session(sdp, now)
            case AcceptChange(sdp=sdp):
                return self._accept_change(sdp, now)
            case RefuseChange(status=status):
                return self._refuse_change(status, now)
            case Confirm(sdp=sdp):
                return self._confirm(sdp)
            case _:
                return [Discard(OUT_OF_STATE)]

    # Time

    @property
    def deadline(self) -> float | None:
        return None if self._answer is None else self._answer.deadline

    def expire(self, now: float) -> list[LegOutput]:
        if self._answer is None:
            return []
        outputs: list[LegOutput] = []
        for output in self._answer.expire(now):
            if isinstance(output, NotAcknowledged):
                self._answer = None
                self._offers.failed()
                outputs += [*self._bye(now), *self._terminate("no-ack", now)]
            else:
                outputs.append(output)
        return outputs

    # In the dialog

    def _hung_up(self, request: Request, key: str, now: float) -> list[LegOutput]:
        outputs = self._reply(key, request, 200, now)
        return outputs + self._terminate("bye", now)

    def _invited_again(self, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
        if self._answer is not None:
            return self._reply(key, request, 491, now)  # the ACK may be on its way
        sdp = session_description(request)
        if request.body and not sdp:
            return self._reply(key, request, 415, now, (_ACCEPT_SDP,))
        refusal = self._offers.invite_received(with_offer=bool(sdp))
        if refusal is not None:
            headers = ((Header.RETRY_AFTER, "2"),) if refusal.status == 500 else ()
            return self._reply(key, request, refusal.status, now, headers, refusal.reason)
        if self._dialog is not None:
            self._dialog.refresh(request, flow)
        self._peer_change = key, request
        trying = respond(request, 100)
        return [*self._stack.layer.respond(key, trying, now), Changed(self.name, sdp)]

    def _informed(self, request: Request, key: str, now: float) -> list[LegOutput]:
        if Header.INFO_PACKAGE in request.ids:
            return self._reply(key, request, 469, now, (("Recv-Info", ""),))
        kind = content_type(request)
        if kind in _DTMF_TYPES:
            return [*self._reply(key, request, 200, now), Discard("info-dtmf")]
        if not request.body:
            return self._reply(key, request, 200, now)
        return self._reply(key, request, 415, now, ((Header.ACCEPT, ", ".join(_DTMF_TYPES)),))

    def _change_session(self, sdp: bytes, now: float) -> list[LegOutput]:
        dialog = self._dialog
        if dialog is None or self.state is not State.CONFIRMED or not self._offers.may_invite:
            return [ChangeRefused(self.name, 491)]
        self._offers.invite_sent(with_offer=bool(sdp))
        request = dialog.request(INVITE, (ALLOW, self._stack.user_agent), sdp)
        self._change, outputs = self._stack.layer.request(request, dialog.flow, now)
        self._stack.awaited[self._change] = self.local_tag
        return [*outputs]

    def _accept_change(self, sdp: bytes, now: float) -> list[LegOutput]:
        if self._peer_change is None:
            return [Discard(OUT_OF_STATE)]
        key, request = self._peer_change
        self._peer_change = None
        self._offers.success_sent()
        return self._accept_with(key, request, sdp, now)

    def _refuse_change(self, status: int, now: float) -> list[LegOutput]:
        if self._peer_change is None:
            return [Discard(OUT_OF_STATE)]
        key, request = self._peer_change
        self._peer_change = None
        self._offers.failed()
        return self._reply(key, request, status, now)

    def _change_failed(self, status: int, now: float) -> list[LegOutput]:
        self._settle_change()
        self._offers.failed()
        if status in (408, 481):
            # The peer has no such dialog any more, or is gone (section 12.2.1.2).
            return [*self._bye(now), *self._terminate("timeout" if status == 408 else "lost", now)]
        return [ChangeRefused(self.name, status)]

    def _settle_change(self) -> None:
        self._stack.awaited.pop(self._change, None)
        self._change = ""

    def _confirm(self, sdp: bytes) -> list[LegOutput]:
        if self._offers.turn is not Turn.OUR_ANSWER_IN_ACK:
            return [Discard(OUT_OF_STATE)]
        return [*self._acknowledge_peer(sdp)]

    # Shared by both kinds

    def _headers(self) -> Headers:
        """Return what our responses that make or keep a dialog carry."""
        return (Header.CONTACT, self._face.contact), ALLOW, self._stack.server

    def _reply(
        self,
        key: str,
        request: Request,
        status: int,
        now: float,
        headers: Headers = (),
        reason: str = "",
    ) -> list[LegOutput]:
        response = respond(request, status, reason, to_tag=self.local_tag, headers=headers)
        return [*self._stack.layer.respond(key, response, now)]

    def _accept_with(self, key: str, invite: Request, sdp: bytes, now: float) -> list[LegOutput]:
        """Send the 2xx, and again until its ACK comes."""
        response = respond(invite, 200, to_tag=self.local_tag, headers=self._headers(), body=sdp)
        outputs = self._stack.layer.respond(key, response, now)
        self._invite_number = invite.cseq().number
        for output in outputs:
            if isinstance(output, Transmit):
                self._answer = UnacknowledgedAnswer(output, self._stack.timers, now)
        if self._answer is None:
            return [*outputs, *self._terminate("lost", now)]
        return [*outputs]

    def _acknowledge_unless_offered(self, sdp: bytes) -> list[Sent]:
        """Acknowledge a 2xx; one that carries an offer waits for Confirm, which has our answer."""
        if self._offers.success_received(with_sdp=bool(sdp)) is Meaning.OFFER:
            self._ack = []
            return []
        return self._acknowledge_peer(b"")

    def _acknowledge_peer(self, sdp: bytes) -> list[Sent]:
        dialog = self._dialog
        assert dialog is not None, "a 2xx makes the dialog"
        self._offers.ack_sent()
        ack = dialog.ack(self._invite_number, (self._stack.user_agent,), sdp)
        self._ack = self._stack.layer.send(ack, dialog.flow)
        return self._ack

    def _hang_up(self, cause: str, now: float) -> list[LegOutput]:
        """End an answered leg. A caller who does not know yet that we answered hears BYE only
        after his ACK, or when none comes (section 15): so long the leg lingers."""
        if self.state is State.ACCEPTED and self._answer is not None:
            self.has_ended = True
            return [Ended(self.name, cause)]
        outputs: list[LegOutput] = []
        if self._offers.turn is Turn.OUR_ANSWER_IN_ACK:
            outputs += self._acknowledge_peer(b"")
        return [*outputs, *self._bye(now), *self._terminate(cause, now)]

    def _bye(self, now: float) -> list[LegOutput]:
        """Send BYE. Its transaction looks after itself: nobody waits for the answer."""
        dialog = self._dialog
        assert dialog is not None, "only within a dialog"
        self.state = State.TERMINATED
        bye = dialog.request(BYE, (self._stack.user_agent,))
        return [*self._stack.layer.request(bye, dialog.flow, now)[1]]

    def _terminate(self, cause: str, now: float) -> list[LegOutput]:
        """Let go of everything, and say so if nobody knows yet."""
        outputs: list[LegOutput] = []
        self.state = State.TERMINATED
        self._answer = None
        if self._change:
            outputs += self._stack.layer.cancel(self._change, now)
            self._settle_change()
        if self._peer_change is not None:
            key, request = self._peer_change
            self._peer_change = None
            outputs += self._reply(key, request, 487, now)
        if not self.has_ended:
            self.has_ended = True
            outputs.append(Ended(self.name, cause))
        return outputs
