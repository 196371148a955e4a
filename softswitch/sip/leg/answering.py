"""The 2xx to an INVITE and its ACK, of both sides."""

from softswitch.sip.dialog import Meaning, SessionTimer, Turn, UnacknowledgedAnswer
from softswitch.sip.dialog.session_timer import MINIMUM, USUAL, is_too_brief
from softswitch.sip.errors import ParseError
from softswitch.sip.leg.body import listed, session_description
from softswitch.sip.leg.core import Core, LegOutput, State
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Message, Request, Response
from softswitch.sip.methods import SUPPORTED, Headers
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Discard, Sent, Transmit
from softswitch.sip.vocabulary import ChangeRefused, Confirmed


class Answering(Core):
    """Sends a 2xx until its ACK comes, and an ACK as often as the 2xx comes."""

    __slots__ = ("_ack", "answer", "heard", "invite_number", "sent", "timer")

    def __init__(self, name: str, call_id: str, local_tag: str, face: Face, stack: Stack) -> None:
        super().__init__(name, call_id, local_tag, face, stack)
        self.answer: UnacknowledgedAnswer | None = None
        """Our 2xx, until its ACK."""

        self.invite_number = 0
        """CSeq of the INVITE that the next ACK is for."""

        self._ack: list[Sent] = []  # our last ACK, for when the 2xx comes again
        self.sent = b""
        """The last description that we sent and that stands."""

        self.heard = b""
        """The peer's last, likewise."""

        self.timer: SessionTimer | None = None
        if stack.session_interval:
            self.timer = SessionTimer(stack.session_interval)

    # Ours

    def accept_with(self, key: str, invite: Request, sdp: bytes, now: float) -> list[LegOutput]:
        """Send the 2xx, and again until its ACK comes."""
        headers = (SUPPORTED, *self.grant(invite, now))
        outputs = self.affirm(key, invite, 200, now, headers, sdp)
        self.invite_number = invite.cseq().number
        self.sent = sdp or self.sent
        for output in outputs:
            if isinstance(output, Transmit):
                self.answer = UnacknowledgedAnswer(output, self.stack.timers, now)
        if self.answer is None:
            return [*outputs, *self.terminate("lost", now)]
        return outputs

    def acknowledge(self, ack: Request, now: float) -> list[LegOutput]:
        """Take the ACK to our 2xx. Raises ParseError."""
        if ack.cseq().number != self.invite_number or self.answer is None:
            return [Discard("ack-of-another-invite")]
        self.answer = None
        if self.state is State.LINGERING:
            return self.terminate("ended", now)
        was_first = self.state is State.ACCEPTED
        self.state = State.CONFIRMED
        if self.has_ended:
            return [*self.bye(now), *self.terminate("ended", now)]
        sdp, owes = session_description(ack), self.offers.turn is Turn.THEIR_ANSWER_IN_ACK
        if self.offers.ack_received(with_sdp=bool(sdp)) is Meaning.ANSWER:
            self.heard = sdp
            return [Confirmed(self.name, sdp)]
        if was_first:
            return [Confirmed(self.name)]
        return [ChangeRefused(self.name, 488)] if owes else []  # nothing else can bring it

    def leave(self, cause: str, now: float, reason: str = "") -> list[LegOutput]:
        """Say the last word, and go on sending our 2xx until its ACK comes. Nobody else does that
        (section 13.3.1.4), and without it the peer's INVITE would stay open for ever."""
        answer = self.answer
        outputs = self.terminate(cause, now, reason)
        if answer is not None:
            self.answer, self.timer, self.state = answer, None, State.LINGERING
        return outputs

    # The peer's

    def acknowledge_unless_offered(self, sdp: bytes) -> list[Sent]:
        """Acknowledge a 2xx; one that carries an offer waits for Confirm, which has our answer."""
        if self.offers.success_received(with_sdp=bool(sdp)) is Meaning.OFFER:
            self.heard = sdp
            self._ack = []
            return []
        return self.acknowledge_peer(b"")

    def acknowledge_peer(self, sdp: bytes) -> list[Sent]:
        dialog = self.dialog
        assert dialog is not None, "a 2xx makes the dialog"
        self.offers.ack_sent()
        self.sent = sdp or self.sent
        ack = dialog.ack(self.invite_number, (self.stack.user_agent,), sdp)
        self._ack = self.stack.layer.send(ack, dialog.flow)
        return self._ack

    def hear_again(self, response: Response) -> list[LegOutput] | None:
        """Take a 2xx that nobody waits for; None if it began another dialog than ours.

        Raises ParseError.
        """
        if self.dialog is None or not self.dialog.is_from(response):
            return None
        if response.cseq().number != self.invite_number:
            return [Discard("answer-of-another-invite")]
        return [*self._ack]

    def close(self, now: float) -> list[LegOutput]:
        self.answer = None
        dialog = self.dialog
        if dialog is not None and self._ack:
            remote, first = dialog.id.remote_tag, self.first_invite
            self.stack.ended.note(self.local_tag, remote, first, self.invite_number, self._ack, now)
        return super().close(now)

    # Session timers

    def grant(self, request: Message, now: float) -> Headers:
        """Wind up the session timer with a request of the peer's; return what our 2xx says."""
        if self.timer is None:
            if Header.SESSION_EXPIRES not in request.ids:
                return ()
            self.timer = SessionTimer(USUAL)  # we ask nobody for it, and keep up who wants it
        has_timers = "timer" in listed(request, Header.SUPPORTED)
        return self.timer.grant(request, peer_has_timers=has_timers, now=now)

    def too_brief(self, request: Request) -> Headers:
        """Return the Min-SE of a request that asks for too brief a session, or nothing.

        Raises ParseError.
        """
        if Header.SESSION_EXPIRES not in request.ids and Header.MIN_SE not in request.ids:
            return ()
        has_timers = "timer" in listed(request, Header.SUPPORTED)
        brief = is_too_brief(request, peer_has_timers=has_timers)
        return ((Header.MIN_SE, str(MINIMUM)),) if brief else ()

    def raise_timer(self, refusal: Response) -> bool:
        """Take a 422; return whether it says what it wants, and that is more than was asked."""
        try:
            return self.timer is not None and self.timer.raise_to(refusal)
        except ParseError:
            return False

    def keep(self, response: Response, now: float) -> None:
        """Take a 2xx to an INVITE or UPDATE of ours."""
        self.learn(response)
        if self.timer is None:
            if Header.SESSION_EXPIRES not in response.ids:
                return
            self.timer = SessionTimer(USUAL)
        self.timer.answered(response, now)
