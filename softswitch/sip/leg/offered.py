"""A leg that began with an INVITE from outside: the caller's side, until it is answered."""

from softswitch.sip.dialog import Dialog, Meaning, NotAcknowledged, Turn
from softswitch.sip.errors import Refusal
from softswitch.sip.flow import Flow
from softswitch.sip.identity import claimed, is_hidden
from softswitch.sip.leg.body import listed, session_description
from softswitch.sip.leg.core import FIRST_INVITE, OUT_OF_STATE, LegOutput, State
from softswitch.sip.leg.leg import Leg
from softswitch.sip.leg.progressing import Progressing
from softswitch.sip.listeners import Face
from softswitch.sip.message import Address, Header, Request, Uri, respond
from softswitch.sip.methods import Headers
from softswitch.sip.stack import Stack
from softswitch.sip.text import readable
from softswitch.sip.transaction import Discard, Transmit
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    Change,
    Changed,
    Claims,
    Confirmed,
    End,
    Identify,
    Identity,
    LegCommand,
    Offered,
    Party,
    Progress,
    Refuse,
    RefuseChange,
    Ring,
    SendDigit,
)
from softswitch.timerqueue import earlier

_PROVISIONAL_EVERY = 60.0
"""Seconds. Without a provisional response other than 100 each minute, a proxy on the way may cancel
after three (section 13.3.1.1)."""

_MOST_KEYS = 32
"""That wait for the answer."""


class OfferedLeg(Leg):
    """An admitted INVITE that passed `validate`, and then the dialog it leads to.

    key  of its server transaction
    """

    __slots__ = ("_accepted", "_invite", "_keys", "_provisional", "_repeat_at", "_reports", "key")

    def __init__(
        self, local_tag: str, invite: Request, flow: Flow, key: str, face: Face, stack: Stack
    ) -> None:
        """Raises ParseError."""
        super().__init__(local_tag, invite.call_id(), local_tag, face, stack)
        self.key = key
        self._invite: Request | None = invite
        self._provisional: tuple[int, bytes] = 183, b""  # status and session of the last one
        self._repeat_at: float | None = None
        self._accepted: bytes | None = None  # the answer that waits for a PRACK
        self._keys: tuple[SendDigit, ...] = ()  # that wait for the answer
        self._reports: Progressing | None = None  # for a caller who acknowledges by PRACK
        self.dialog = Dialog.accepting(invite, local_tag, face.contact, flow)
        self.dialog.local_cseq = FIRST_INVITE
        self.learn(invite)

    def begin(
        self, identity: Identity, flow: Flow, now: float, replaces: str = ""
    ) -> list[LegOutput]:
        """Send 100 Trying, and say that a call comes in. Raises ParseError.

        replaces  the leg whose place it is to take
        """
        invite = self._invite
        assert invite is not None, "kept until it is answered"
        self.extension = identity.extension or ""
        brief = self.too_brief(invite)
        if brief:
            self.state, self.has_ended, self._invite = State.TERMINATED, True, None
            return self.reply(self.key, invite, 422, now, brief)
        caller = invite.from_()
        sdp = session_description(invite)
        self.offers.invite_received(with_offer=bool(sdp))
        self.heard = sdp
        self._repeat_at = now + _PROVISIONAL_EVERY
        self._find_reliability(invite)
        claims = claimed(invite, identity.extension, is_trusted=self.face.is_trusted)
        offered = Offered(
            leg=self.name,
            identity=identity,
            caller=_caller(caller, identity, claims),
            dialled=readable(Uri.parse(invite.uri).number),
            sdp=sdp,
            call_id=readable(self.call_id),
            source=flow,
            user_agent=readable(invite.first(Header.USER_AGENT) or ""),
            can_answer_early=self._reports is not None and not sdp,
            replaces=replaces,
            referred_by=_referrer(invite) if Header.REFERRED_BY in invite.ids else "",
            claims=claims,
        )
        return [*self.stack.layer.respond(self.key, respond(invite, 100), now), offered]

    def cancelled(self, now: float, reason: str = "") -> list[LegOutput]:
        """The caller gave up before a final response; the CANCEL itself is answered."""
        if self.state is not State.PROCEEDING:
            return [Discard("cancel-after-final")]
        return self._fail(487, "", "cancel", now, peers_reason=reason)

    def perform(self, command: LegCommand, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().perform(command, now)
        match command:
            case Ring(connected=connected):
                self.show(connected)
                return self._progress(180, b"", now)
            case Progress(sdp=sdp, status=status, may_differ=may_differ, connected=connected):
                self.show(connected)
                return self._progress(status, sdp, now, is_answer=not may_differ)
            case Accept(sdp=sdp, connected=connected):
                self.show(connected)
                return self._accept(sdp, now)
            case Refuse(status=status, reason=reason, warning=warning):
                return self._fail(status, reason, "refused", now, self.warning(warning))
            case End():
                return self._fail(480, "", "ended", now)
            case AcceptChange() | RefuseChange():
                return [*super().perform(command, now), *self._go_on(now)]
            case Change():
                return super().perform(command, now)
            case Identify(connected=connected):
                self.show(connected)  # the next response says it
                return []
            case SendDigit() if self._accepted is not None and len(self._keys) < _MOST_KEYS:
                self._keys += (command,)  # who is told of an answer may press keys at once
                return []
            case _:
                return [Discard(OUT_OF_STATE)]

    # PRACK

    def pracked(self, request: Request, key: str, now: float) -> list[LegOutput]:
        if self._reports is None or not self._reports.acknowledge(request):
            return self.reply(key, request, 481, now)
        sdp = session_description(request)
        meaning = self.offers.prack_received(with_sdp=bool(sdp))
        if isinstance(meaning, Refusal):
            outputs = self.reply(key, request, meaning.status, now, reason=meaning.reason)
        elif meaning is Meaning.OFFER:
            self.await_answer(key, request)
            outputs = [Changed(self.name, sdp)]
        else:
            outputs = self.reply(key, request, 200, now)
            if meaning is Meaning.ANSWER:
                self.heard = sdp
                outputs.append(Confirmed(self.name, sdp))
        return [*outputs, *self._go_on(now)]

    # Time

    @property
    def deadline(self) -> float | None:
        if self.state is not State.PROCEEDING:
            return super().deadline
        due = self._repeat_at if self.asked is None else earlier(self._repeat_at, self.asked.due)
        return due if self._reports is None else earlier(due, self._reports.deadline)

    def expire(self, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().expire(now)
        outputs: list[LegOutput] = []
        for output in () if self._reports is None else self._reports.expire(now):
            if isinstance(output, NotAcknowledged):
                return self._fail(504, "PRACK Missing", "no-prack", now)
            outputs.append(output)
        outputs += self.expire_change(now)
        if self._repeat_at is not None and self._repeat_at <= now:
            self._repeat_at = now + _PROVISIONAL_EVERY
            outputs += self._progress(*self._provisional, now)
        return outputs

    # Inside

    def hung_up(self, request: Request, key: str, now: float, reason: str) -> list[LegOutput]:
        if self.state is State.PROCEEDING:
            # A caller may end an early dialog by BYE in the place of CANCEL (section 15).
            outputs = self.reply(key, request, 200, now)
            return outputs + self._fail(487, "", "cancel", now, peers_reason=reason)
        return super().hung_up(request, key, now, reason)

    def _find_reliability(self, invite: Request) -> None:
        is_required = Header.REQUIRE in invite.ids and "100rel" in listed(invite, Header.REQUIRE)
        if is_required or "100rel" in listed(invite, Header.SUPPORTED):
            number = invite.cseq().number
            self._reports = Progressing(number, self.stack, is_required=is_required)

    def _progress(
        self, status: int, sdp: bytes, now: float, *, is_answer: bool = True
    ) -> list[LegOutput]:
        self._provisional = status, sdp
        reports, owes = self._reports, self.offers.turn in (Turn.OUR_ANSWER, Turn.OUR_OFFER)
        if not owes:
            sdp = b""  # answered before, and that is for good
        if reports is not None and (reports.is_required or (sdp and is_answer)):
            if reports.add(status, sdp if is_answer else b""):
                return self._report(now)
            return []
        if self.offers.turn is Turn.OUR_OFFER:
            sdp = b""  # only a reliable response could carry an offer
        return self._respond(status, sdp, (), now)

    def _report(self, now: float) -> list[LegOutput]:
        """Send the provisional response whose turn it is, reliably."""
        reports = self._reports
        report = None if reports is None else reports.next()
        if reports is None or report is None:
            return []
        status, sdp = report
        if sdp and self.offers.reliable_sent(with_sdp=True) is Meaning.NOTHING:
            sdp = b""
        self.sent = sdp or self.sent
        outputs = self._respond(status, sdp, reports.headers(), now)
        for output in outputs:
            if isinstance(output, Transmit):
                reports.sent(output, carries_session=bool(sdp), now=now)
        return outputs

    def _respond(self, status: int, sdp: bytes, extra: Headers, now: float) -> list[LegOutput]:
        invite = self._invite
        assert invite is not None, "kept until it is answered"
        return self.affirm(self.key, invite, status, now, extra, sdp)

    def _accept(self, sdp: bytes, now: float) -> list[LegOutput]:
        if self._reports is not None and (self._reports.holds_answer or self.owes_answer):
            self._accepted = sdp  # it must not overtake an offer or answer (RFC 3262, section 3)
            return []
        invite, self._invite = self._invite, None
        assert invite is not None, "kept until it is answered"
        self._end_reports()
        self.state = State.ACCEPTED
        if self.offers.success_sent() is Meaning.NOTHING:
            sdp = b""
        outputs = self.accept_with(self.key, invite, sdp, now)
        keys, self._keys = self._keys, ()
        for pressed in keys:
            outputs += self.perform(pressed, now)
        return outputs

    def _go_on(self, now: float) -> list[LegOutput]:
        """Do what has waited for a PRACK, or for our answer to its offer."""
        if self.state is not State.PROCEEDING or self.owes_answer:
            return []
        sdp, self._accepted = self._accepted, None
        return self._report(now) if sdp is None else self._accept(sdp, now)

    def _fail(
        self,
        status: int,
        reason: str,
        cause: str,
        now: float,
        headers: Headers = (),
        peers_reason: str = "",
    ) -> list[LegOutput]:
        invite, self._invite = self._invite, None
        assert invite is not None, "kept until it is answered"
        self._end_reports()
        headers = (self.stack.server, *headers)
        outputs = self.reply(self.key, invite, status, now, headers, reason)
        return [*outputs, *self.terminate(cause, now, peers_reason)]

    def _end_reports(self) -> None:
        if self._reports is not None:
            self._reports.settle()


def _referrer(invite: Request) -> str:
    return readable(invite.first(Header.REFERRED_BY) or "")


def _caller(sender: Address, identity: Identity, claims: Claims | None) -> Party:
    """Return who calls: for the record, whatever he wants others to see."""
    if claims is not None and claims.asserted is not None:
        return claims.asserted
    if is_hidden(sender.uri) and identity.extension is not None:
        return Party(identity.extension)
    return Party(readable(sender.uri.number), readable(sender.display))
