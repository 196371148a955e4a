"""A leg that begins with our INVITE: a phone that rings, until it answers."""

from contextlib import suppress

from softswitch.sip.dialog import Dialog, Meaning, RAck, remote_tag, rseq
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.leg.body import listed, session_description
from softswitch.sip.leg.core import OUT_OF_STATE, LegOutput, State, words_of
from softswitch.sip.leg.early import EarlyDialog
from softswitch.sip.leg.inviting import Inviting
from softswitch.sip.leg.redirection import redirections
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.methods import Headers
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import (
    AcceptChange,
    Answered,
    Change,
    Confirm,
    End,
    LegCommand,
    Place,
    Progressed,
    RefuseChange,
    Refused,
    Withdraw,
)

_ELSEWHERE = ((Header.REASON, 'SIP;cause=200;text="Call completed elsewhere"'),)
_FLOW_FAILED = 430
_MOST_FORKS = 10
"""Early dialogs of one INVITE that are kept; those of more are only heard."""


class PlacedLeg(Inviting):
    """One INVITE to one contact; of the answers that it gets, the first counts.

    Before that, the phones behind the contact are early dialogs of their own.
    """

    __slots__ = ("_early", "_forks", "_ringing")

    def __init__(
        self, command: Place, call_id: str, local_tag: str, face: Face, stack: Stack
    ) -> None:
        super().__init__(command, call_id, local_tag, face, stack)
        self._early: tuple[str, bytes] = "", b""  # tag and session of the last early media
        self._ringing: Response | None = None  # the last provisional one
        self._forks: dict[str, EarlyDialog] | None = None  # by tag: those that want PRACK

    def start_over(self) -> None:
        super().start_over()
        self._early, self._ringing, self._forks = ("", b""), None, None

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
        if branch != self.branch:
            outputs = super().hear(response, flow, branch, now)
            self._note_change()
            return outputs
        self.silent_until = None
        if response.status < 200:
            return self._progressed(response, flow, now)
        if response.status < 300:
            return self._answered(response, flow, now)
        if response.status == _FLOW_FAILED and self.has_others:
            return self.go_by_another(now)
        if response.status == 422 and not self.is_withdrawn and self.raise_timer(response):
            return self.invite_anew(now)
        contacts, elsewhere = redirections(response, self.stack.listeners, flow)
        return self.refuse(response.status, now, words_of(response), contacts, elsewhere)

    def hung_up(self, request: Request, key: str, now: float, reason: str) -> list[LegOutput]:
        if self.state is State.PROCEEDING:
            return self.reply(key, request, 481, now)  # only who called may (section 15)
        return super().hung_up(request, key, now, reason)

    def failed(self, branch: str, status: int, now: float) -> list[LegOutput]:
        if branch != self.branch:
            return super().failed(branch, status, now)
        if self.has_others:
            return self.go_by_another(now)
        return self.refuse(487 if self.is_withdrawn else status, now)

    def lose(self, now: float) -> list[LegOutput]:
        if self.state is State.PROCEEDING:
            return self.go_by_another(now) if self.has_others else self.refuse(503, now)
        return super().lose(now)

    def perform(self, command: LegCommand, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().perform(command, now)
        match command:
            case Withdraw(answered_elsewhere=elsewhere, reason=reason):
                return self.withdraw(now, _ELSEWHERE if elsewhere else _because(reason))
            case End(reason=reason):
                return self.withdraw(now, _because(reason))
            case Confirm(sdp=sdp):
                return self._confirm_early(sdp, now)
            case Change() | AcceptChange() | RefuseChange():
                outputs = super().perform(command, now)
                self._note_change()
                return outputs
            case _:
                return [Discard(OUT_OF_STATE)]

    # Before the answer

    def _progressed(self, response: Response, flow: Flow, now: float) -> list[LegOutput]:
        if response.status == 100:
            return []
        self._ringing = response
        if Header.RSEQ in response.ids and "100rel" in listed(response, Header.REQUIRE):
            return self._progressed_reliably(response, flow, now)
        if self.is_withdrawn:
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
        if meaning is Meaning.OFFER and not self.is_withdrawn:
            fork.rack = rack
            self.turn_to(remote_tag(response))
        else:
            outputs += fork.acknowledge(rack, b"", self.stack, now)
        if self.is_withdrawn:
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
            dialog = Dialog.placing(self.invite, response, self.face.contact, flow)
            fork = EarlyDialog(dialog, with_offer=bool(self.invite.body))
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
        response.to()  # without its tag there is no dialog, not even one to be refused
        self._ringing = None
        fork = None if self._forks is None else self._forks.get(remote_tag(response))
        try:
            if fork is None:
                dialog = Dialog.placing(self.invite, response, self.face.contact, flow)
            else:
                dialog = fork.dialog
                dialog.confirm(response, flow)
        except ParseError:
            return self.refuse(502, now, "Unreadable Answer")  # no way to acknowledge it
        if dialog is not self.dialog:
            self.dialog = dialog
            if fork is not None:
                self.offers = fork.offers
            elif self._forks is not None:
                self.offers = EarlyDialog(dialog, with_offer=bool(self.invite.body)).offers
        self.stack.awaited.pop(self.branch, None)
        self.invite_number = self.first_invite
        sdp = session_description(response)
        if fork is not None and fork.session:
            sdp = fork.session  # the first description counts, and no other (section 13.2.1)
        elif not sdp and dialog.id.remote_tag == self._early[0]:
            sdp = self._early[1]  # some phones answer in the 183 and do not say it again
        if self.is_withdrawn:
            self.has_ended = True
            outputs: list[LegOutput] = [*self.acknowledge_peer(b""), *self.bye(now)]
            outputs += self.close(now)
            return [*outputs, Refused(self.name, 487, "Request Terminated")]
        self.state = State.CONFIRMED
        others = () if self._forks is None else self.leave_others(now)
        self._forks = None
        self.keep(response, now)
        self.heard = sdp
        is_late = fork is not None and not self.invite.body and bool(fork.session)
        acknowledged = self.acknowledge_unless_offered(sdp)
        return [*others, *acknowledged, Answered(self.name, b"" if is_late else sdp)]


def _because(reason: str) -> Headers:
    return ((Header.REASON, reason),) if reason else ()
