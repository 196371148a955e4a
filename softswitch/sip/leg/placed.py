"""A leg that begins with our INVITE: a phone that rings, until it answers."""

import re
from urllib.parse import quote as escape

from softswitch.sip.dialog import Dialog
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.leg.body import session_description
from softswitch.sip.leg.leg import FIRST_INVITE, OUT_OF_STATE, Leg, LegOutput, State
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request, Response
from softswitch.sip.message.grammar import quote
from softswitch.sip.methods import ALLOW, BYE, INVITE
from softswitch.sip.stack import Stack
from softswitch.sip.text import readable
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import (
    Answered,
    End,
    LegCommand,
    Party,
    Place,
    Progressed,
    Refused,
    Withdraw,
)

_ELSEWHERE = ((Header.REASON, 'SIP;cause=200;text="Call completed elsewhere"'),)
_MAX_FORWARDS = (Header.MAX_FORWARDS, "70")
_CSEQ = (Header.CSEQ, f"{FIRST_INVITE} INVITE")
_is_plain_user = re.compile(r"[A-Za-z0-9\-_.!~*'()&=+$,]+").fullmatch


class PlacedLeg(Leg):
    """One INVITE to one contact; of the answers that it gets, the first counts."""

    __slots__ = ("_branch", "_early", "_invite", "_is_withdrawn", "_target")

    def __init__(
        self, command: Place, call_id: str, local_tag: str, face: Face, stack: Stack
    ) -> None:
        super().__init__(command.leg, call_id, local_tag, face, stack)
        self._target = command.target.flow
        self._invite = self._compose(command)
        self._branch = ""
        self._is_withdrawn = False
        self._early: tuple[str, bytes] = "", b""  # tag and session of the last early media

    @property
    def flow(self) -> Flow | None:
        return self._target if self._dialog is None else self._dialog.flow

    def begin(self, now: float) -> list[LegOutput]:
        """Send the INVITE."""
        self._offers.invite_sent(with_offer=bool(self._invite.body))
        self._branch, outputs = self._stack.layer.request(self._invite, self._target, now)
        self._stack.awaited[self._branch] = self.local_tag
        return [*outputs]

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[LegOutput]:
        if branch != self._branch:
            return super().hear(response, flow, branch, now)
        if response.status < 200:
            return self._progressed(response)
        if response.status < 300:
            return self._answered(response, flow, now)
        return self._refuse(response.status, readable(response.reason), _redirections(response))

    def failed(self, branch: str, status: int, now: float) -> list[LegOutput]:
        if branch != self._branch:
            return super().failed(branch, status, now)
        return self._refuse(487 if self._is_withdrawn else status)

    def lose(self, now: float) -> list[LegOutput]:
        if self.state is State.PROCEEDING:
            return self._refuse(503)
        return super().lose(now)

    def perform(self, command: LegCommand, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().perform(command, now)
        match command:
            case Withdraw(answered_elsewhere=elsewhere):
                return self._withdraw(now, answered_elsewhere=elsewhere)
            case End():
                return self._withdraw(now, answered_elsewhere=False)
            case _:
                return [Discard(OUT_OF_STATE)]

    def _progressed(self, response: Response) -> list[LegOutput]:
        if response.status == 100 or self._is_withdrawn:
            return []
        if response.status == 199:
            return self._early_dialog_terminated(response)
        sdp = session_description(response)
        if sdp:
            self._early = response.to().tag or "", sdp
        return [Progressed(self.name, response.status, sdp)]

    def _early_dialog_terminated(self, response: Response) -> list[LegOutput]:
        """Take a 199 (RFC 6228): news only if it is about the fork whose early media is heard."""
        if not self._early[1] or self._early[0] != (response.to().tag or ""):
            return []
        self._early = "", b""
        return [Progressed(self.name, 199)]

    def _answered(self, response: Response, flow: Flow, now: float) -> list[LegOutput]:
        try:
            self._dialog = Dialog.placing(self._invite, response, self._face.contact, flow)
        except ParseError:
            return self._refuse(502, "Unreadable Answer")  # there is no way to acknowledge it
        self._stack.awaited.pop(self._branch, None)
        self._invite_number = FIRST_INVITE
        sdp = session_description(response)
        tag, preview = self._early
        if not sdp and tag == self._dialog.id.remote_tag:
            sdp = preview  # some phones answer in the 183 and do not say it again
        if self._is_withdrawn:
            self.has_ended = True
            outputs: list[LegOutput] = [*self._acknowledge_peer(b""), *self._bye(now)]
            return [*outputs, Refused(self.name, 487, "Request Terminated")]
        self.state = State.CONFIRMED
        return [*self._acknowledge_unless_offered(sdp), Answered(self.name, sdp)]

    def _refuse(
        self, status: int, reason: str = "", contacts: tuple[str, ...] = ()
    ) -> list[LegOutput]:
        self._stack.awaited.pop(self._branch, None)
        self.state = State.TERMINATED
        self.has_ended = True
        return [Refused(self.name, status, reason, contacts)]

    def _withdraw(self, now: float, *, answered_elsewhere: bool) -> list[LegOutput]:
        if self._is_withdrawn:
            return [Discard("withdrawn-twice")]
        self._is_withdrawn = True
        headers = _ELSEWHERE if answered_elsewhere else ()
        return [*self._stack.layer.cancel(self._branch, now, headers)]

    def _compose(self, command: Place) -> Request:
        host = self._face.host
        return Request.build(
            INVITE,
            command.target.uri,
            (
                _MAX_FORWARDS,
                (Header.FROM, f"{_party(command.caller, host)};tag={self.local_tag}"),
                (Header.TO, f"<sip:{_user(command.called)}@{host}>"),
                (Header.CALL_ID, self.call_id),
                _CSEQ,
                (Header.CONTACT, self._face.contact),
                ALLOW,
                self._stack.user_agent,
                *(
                    (Header.DIVERSION, f"<sip:{_user(one.number)}@{host}>;reason={one.reason}")
                    for one in command.diversions
                ),
            ),
            command.sdp,
        )


def disown(response: Response, flow: Flow, stack: Stack, now: float) -> list[LegOutput]:
    """Acknowledge and end a dialog that a second phone behind one contact began (13.2.2.4).

    The answer to a re-INVITE that comes after the BYE needs its ACK alone. Nobody here waits for
    either. Raises ParseError.
    """
    call_id, number = response.call_id(), response.cseq().number
    invite = Request.build(
        INVITE,
        str(response.to().uri),
        (
            (Header.FROM, response.first(Header.FROM) or ""),
            (Header.CALL_ID, call_id),
            (Header.CSEQ, f"{number} INVITE"),
        ),
    )
    dialog = Dialog.placing(invite, response, stack.listeners.face(flow).contact, flow)
    ack = stack.layer.send(dialog.ack(number), flow)
    if number != FIRST_INVITE:
        return [*ack]
    bye = dialog.request(BYE, (stack.user_agent,))
    return [*ack, *stack.layer.request(bye, flow, now)[1]]


def _redirections(response: Response) -> tuple[str, ...]:
    """Return the URIs of a 3xx, best first."""
    if response.status // 100 != 3:
        return ()
    try:
        contacts = [contact for contact in response.contacts() if not contact.star]
        contacts.sort(key=lambda contact: -contact.q)
    except ParseError:
        return ()
    return tuple(readable(str(contact.uri)) for contact in contacts)


def _party(party: Party, host: str) -> str:
    name = f"{quote(party.name)} " if party.name else ""
    if not party.number:
        return f"{name}<sip:anonymous@anonymous.invalid>"
    return f"{name}<sip:{_user(party.number)}@{host}>"


def _user(number: str) -> str:
    """Return `number` as the user part of a URI."""
    return (
        number
        if _is_plain_user(number)
        else escape(number, safe="-_.!~*'()&=+$,", errors="surrogateescape")
    )
