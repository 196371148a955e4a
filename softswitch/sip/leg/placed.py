"""A leg that begins with our INVITE: a phone that rings, until it answers."""

from contextlib import suppress

from softswitch.sip.dialog import Dialog, Meaning, OfferAnswer, RAck, remote_tag, rseq
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.leg.body import listed, session_description
from softswitch.sip.leg.composing import compose
from softswitch.sip.leg.core import OUT_OF_STATE, LegOutput, State, words_of
from softswitch.sip.leg.early import EarlyDialog
from softswitch.sip.leg.leg import Leg
from softswitch.sip.leg.redirection import redirections
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.methods import Headers
from softswitch.sip.stack import Stack
from softswitch.sip.text import readable
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import (
    AcceptChange,
    Answered,
    Change,
    Confirm,
    Elsewhere,
    End,
    LegCommand,
    Place,
    Progressed,
    RefuseChange,
    Refused,
    Target,
    Withdraw,
)
from softswitch.timerqueue import earlier

_ELSEWHERE = ((Header.REASON, 'SIP;cause=200;text="Call completed elsewhere"'),)
_FLOW_FAILED = 430
_MOST_FORKS = 10
"""Early dialogs of one INVITE that are kept; those of more are only heard."""

_MOST_INVITES = 3
"""By one flow, each with a longer session timer."""

_FLOW_PATIENCE = 4.0
"""Seconds of silence after which a phone is called by another of its flows."""


class PlacedLeg(Leg):
    """One INVITE to one contact; of the answers that it gets, the first counts.

    To a phone with several flows it is sent by one after the other, until it is heard of.
    """

    __slots__ = (
        "_branch",
        "_early",
        "_forks",
        "_invite",
        "_is_withdrawn",
        "_others",
        "_ringing",
        "_silent_until",
        "_target",
        "_tried",
    )

    def __init__(
        self, command: Place, call_id: str, local_tag: str, face: Face, stack: Stack
    ) -> None:
        super().__init__(command.leg, call_id, local_tag, face, stack)
        self._target = target = command.target
        self._others = target.alternatives if isinstance(target, Target) else ()
        self._tried = 0  # flows that have led nowhere
        self._silent_until: float | None = None
        self._invite = compose(command, call_id, local_tag, face, self.timer, stack)
        self._branch = ""
        self._is_withdrawn = False
        self._early: tuple[str, bytes] = "", b""  # tag and session of the last early media
        self._ringing: Response | None = None  # the last provisional one
        self._forks: dict[str, EarlyDialog] | None = None  # by tag: those that want PRACK

    @property
    def flow(self) -> Flow | None:
        if self.dialog is not None:
            return self.dialog.flow
        return None if isinstance(self._target, Elsewhere) else self._target.flow

    @property
    def owns_call_id(self) -> bool:
        return True

    def begin(self, now: float) -> list[LegOutput]:
        """Send the INVITE."""
        self.sent = self._invite.body
        self.offers.invite_sent(with_offer=bool(self.sent))
        if self._others:
            self._silent_until = now + _FLOW_PATIENCE
        return self._send(now)

    def turn_to(self, remote_tag: str) -> bool:
        fork = None if self._forks is None else self._forks.get(remote_tag)
        if fork is not None and self.state is State.PROCEEDING:
            self.dialog, self.offers = fork.dialog, fork.offers
        return super().turn_to(remote_tag)

    @property
    def peer_tag(self) -> str:
        if self.state is State.PROCEEDING and self._ringing is not None:
            with suppress(ParseError):
                return remote_tag(self._ringing)
        return super().peer_tag

    def is_with(self, tag: str) -> bool:
        if self.state is not State.PROCEEDING:
            return super().is_with(tag)
        if self._forks is not None and tag in self._forks:
            return True
        with suppress(ParseError):
            return self._ringing is not None and remote_tag(self._ringing) == tag
        return False

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[LegOutput]:
        if branch != self._branch:
            outputs = super().hear(response, flow, branch, now)
            self._note_change()
            return outputs
        self._silent_until = None
        if response.status < 200:
            return self._progressed(response, flow, now)
        if response.status < 300:
            return self._answered(response, flow, now)
        if response.status == _FLOW_FAILED and self._has_others:
            return self._go_by_another(now)
        if response.status == 422 and not self._is_withdrawn and self.raise_timer(response):
            return self._invite_anew(now)
        return self._refuse(response.status, now, words_of(response), redirections(response))

    def hung_up(self, request: Request, key: str, now: float, reason: str) -> list[LegOutput]:
        if self.state is State.PROCEEDING:
            return self.reply(key, request, 481, now)  # only who called may (section 15)
        return super().hung_up(request, key, now, reason)

    def failed(self, branch: str, status: int, now: float) -> list[LegOutput]:
        if branch != self._branch:
            return super().failed(branch, status, now)
        if self._has_others:
            return self._go_by_another(now)
        return self._refuse(487 if self._is_withdrawn else status, now)

    def lose(self, now: float) -> list[LegOutput]:
        if self.state is State.PROCEEDING:
            return self._go_by_another(now) if self._has_others else self._refuse(503, now)
        return super().lose(now)

    def perform(self, command: LegCommand, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().perform(command, now)
        match command:
            case Withdraw(answered_elsewhere=elsewhere, reason=reason):
                return self._withdraw(now, _ELSEWHERE if elsewhere else _because(reason))
            case End(reason=reason):
                return self._withdraw(now, _because(reason))
            case Confirm(sdp=sdp):
                return self._confirm_early(sdp, now)
            case Change() | AcceptChange() | RefuseChange():
                outputs = super().perform(command, now)
                self._note_change()
                return outputs
            case _:
                return [Discard(OUT_OF_STATE)]

    # Time

    @property
    def deadline(self) -> float | None:
        if self.state is not State.PROCEEDING:
            return super().deadline
        if self._silent_until is None:
            return self.change_due
        return earlier(self._silent_until, self.change_due)

    def expire(self, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().expire(now)
        if self._silent_until is not None and self._silent_until <= now:
            self._silent_until = None
            if self._has_others:
                # Should it answer by this flow yet, it is told that nobody waits for that.
                given_up = self.stack.layer.cancel(self._branch, now)
                return [*given_up, *self._go_by_another(now)]
        return self.expire_change(now)

    # Before the answer

    def _progressed(self, response: Response, flow: Flow, now: float) -> list[LegOutput]:
        if response.status == 100:
            return []
        self._ringing = response
        if Header.RSEQ in response.ids and "100rel" in listed(response, Header.REQUIRE):
            return self._progressed_reliably(response, flow, now)
        if self._is_withdrawn:
            return []
        if response.status == 199:
            return self._early_dialog_terminated(response)
        sdp = session_description(response)
        if sdp and not self._is_settled(response):
            self._early = response.to().tag or "", sdp
        return [Progressed(self.name, response.status, sdp)]

    def _progressed_reliably(self, response: Response, flow: Flow, now: float) -> list[LegOutput]:
        """Take a provisional response that wants PRACK (RFC 3262, section 4)."""
        number, cseq = rseq(response), response.cseq()
        fork = self._fork(response, flow)
        if fork is None or not fork.order.admit(number):
            return [Discard("reliable-response-out-of-order")]
        self.learn(response)
        rack = RAck(number, cseq.number, cseq.method)
        sdp = session_description(response)
        meaning = fork.offers.provisional_received(with_sdp=bool(sdp), reliable=True)
        if meaning is Meaning.NOTHING:
            sdp = b""
        fork.session = sdp or fork.session
        outputs: list[LegOutput] = []
        if meaning is Meaning.OFFER and not self._is_withdrawn:
            fork.rack = rack
            self.turn_to(remote_tag(response))
        else:
            outputs += fork.acknowledge(rack, b"", self.stack, now)
        if self._is_withdrawn:
            return outputs
        if sdp:
            self._early = remote_tag(response), sdp
        return [*outputs, Progressed(self.name, response.status, sdp)]

    def _fork(self, response: Response, flow: Flow) -> EarlyDialog | None:
        """Return the early dialog of a response, or begin it. Raises ParseError."""
        tag = remote_tag(response)
        if self._forks is None:
            self._forks = {}
        fork = self._forks.get(tag)
        if fork is None and tag and len(self._forks) < _MOST_FORKS:
            dialog = Dialog.placing(self._invite, response, self.face.contact, flow)
            fork = EarlyDialog(dialog, with_offer=bool(self._invite.body))
            self._forks[tag] = fork
            if self.dialog is None:
                self.dialog, self.offers = fork.dialog, fork.offers
        return fork

    def _is_settled(self, response: Response) -> bool:
        """Whether the fork of a response has given its answer for good."""
        if self._forks is None:
            return False
        fork = self._forks.get(remote_tag(response))
        return fork is not None and bool(fork.session)

    def _note_change(self) -> None:
        """Keep what the fork at hand has said last: that is what it answers with."""
        if self.state is State.PROCEEDING and self._forks is not None and self.dialog is not None:
            fork = self._forks.get(self.dialog.id.remote_tag)
            if fork is not None and self.heard:
                fork.session, self.heard = self.heard, b""

    def _confirm_early(self, sdp: bytes, now: float) -> list[LegOutput]:
        for fork in () if self._forks is None else self._forks.values():
            if fork.rack is not None:
                self.sent = sdp
                return [*fork.acknowledge(fork.rack, sdp, self.stack, now)]
        return [Discard(OUT_OF_STATE)]

    def _early_dialog_terminated(self, response: Response) -> list[LegOutput]:
        """Take a 199 (RFC 6228): news only if it is about the fork whose early media is heard."""
        if not self._early[1] or self._early[0] != (response.to().tag or ""):
            return []
        self._early = "", b""
        return [Progressed(self.name, 199)]

    # The answer

    def _answered(self, response: Response, flow: Flow, now: float) -> list[LegOutput]:
        tag, self._ringing = remote_tag(response), None
        fork = None if self._forks is None else self._forks.get(tag)
        try:
            if fork is None:
                dialog = Dialog.placing(self._invite, response, self.face.contact, flow)
            else:
                dialog = fork.dialog
                dialog.confirm(response, flow)
        except ParseError:
            return self._refuse(502, now, "Unreadable Answer")  # no way to acknowledge it
        if dialog is not self.dialog:
            self.dialog = dialog
            if fork is not None:
                self.offers = fork.offers
            elif self._forks is not None:
                self.offers = EarlyDialog(dialog, with_offer=bool(self._invite.body)).offers
        self.stack.awaited.pop(self._branch, None)
        self.invite_number = self.first_invite
        sdp = session_description(response)
        if fork is not None and fork.session:
            sdp = fork.session  # the first description counts, and no other (section 13.2.1)
        elif not sdp and tag == self._early[0]:
            sdp = self._early[1]  # some phones answer in the 183 and do not say it again
        if self._is_withdrawn:
            self.has_ended = True
            outputs: list[LegOutput] = [*self.acknowledge_peer(b""), *self.bye(now)]
            outputs += self.close(now)
            return [*outputs, Refused(self.name, 487, "Request Terminated")]
        self.state = State.CONFIRMED
        others = () if self._forks is None else self.leave_others(now)
        self._forks = None
        self.keep(response, now)
        self.heard = sdp
        is_late = fork is not None and not self._invite.body and bool(fork.session)
        acknowledged = self.acknowledge_unless_offered(sdp)
        return [*others, *acknowledged, Answered(self.name, b"" if is_late else sdp)]

    def _refuse(
        self, status: int, now: float, reason: str = "", contacts: tuple[str, ...] = ()
    ) -> list[LegOutput]:
        self.stack.awaited.pop(self._branch, None)
        self.state = State.TERMINATED
        outputs = self.close(now)
        self.has_ended = True
        return [*outputs, Refused(self.name, status, readable(reason), contacts)]

    def _withdraw(self, now: float, headers: Headers) -> list[LegOutput]:
        if self._is_withdrawn:
            return [Discard("withdrawn-twice")]
        self._is_withdrawn = True
        return [*self.stack.departures.cancel(self._branch, now, headers)]

    # The INVITE

    def _send(self, now: float) -> list[LegOutput]:
        target, stack = self._target, self.stack
        if isinstance(target, Elsewhere):
            self._branch, outputs = stack.departures.request(target, self._leave_by, now)
        else:
            self._branch, outputs = stack.layer.request(self._invite, target.flow, now)
        self.stack.awaited[self._branch] = self.local_tag
        return [*outputs]

    def _invite_anew(self, now: float) -> list[LegOutput]:
        """Ask for as long a session as was wanted (RFC 4028, section 7.3)."""
        self.stack.awaited.pop(self._branch, None)
        if self.first_invite - self._tried >= _MOST_INVITES or self.timer is None:
            return self._refuse(422, now)
        invite = self._next_invite()
        for header, value in self.timer.ask():
            invite.set(header, value)
        return self._send(now)

    @property
    def _has_others(self) -> bool:
        return bool(self._others) and not self._is_withdrawn

    def _go_by_another(self, now: float) -> list[LegOutput]:
        """Call the phone by its next flow (RFC 5626, section 5.3)."""
        self.stack.awaited.pop(self._branch, None)
        outputs = self.close(now)
        other, *others = self._others
        self._others = tuple(others)
        self._tried += 1
        self._target = other
        self._ringing = None
        self._early = "", b""
        self.face = self.stack.listeners.face(other.flow)
        invite = self._next_invite()
        invite.uri = other.uri
        invite.set(Header.CONTACT, self.face.contact)
        invite.remove(Header.ROUTE)
        for route in other.route:
            invite.append(Header.ROUTE, route)
        self._silent_until = now + _FLOW_PATIENCE if others else None
        self.offers = OfferAnswer()
        self.offers.invite_sent(with_offer=bool(invite.body))
        return [*outputs, *self._send(now)]

    def _leave_by(self, flow: Flow) -> Request:
        """Return the INVITE as it goes to one of the hops that there may be."""
        self.face = self.stack.listeners.face(flow)
        invite = self._invite = self._invite.copy()
        invite.remove(Header.VIA)
        invite.set(Header.CONTACT, self.face.contact)
        return invite

    def _next_invite(self) -> Request:
        """Return the INVITE once more, as another request."""
        self.first_invite += 1
        self._forks = None
        self.dialog = None
        invite = self._invite = self._invite.copy()
        invite.replace_first(Header.VIA, None)
        invite.set(Header.CSEQ, f"{self.first_invite} INVITE")
        return invite


def _because(reason: str) -> Headers:
    return ((Header.REASON, reason),) if reason else ()
