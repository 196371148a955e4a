"""An INVITE of ours, until its final response: by which flows it goes, and how it is given up."""

from softswitch.sip.dialog import OfferAnswer
from softswitch.sip.flow import Flow
from softswitch.sip.leg.composing import compose
from softswitch.sip.leg.core import LegOutput, State
from softswitch.sip.leg.leg import Leg
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request
from softswitch.sip.methods import Headers
from softswitch.sip.stack import Stack
from softswitch.sip.text import readable
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import Elsewhere, Place, Refused, Target
from softswitch.timerqueue import earlier

_MOST_INVITES = 3
"""By one flow, each with a longer session timer."""

_FLOW_PATIENCE = 4.0
"""Seconds of silence after which a phone is called by another of its flows."""


class Inviting(Leg):
    """Sends the INVITE; to a phone with several flows by one after the other, until it is heard of.

    branch        of the INVITE that is under way
    silent_until  when the next flow has its turn
    """

    __slots__ = (
        "_others",
        "_target",
        "_tried",
        "branch",
        "invite",
        "is_withdrawn",
        "silent_until",
    )

    def __init__(
        self, command: Place, call_id: str, local_tag: str, face: Face, stack: Stack
    ) -> None:
        super().__init__(command.leg, call_id, local_tag, face, stack)
        self._target = target = command.target
        self.extension = command.called if isinstance(target, Target) else ""
        self._others = target.alternatives if isinstance(target, Target) else ()
        self._tried = 0  # flows that have led nowhere
        self.silent_until: float | None = None
        self.invite = compose(command, call_id, local_tag, face, self.timer, stack)
        self.branch = ""
        self.is_withdrawn = False

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
        self.sent = self.invite.body
        self.offers.invite_sent(with_offer=bool(self.sent))
        if self._others:
            self.silent_until = now + _FLOW_PATIENCE
        return self._send(now)

    def start_over(self) -> None:
        """Forget what has been heard of the INVITE: it is sent as another one."""
        self.dialog = None

    # The end

    def refuse(
        self,
        status: int,
        now: float,
        reason: str = "",
        contacts: tuple[str, ...] = (),
        elsewhere: str = "",
    ) -> list[LegOutput]:
        """Say the last word: there is no answer, and why."""
        self.stack.awaited.pop(self.branch, None)
        self.state = State.TERMINATED
        outputs = self.close(now)
        self.has_ended = True
        return [*outputs, Refused(self.name, status, readable(reason), contacts, elsewhere)]

    def withdraw(self, now: float, headers: Headers) -> list[LegOutput]:
        if self.is_withdrawn:
            return [Discard("withdrawn-twice")]
        self.is_withdrawn = True
        return [*self.stack.departures.cancel(self.branch, now, headers)]

    # Time

    @property
    def deadline(self) -> float | None:
        if self.state is not State.PROCEEDING:
            return super().deadline
        return (
            self.silent_until if self.asked is None else earlier(self.silent_until, self.asked.due)
        )

    def expire(self, now: float) -> list[LegOutput]:
        if self.state is not State.PROCEEDING:
            return super().expire(now)
        if self.silent_until is not None and self.silent_until <= now:
            self.silent_until = None
            if self.has_others:
                # Should it answer by this flow yet, it is told that nobody waits for that.
                given_up = self.stack.layer.cancel(self.branch, now)
                return [*given_up, *self.go_by_another(now)]
        return self.expire_change(now)

    # The INVITE

    def _send(self, now: float) -> list[LegOutput]:
        target, stack = self._target, self.stack
        if isinstance(target, Elsewhere):
            self.branch, outputs = stack.departures.request(target, self._leave_by, now)
        else:
            self.branch, outputs = stack.layer.request(self.invite, target.flow, now)
        self.stack.awaited[self.branch] = self.local_tag
        return [*outputs]

    def invite_anew(self, now: float) -> list[LegOutput]:
        """Ask for as long a session as was wanted (RFC 4028, section 7.3)."""
        self.stack.awaited.pop(self.branch, None)
        if self.first_invite - self._tried >= _MOST_INVITES or self.timer is None:
            return self.refuse(422, now)
        invite = self._next_invite()
        for header, value in self.timer.ask():
            invite.set(header, value)
        return self._send(now)

    @property
    def has_others(self) -> bool:
        return bool(self._others) and not self.is_withdrawn

    def go_by_another(self, now: float) -> list[LegOutput]:
        """Call the phone by its next flow (RFC 5626, section 5.3)."""
        self.stack.awaited.pop(self.branch, None)
        outputs = self.close(now)
        other, *others = self._others
        self._others = tuple(others)
        self._tried += 1
        self._target = other
        self.face = self.stack.listeners.face(other.flow)
        invite = self._next_invite()
        invite.uri = other.uri
        invite.set(Header.CONTACT, self.face.contact)
        invite.remove(Header.ROUTE)
        for route in other.route:
            invite.append(Header.ROUTE, route)
        self.silent_until = now + _FLOW_PATIENCE if others else None
        self.offers = OfferAnswer()
        self.offers.invite_sent(with_offer=bool(invite.body))
        return [*outputs, *self._send(now)]

    def _leave_by(self, flow: Flow) -> Request:
        """Return the INVITE as it goes to one of the hops that there may be."""
        self.face = self.stack.listeners.face(flow)
        invite = self.invite = self.invite.copy()
        invite.remove(Header.VIA)
        invite.set(Header.CONTACT, self.face.contact)
        return invite

    def _next_invite(self) -> Request:
        """Return the INVITE once more, as another request."""
        self.first_invite += 1
        self.start_over()
        invite = self.invite = self.invite.copy()
        invite.replace_first(Header.VIA, None)
        invite.set(Header.CSEQ, f"{self.first_invite} INVITE")
        return invite
