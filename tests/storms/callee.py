"""What a telephone of a storm is asked, and what it answers."""

import re
from collections.abc import Callable

from softswitch.sip.message import Header, Request, respond
from tests.storms.caller import ALLOW, Caller
from tests.storms.line import TIMEOUT, Headers
from tests.storms.talk import Peer, Stage, Talk, Turn

Manner = Callable[["Callee", Talk], None]
"""What it does when it rings."""

LONGEST_RINGING = 240.0
"""Seconds. A caller who has heard nothing of us cannot cancel (RFC 3261, section 9.1)."""


class Callee(Caller):
    """The server side."""

    manner: Manner

    def find(self, request: Request) -> Talk | None:
        tag, call_id = request.to().tag, request.call_id()
        for talk in self.talks:
            if talk.local_tag == tag and talk.call_id == call_id:
                return talk
        return None

    # Calls that come in

    def offered(self, invite: Request, key: str) -> None:
        caller = invite.from_()
        talk = Talk(
            invite.call_id(),
            tag := self.identifiers.tag(),
            f"{invite.first(Header.TO)};tag={tag}",
            number=caller.uri.number,
            stage=Stage.RINGING,
            is_caller=False,
        )
        talk.peer = Peer.of_request(invite)
        self.enter(talk)
        talk.key, talk.pending = key, invite
        if invite.body:
            talk.take_offer(invite.body)
        self.later(LONGEST_RINGING, lambda: self.refuse(talk, 480))
        self.manner(self, talk)

    def ring(self, talk: Talk) -> None:
        if talk.stage is Stage.RINGING and talk.pending is not None:
            talk.has_rung = True
            self._reply(talk, talk.key, talk.pending, 180)

    def preview(self, talk: Talk) -> None:
        """Let the caller hear us before we answer: reliably when he takes that."""
        invite = talk.pending
        if talk.stage is not Stage.RINGING or invite is None or talk.turn is not Turn.THEIRS:
            return
        supported = invite.first(Header.SUPPORTED) or ""
        if "100rel" not in supported or not self.speaks_100rel:
            self._reply(talk, talk.key, invite, 183, body=talk.describe("sendrecv"))
            return
        talk.has_rung = True
        talk.rseq = number = 1 + self.dice.randrange(1000)
        headers = ((Header.REQUIRE, "100rel"), (Header.RSEQ, str(number)))
        body = talk.answer()
        response = respond(
            invite,
            183,
            to_tag=talk.local_tag,
            headers=((Header.CONTACT, self.contact), ALLOW, *headers),
            body=body,
        )
        data = response.to_bytes()
        self.respond(talk.key, response)
        until = self.now + TIMEOUT

        def again(gap: float) -> None:
            if talk.rseq != number or talk.stage is not Stage.RINGING:
                return
            if self.now >= until:
                self.note("no PRACK came")
                self.refuse(talk, 504)
                return
            self.note("reliable 183 repeated")
            self.transmit(data)
            self.later(2 * gap, lambda: again(2 * gap))

        self.later(0.5, lambda: again(0.5))

    def answer(self, talk: Talk) -> None:
        if talk.stage is not Stage.RINGING or talk.pending is None:
            return
        if talk.rseq:
            self.later(0.3, lambda: self.answer(talk))  # RFC 3262, section 3
            return
        talk.stage = Stage.ANSWERED
        self._accept(talk)

    def refuse(self, talk: Talk, status: int) -> None:
        if talk.stage is Stage.RINGING and talk.pending is not None:
            self.note(f"we refuse with {status}")
            self._reply(talk, talk.key, talk.pending, status)
            self._close(talk)

    def cancelled(self, key: str) -> None:
        for talk in self.talks:
            if talk.key == key and talk.pending is not None:
                self._reply(talk, key, talk.pending, 487)
                if talk.stage is Stage.RINGING:
                    self.note("ringing cancelled")
                    self._close(talk)
                else:
                    talk.pending, talk.key = None, ""
                    talk.withdraw()
                return
        self.complain("a CANCEL for what does not wait")

    def acknowledged(self, ack: Request) -> None:
        talk = self.find(ack)
        if talk is None:
            self.complain("an ACK outside of any call")
            return
        if ack.cseq().number != talk.unacknowledged:
            self.note("ACK repeated or late")
            return
        talk.unacknowledged = 0
        if ack.body and talk.turn is Turn.OURS:
            talk.take_answer(ack.body)
        elif talk.turn is Turn.OURS:
            talk.withdraw()
            if talk.stage not in (Stage.ENDING, Stage.ENDED) and not talk.has_session:
                self.note("ACK without an answer")
        if talk.stage is Stage.ANSWERED:
            talk.stage = Stage.CONNECTED
            if talk.bye_at_ack:
                self.bye(talk)

    # Requests within calls

    def bye(self, talk: Talk) -> None:
        """End a call; what they have asked last is refused before."""
        if talk.pending is not None:
            self.note("BYE while their re-INVITE waits")
            self._reply(talk, talk.key, talk.pending, 487)
            talk.pending, talk.key = None, ""
            talk.withdraw()
        super().bye(talk)

    def within_call(self, talk: Talk, request: Request, key: str) -> None:
        number, peer = request.cseq().number, self._peer_of(talk, request)
        if peer is None or talk.stage is Stage.ENDED:
            if request.method == "BYE":
                self.note("BYE for a call that is over")
            self._reply(talk, key, request, 481)
            return
        if peer.cseq is not None and number <= peer.cseq:
            self.note(f"{request.method} overtaken")
            self._reply(talk, key, request, 500)
            return
        peer.cseq = number
        match request.method:
            case "INVITE":
                self._reinvited(talk, request, key)
            case "UPDATE":
                self._updated(talk, request, key)
            case "BYE":
                self._hung_up(talk, request, key)
            case "PRACK":
                self._pracked(talk, request, key)
            case "INFO" | "OPTIONS":
                self.note(f"{request.method} heard")
                self._reply(talk, key, request, 200)
            case "REFER":
                self.note("REFER heard, and declined")
                self._reply(talk, key, request, 603)
            case _:
                self._reply(talk, key, request, 405)
                self.complain(f"{request.method} was never allowed")

    def _peer_of(self, talk: Talk, request: Request) -> Peer | None:
        tag = request.from_().tag or ""
        if talk.peer is not None and talk.peer.tag == tag:
            return talk.peer
        return talk.early.get(tag)

    def _reinvited(self, talk: Talk, invite: Request, key: str) -> None:
        if not talk.is_up:
            self._reply(talk, key, invite, 481)
            return
        if self._is_open(talk):
            self.note("re-INVITE glare: we say 491")
            self._reply(talk, key, invite, 491)
            return
        assert talk.peer is not None
        talk.peer.retarget(invite)
        talk.key, talk.pending = key, invite
        if invite.body:
            talk.take_offer(invite.body)
        if self.dice.random() < 0.5:
            self._accept(talk)
        else:
            if self.dice.random() < 0.3:
                self._reply(talk, key, invite, 100)
            self.later(self.dice.uniform(0.1, 1.5), lambda: self._accept_change(talk, invite))

    def _accept_change(self, talk: Talk, invite: Request) -> None:
        if talk.is_up and talk.pending is invite:
            self._accept(talk)

    def _updated(self, talk: Talk, update: Request, key: str) -> None:
        if not update.body:
            self.note("UPDATE without a session heard")
            self._reply(talk, key, update, 200, self._grant(talk, update))
            return
        if self._is_open(talk) and talk.stage is not Stage.RINGING:
            self.note("UPDATE glare: we say 491")
            self._reply(talk, key, update, 491)
            return
        if talk.stage is Stage.RINGING and (talk.turn is not Turn.NOBODY or talk.rseq):
            self._reply(talk, key, update, 500, ((Header.RETRY_AFTER, "1"),))
            return
        self.note("UPDATE heard")
        assert talk.peer is not None
        talk.peer.retarget(update)
        talk.take_offer(update.body)
        body = talk.answer()
        self._reply(talk, key, update, 200, self._grant(talk, update), body)

    def _is_open(self, talk: Talk) -> bool:
        """Whether something is asked and not answered. Who asks us anew has heard our last 2xx,
        even when its ACK is not there."""
        return bool(talk.branch or talk.pending or talk.turn is not Turn.NOBODY)

    def _hung_up(self, talk: Talk, bye: Request, key: str) -> None:
        self._reply(talk, key, bye, 200)
        if talk.stage is Stage.ENDING:
            self.note("BYE crossed BYE")
        if talk.stage is Stage.CALLING:
            self.complain("a BYE before the answer")
        if talk.pending is not None:
            self.note("BYE for a call whose re-INVITE waits")
            self._reply(talk, talk.key, talk.pending, 487)
        self._close(talk)

    def _pracked(self, talk: Talk, prack: Request, key: str) -> None:
        number = int((prack.first(Header.RACK) or "0").split()[0])
        if not talk.rseq or number != talk.rseq:
            self.note("PRACK for nothing")
            self._reply(talk, key, prack, 481)
            return
        talk.rseq = 0
        self.note("PRACK heard")
        self._reply(talk, key, prack, 200)

    # Inside

    def _accept(self, talk: Talk) -> None:
        """Send the 2xx to the INVITE that waits, until its ACK comes."""
        invite, talk.pending = talk.pending, None
        assert invite is not None
        if talk.turn is Turn.THEIRS:
            body = talk.answer()
        elif talk.stage is Stage.ANSWERED and talk.has_session:
            body = b""  # answered in the reliable 183
        else:
            body = talk.offer()
        headers = (ALLOW, *self._grant(talk, invite))
        number = talk.unacknowledged = invite.cseq().number
        response = respond(
            invite,
            200,
            to_tag=talk.local_tag,
            headers=((Header.CONTACT, self.contact), *headers),
            body=body,
        )
        data = response.to_bytes()
        self.respond(talk.key, response)
        talk.key = ""
        until = self.now + TIMEOUT

        def again(gap: float) -> None:
            if talk.unacknowledged != number:
                return
            if self.now >= until:
                talk.unacknowledged = 0
                if talk.is_up:
                    self.note("no ACK came")
                    self.bye(talk)
                return
            self.note("ACK lost or late: 2xx again")
            self.transmit(data)
            self.later(min(2 * gap, 4.0), lambda: again(min(2 * gap, 4.0)))

        self.later(0.5, lambda: again(0.5))

    def _grant(self, talk: Talk, request: Request) -> Headers:
        """Return what our 2xx says of the session timer."""
        found = re.match(r"(\d+)(;refresher=\w+)?", request.first(Header.SESSION_EXPIRES) or "")
        if not found or not self.speaks_timer:
            return ()
        granted = f"{found[1]}{found[2] or ';refresher=uac'}"
        headers = ((Header.SESSION_EXPIRES, granted), (Header.REQUIRE, "timer"))
        self.wind_up(talk, respond(request, 200, headers=headers), as_server=True)
        return headers

    def _reply(
        self,
        talk: Talk,
        key: str,
        request: Request,
        status: int,
        headers: Headers = (),
        body: bytes = b"",
    ) -> None:
        if status < 300 and request.method in ("INVITE", "UPDATE"):
            headers = ((Header.CONTACT, self.contact), ALLOW, *headers)
        self.respond(
            key, respond(request, status, to_tag=talk.local_tag, headers=headers, body=body)
        )

    def _close(self, talk: Talk) -> None:
        """Leave nothing open but a 2xx of ours, which is repeated until its ACK comes."""
        talk.stage, talk.pending, talk.key = Stage.ENDED, None, ""
        talk.rseq = 0
