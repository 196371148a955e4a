"""A leg that began with an INVITE from outside: the caller's side, until it is answered."""

from softswitch.sip.dialog import Dialog
from softswitch.sip.flow import Flow
from softswitch.sip.leg.body import session_description
from softswitch.sip.leg.leg import FIRST_INVITE, OUT_OF_STATE, Leg, LegOutput, State
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request, Uri, respond
from softswitch.sip.stack import Stack
from softswitch.sip.text import readable
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import (
    Accept,
    End,
    Ended,
    Identity,
    LegCommand,
    Offered,
    Party,
    Progress,
    Refuse,
    Ring,
)

_PROVISIONAL_EVERY = 60.0
"""Seconds. Without a provisional response other than 100 each minute, a proxy on the way may cancel
after three (section 13.3.1.1)."""


class OfferedLeg(Leg):
    """An admitted INVITE that passed `validate`, and then the dialog it leads to.

    key  of its server transaction
    """

    __slots__ = ("_invite", "_provisional", "_repeat_at", "key")

    def __init__(
        self, local_tag: str, invite: Request, flow: Flow, key: str, face: Face, stack: Stack
    ) -> None:
        """Raises ParseError."""
        super().__init__(local_tag, invite.call_id(), local_tag, face, stack)
        self.key = key
        self._invite: Request | None = invite
        self._provisional: tuple[int, bytes] = 183, b""  # status and session of the last one
        self._repeat_at: float | None = None
        self._dialog = Dialog.accepting(invite, local_tag, face.contact, flow)
        self._dialog.local_cseq = FIRST_INVITE

    def begin(self, identity: Identity, flow: Flow, now: float) -> list[LegOutput]:
        """Send 100 Trying, and say that a call comes in. Raises ParseError."""
        invite = self._invite
        assert invite is not None, "kept until it is answered"
        caller = invite.from_()
        sdp = session_description(invite)
        self._offers.invite_received(with_offer=bool(sdp))
        self._repeat_at = now + _PROVISIONAL_EVERY
        offered = Offered(
            leg=self.name,
            identity=identity,
            caller=Party(readable(caller.uri.number), readable(caller.display)),
            dialled=readable(Uri.parse(invite.uri).number.partition(";")[0]),
            sdp=sdp,
            call_id=readable(self.call_id),
            source=flow,
            user_agent=readable(invite.first(Header.USER_AGENT) or ""),
        )
        return [*self._stack.layer.respond(self.key, respond(invite, 100), now), offered]

    def cancelled(self, now: float) -> list[LegOutput]:
        """The caller gave up before a final response; the CANCEL itself is answered."""
        if self.state is not State.PROCEEDING:
            return [Discard("cancel-after-final")]
        return self._fail(487, "", "cancel", now)

    def perform(self, command: LegCommand, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().perform(command, now)
        match command:
            case Ring():
                return self._progress(180, b"", now)
            case Progress(sdp=sdp, status=status):
                return self._progress(status, sdp, now)
            case Accept(sdp=sdp):
                return self._accept(sdp, now)
            case Refuse(status=status, reason=reason):
                return self._fail(status, reason, "refused", now)
            case End():
                return self._fail(480, "", "ended", now)
            case _:
                return [Discard(OUT_OF_STATE)]

    @property
    def deadline(self) -> float | None:
        return self._repeat_at if self.state is State.PROCEEDING else super().deadline

    def expire(self, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING or self._repeat_at is None:
            return super().expire(now)
        self._repeat_at = now + _PROVISIONAL_EVERY
        return self._progress(*self._provisional, now)

    def _hung_up(self, request: Request, key: str, now: float) -> list[LegOutput]:
        outputs = super()._reply(key, request, 200, now)
        if self.state is State.PROCEEDING:
            # A caller may end an early dialog by BYE in the place of CANCEL (section 15).
            return outputs + self._fail(487, "", "cancel", now)
        return outputs + self._terminate("bye", now)

    def _progress(self, status: int, sdp: bytes, now: float) -> list[LegOutput]:
        self._provisional = status, sdp
        invite = self._invite
        assert invite is not None, "kept until it is answered"
        response = respond(invite, status, to_tag=self.local_tag, headers=self._headers(), body=sdp)
        return [*self._stack.layer.respond(self.key, response, now)]

    def _accept(self, sdp: bytes, now: float) -> list[LegOutput]:
        invite, self._invite = self._invite, None
        assert invite is not None, "kept until it is answered"
        self.state = State.ACCEPTED
        self._offers.success_sent()
        return self._accept_with(self.key, invite, sdp, now)

    def _fail(self, status: int, reason: str, cause: str, now: float) -> list[LegOutput]:
        invite, self._invite = self._invite, None
        assert invite is not None, "kept until it is answered"
        outputs = self._reply(self.key, invite, status, now, (self._stack.server,), reason)
        self.state = State.TERMINATED
        self.has_ended = True
        return [*outputs, Ended(self.name, cause)]
