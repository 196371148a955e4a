"""Changes of a session within its dialog: re-INVITE and UPDATE, of both sides."""

from contextlib import suppress

from softswitch.sip.dialog import Invite, Turn, glare_pause
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.leg.answering import Answering
from softswitch.sip.leg.asked import Asked, pause_of
from softswitch.sip.leg.body import is_unreadable, session_description
from softswitch.sip.leg.core import OUT_OF_STATE, LegOutput, State
from softswitch.sip.listeners import Face
from softswitch.sip.message import Header, Request, Response, respond
from softswitch.sip.methods import ALLOW, INVITE, SUPPORTED, UPDATE, Headers
from softswitch.sip.stack import Stack
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import ChangeAnswered, Changed, ChangeRefused

ACCEPT_SDP = (Header.ACCEPT, "application/sdp")


class Changing(Answering):
    """Asks for one change at a time, and has one of the peer's before it at most."""

    __slots__ = ("_next", "_theirs", "asked")

    def __init__(self, name: str, call_id: str, local_tag: str, face: Face, stack: Stack) -> None:
        super().__init__(name, call_id, local_tag, face, stack)
        self.asked: Asked | None = None
        """What we want of the peer, from the wish to the final response."""

        self._next: bytes | None = None  # an offer that waits for a refresh or an ACK
        self._theirs: tuple[str, Request] | None = None  # key and request to be answered

    # Ours

    def change(self, sdp: bytes, now: float) -> list[LegOutput]:
        """Offer the peer another session; empty to let it offer.

        While a refresh of ours is out, or an ACK of either side is on its way, the offer waits.
        """
        asked = self.asked
        if self._next is not None or (asked is not None and not asked.is_refresh):
            return [ChangeRefused(self.name, 491)]
        if asked is not None or self._awaits_ack:
            self._next = sdp
            return []
        if self.state is State.CONFIRMED:
            return self._ask(Asked(INVITE, sdp), now)
        if sdp and "update" in self.allows and self.dialog is not None:
            return self._ask(Asked(UPDATE, sdp), now)
        return [ChangeRefused(self.name, 491)]

    def refresh(self, now: float) -> list[LegOutput]:
        """Show the peer that the session goes on, and find out whether it does there."""
        if self.asked is not None or self.state is not State.CONFIRMED:
            return []
        if "update" in self.allows:
            return self._ask(Asked(UPDATE, b"", is_refresh=True), now)
        return self._ask(Asked(INVITE, self.sent, is_refresh=True), now) if self.sent else []

    def hear(self, response: Response, flow: Flow, branch: str, now: float) -> list[LegOutput]:
        """Take a response to a request of ours that waits for its final response.

        Raises ParseError, having changed nothing.
        """
        asked = self.asked
        if asked is None or branch != asked.branch:
            return [Discard("response-without-leg")]
        if response.status < 200:
            return []
        self.turn_to(asked.remote_tag)
        if response.status >= 300:
            return self._change_failed(asked, response.status, response, now)
        self.keep(response, now)
        sdp = session_description(response)
        assert self.dialog is not None, "it was asked in one"
        with suppress(ParseError):  # a Contact that cannot be read moves nothing
            self.dialog.refresh(response, flow)
        self._settle(asked)
        outputs: list[LegOutput] = []
        if asked.method == INVITE:
            self.invite_number = response.cseq().number
            outputs += self.acknowledge_unless_offered(sdp)
        if asked.is_refresh and (not asked.sdp or sdp == self.heard):
            return [*outputs, *self.change_next(now)]
        self.sent, self.heard = asked.sdp or self.sent, sdp or self.heard
        return [*outputs, ChangeAnswered(self.name, sdp), *self.change_next(now)]

    def failed(self, branch: str, status: int, now: float) -> list[LegOutput]:
        """A request of ours found no answer: 408, or 503 when its connection is gone."""
        asked = self.asked
        if asked is None or branch != asked.branch:
            return [Discard("failure-without-leg")]
        return self._change_failed(asked, status, None, now)

    # The peer's

    def acknowledge(self, ack: Request, now: float) -> list[LegOutput]:
        """Take the ACK to our 2xx: a change of ours may have waited for it. Raises ParseError."""
        outputs = super().acknowledge(ack, now)
        if self._next is None or self.state is not State.CONFIRMED or self.asked is not None:
            return outputs
        return [*outputs, *self.change_next(now)]

    @property
    def owes_answer(self) -> bool:
        """Whether a request of the peer's waits for what is said to its offer."""
        return self._theirs is not None

    def await_answer(self, key: str, request: Request) -> None:
        """Keep a request until AcceptChange or RefuseChange."""
        self._theirs = key, request

    def invited_again(self, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
        if self.answer is not None:
            return self.reply(key, request, 491, now)  # the ACK may be on its way
        return self._changed(request, flow, key, now)

    def updated(self, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
        """Take an UPDATE (RFC 3311). Raises ParseError, having changed nothing."""
        request.contacts()  # to be followed below, when there is no way back
        if request.body:
            return self._changed(request, flow, key, now)
        brief = self.too_brief(request)
        if brief:
            return self.reply(key, request, 422, now, brief)
        assert self.dialog is not None, "the request is within it"
        self.dialog.refresh(request, flow)
        self.learn(request)
        headers = (SUPPORTED, *self.grant(request, now))
        return self.affirm(key, request, 200, now, headers)

    def accept_change(self, sdp: bytes, now: float) -> list[LegOutput]:
        if self._theirs is None:
            return [Discard(OUT_OF_STATE)]
        key, request = self._theirs
        self._theirs = None
        self.heard = session_description(request) or self.heard
        if request.method == INVITE:
            self.offers.success_sent()
            return self.accept_with(key, request, sdp, now)
        self.offers.update_settled()
        self.sent = sdp
        headers: Headers = (SUPPORTED,)
        if request.method == UPDATE:
            headers += self.grant(request, now)
        return self.affirm(key, request, 200, now, headers, sdp)

    def refuse_change(self, status: int, warning: str, now: float) -> list[LegOutput]:
        if self._theirs is None:
            return [Discard(OUT_OF_STATE)]
        key, request = self._theirs
        self._theirs = None
        if request.method == INVITE:
            self.offers.failed()
        else:
            self.offers.update_settled()
        return self.reply(key, request, status, now, self.warning(warning))

    # Time

    def expire_change(self, now: float) -> list[LegOutput]:
        asked = self.asked
        if asked is None or asked.due is None or asked.due > now:
            return []
        if not asked.branch:
            self.asked = None
            return self._ask(asked, now)
        asked.due = None  # nothing has come but a provisional response: what follows settles it
        return [*self.stack.layer.cancel(asked.branch, now)]

    def close(self, now: float) -> list[LegOutput]:
        outputs = super().close(now)
        asked = self.asked
        if asked is not None:
            if asked.branch and asked.due is not None:  # an INVITE that was not cancelled yet
                outputs += self.stack.layer.cancel(asked.branch, now)
            self._forget(asked)
        self._next = None
        if self._theirs is not None:
            key, request = self._theirs
            self._theirs = None
            outputs += self.reply(key, request, 487 if request.method == INVITE else 481, now)
        return outputs

    def leave_others(self, now: float) -> list[LegOutput]:
        """Have done with what was asked in other dialogs than the one at hand, which are over."""
        assert self.dialog is not None, "one is at hand"
        tag, outputs, asked = self.dialog.id.remote_tag, list[LegOutput](), self.asked
        if asked is not None and asked.remote_tag != tag:
            self._forget(asked)
            outputs.append(ChangeRefused(self.name, 481))
        if self._theirs is not None and self._theirs[1].from_().tag != tag:
            key, request = self._theirs
            self._theirs = None
            outputs += self.reply(key, request, 481, now)
        return outputs

    # Inside

    def _ask(self, asked: Asked, now: float) -> list[LegOutput]:
        """Send a request of ours, or say that it cannot be sent now."""
        dialog, offers = self.dialog, self.offers
        may = offers.may_invite if asked.method == INVITE else not asked.sdp or offers.may_update
        if dialog is None or not may:
            return [] if asked.is_refresh else [ChangeRefused(self.name, 491)]
        if asked.method == INVITE:
            offers.invite_sent(with_offer=bool(asked.sdp))
        elif asked.sdp:
            offers.update_sent()
        headers: Headers = (ALLOW, SUPPORTED, self.stack.user_agent)
        if self.shown:
            headers += ((Header.P_ASSERTED_IDENTITY, self.shown),)
        if self.timer is not None and self.state is not State.PROCEEDING:
            headers += self.timer.ask()
        request = dialog.request(asked.method, headers, asked.sdp)
        asked.tries += 1
        asked.remote_tag = dialog.id.remote_tag
        asked.branch, outputs = self.stack.layer.request(request, dialog.flow, now)
        timers = self.stack.timers
        asked.due = now + timers.timeout + timers.t1 if asked.method == INVITE else None
        self.stack.awaited[asked.branch] = self.local_tag
        self.asked = asked
        return [*outputs]

    def _changed(self, request: Request, flow: Flow, key: str, now: float) -> list[LegOutput]:
        """Take a re-INVITE, or an UPDATE with an offer."""
        sdp = session_description(request)
        if is_unreadable(request):
            return self.reply(key, request, 415, now, (ACCEPT_SDP,))
        brief = self.too_brief(request)
        if brief:
            return self.reply(key, request, 422, now, brief)
        if self._theirs is not None:  # of another fork
            return self.reply(key, request, 500, now, (self._pause(),))
        is_invite = request.method == INVITE
        refusal = (
            self.offers.invite_received(with_offer=bool(sdp))
            if is_invite
            else self.offers.update_received()
        )
        if refusal is not None:
            headers = (self._pause(),) if refusal.status == 500 else ()
            return self.reply(key, request, refusal.status, now, headers, refusal.reason)
        assert self.dialog is not None, "the request is within it"
        self.dialog.refresh(request, flow)
        self.learn(request)
        self._theirs = key, request
        outputs: list[LegOutput] = []
        if is_invite:
            outputs += self.stack.layer.respond(key, respond(request, 100), now)
        if self.asked is not None and not self.asked.branch:
            # The peer was quicker to ask again after ours had met. Ours waits for its turn above.
            if not self.asked.is_refresh or self._next is not None:
                outputs.append(ChangeRefused(self.name, 491))
            self.asked = self._next = None
        return [*outputs, Changed(self.name, sdp)]

    @property
    def _awaits_ack(self) -> bool:
        """Whether nothing but an ACK keeps a re-INVITE of ours back."""
        if self.state is State.ACCEPTED:
            return "update" not in self.allows or not self.offers.may_update
        is_open = self.offers.invite is Invite.UNACKNOWLEDGED
        return is_open or self.offers.turn is Turn.OUR_ANSWER_IN_ACK

    def change_next(self, now: float) -> list[LegOutput]:
        """Ask for the change that has waited for a refresh or an ACK."""
        sdp, self._next = self._next, None
        return [] if sdp is None else self.change(sdp, now)

    def _pause(self) -> tuple[Header, str]:
        return Header.RETRY_AFTER, str(int(10 * self.stack.identifiers.draw()))

    def _settle(self, asked: Asked) -> None:
        if asked.method == UPDATE and asked.sdp:
            self.offers.update_settled()
        self._forget(asked)

    def forget_change(self) -> None:
        """Let an UPDATE of ours be answered in vain. A re-INVITE has no place before the ACK."""
        self._next = None
        if self.asked is not None and self.asked.method == UPDATE:
            self._settle(self.asked)

    def _forget(self, asked: Asked) -> None:
        self.stack.awaited.pop(asked.branch, None)
        self.asked = None

    def _change_failed(
        self, asked: Asked, status: int, response: Response | None, now: float
    ) -> list[LegOutput]:
        self._settle(asked)
        if asked.method == INVITE:
            self.offers.failed()
        if status in (408, 481) and self.state is not State.PROCEEDING:
            # The peer has no such dialog any more, or is gone (section 12.2.1.2). Before the
            # answer that is for the INVITE to find out.
            return [*self.bye(now), *self.terminate("timeout" if status == 408 else "lost", now)]
        if asked.has_tries_left and self.state is State.CONFIRMED:
            again = self._again(asked, status, response, now)
            if again is not None:
                return again
        if asked.is_refresh:
            if self.timer is not None:
                self.timer.refused(now)
            return self.change_next(now)
        return [ChangeRefused(self.name, status)]

    def _again(
        self, asked: Asked, status: int, refusal: Response | None, now: float
    ) -> list[LegOutput] | None:
        """Ask again where the refusal says how; None where that would be in vain."""
        if status == 422 and refusal is not None and self.raise_timer(refusal):
            return self._ask(asked, now)
        if asked.method == UPDATE and status in (405, 501):
            self.allows -= {"update"}
            return self._ask(Asked(INVITE, asked.sdp), now) if asked.sdp else self.refresh(now)
        pause: float | None = None
        if status == 491:
            draw = self.stack.identifiers.draw()
            pause = glare_pause(owns_call_id=self.owns_call_id, draw=draw)
        elif status == 500:
            pause = pause_of(refusal)
        if pause is None:
            return None
        asked.branch, asked.due = "", now + pause
        self.asked = asked
        return []
