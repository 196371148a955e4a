"""What a telephone of a storm asks for in its calls, and what it makes of the answers."""

import re

from softswitch.sip.message import Header, Request, Response
from tests.storms.line import TIMEOUT, Headers, Line
from tests.storms.talk import FIRST_PORT, Peer, Stage, Talk, Turn
from tests.support.office import SWITCH

ALLOW = (
    Header.ALLOW,
    "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE, MESSAGE",
)
RELAY = "application/dtmf-relay"
MOST_TRIES = 3


class Caller(Line):
    """The client side."""

    talks: list[Talk]
    speaks_timer = False
    speaks_100rel = False

    # Calls

    def call(
        self, number: str, *, late: bool = False, extra: Headers = (), seconds: int = 0
    ) -> Talk:
        """Call somebody. `late`: they shall offer. `seconds`: of the session timer, 0 for none."""
        fresh = self.numbered()
        talk = Talk(fresh.call_id, fresh.local_tag, fresh.local, number=number)
        self.enter(talk)
        supported = [
            tag for tag, has in (("100rel", self.speaks_100rel), ("timer", seconds)) if has
        ]
        headers = [ALLOW, *extra]
        if supported:
            headers.append((Header.SUPPORTED, ", ".join(supported)))
        if seconds:
            headers.append((Header.SESSION_EXPIRES, str(seconds)))
        body = b"" if late else talk.offer()
        uri = f"sip:{number}@{SWITCH}"
        invite = self.compose(talk, "INVITE", f"<{uri}>", uri, headers, body)
        self._invite(talk, invite)
        return talk

    def enter(self, talk: Talk) -> None:
        talk.host, talk.port = self.address[0], FIRST_PORT + 2 * len(self.talks)
        self.talks.append(talk)

    def hang_up(self, talk: Talk) -> None:
        """End a call in whatever state it is."""
        match talk.stage:
            case Stage.CALLING if not talk.gives_up:
                talk.gives_up = True
                self.note("CANCEL after ringing" if talk.has_rung else "CANCEL before ringing")
                self.send(self.layer.cancel(talk.branch, self.now))
            case Stage.ANSWERED:
                self.note("BYE waits for the ACK")
                talk.bye_at_ack = True
            case Stage.CONNECTED:
                self.bye(talk)
            case _:
                pass

    def bye(self, talk: Talk) -> None:
        assert talk.peer is not None
        talk.stage = Stage.ENDING

        def over(status: int) -> None:
            talk.stage = Stage.ENDED

        self.ask(
            talk,
            self.within(talk, talk.peer, "BYE"),
            lambda response: over(response.status) if response.status >= 200 else None,
            over,
        )

    # Within calls

    def change(self, talk: Talk, wish: str, method: str = "INVITE", *, late: bool = False) -> bool:
        """Offer another session; False when something is open already."""
        if not talk.is_up and not (talk.stage is Stage.CALLING and method == "UPDATE"):
            return False
        peer = talk.peer or next(iter(talk.early.values()), None)
        if talk.branch and talk.stage is not Stage.CALLING:
            return False
        if peer is None or talk.turn is not Turn.NOBODY or talk.pending or talk.unacknowledged:
            return False
        if talk.stage is Stage.CALLING and not talk.has_session:
            return False
        talk.wish = wish
        body = b"" if late else talk.offer()
        request = self.within(talk, peer, method, (ALLOW, *self._ask_timer()), body)
        if method == "INVITE":
            self._invite(talk, request)
        else:
            branch = self.ask(
                talk,
                request,
                lambda response: self._update_answered(talk, response),
                lambda status: self._change_failed(talk, status, "UPDATE"),
            )
            if talk.stage is not Stage.CALLING:
                talk.branch = branch
        return True

    def refresh(self, talk: Talk) -> None:
        """Show that we are there: UPDATE without a session."""
        assert talk.peer is not None

        def hear(response: Response) -> None:
            if 200 <= response.status < 300:
                self.note("session refreshed by UPDATE")
                self.wind_up(talk, response, as_server=False)
            elif response.status in (408, 481):
                fail(response.status)

        def fail(status: int) -> None:
            if talk.stage is Stage.CONNECTED:
                self.bye(talk)

        headers = (*self._ask_timer(), (Header.SESSION_EXPIRES, "90;refresher=uac"))
        self.ask(talk, self.within(talk, talk.peer, "UPDATE", headers), hear, fail)

    def press(self, talk: Talk) -> None:
        """Press a key, by INFO."""
        assert talk.peer is not None
        body = b"Signal=5\r\nDuration=120\r\n"
        info = self.within(talk, talk.peer, "INFO", (), body, RELAY)
        self.ask(talk, info, lambda response: self._note_status("INFO", response), _ignore)

    def probe(self, talk: Talk) -> None:
        assert talk.peer is not None
        options = self.within(talk, talk.peer, "OPTIONS")
        self.ask(talk, options, lambda response: self._note_status("OPTIONS", response), _ignore)

    # INVITE and its responses

    def _invite(self, talk: Talk, invite: Request) -> None:
        is_first = talk.peer is None
        hear = self._answered if is_first else self._change_answered
        talk.branch = self.ask(
            talk,
            invite,
            lambda response: hear(talk, response, invite),
            lambda status: self._failed(talk, status),
        )

    def _answered(self, talk: Talk, response: Response, invite: Request) -> None:
        """Take a response to the INVITE that begins a call."""
        if response.status == 100:
            return
        if response.status < 200:
            self._progressed(talk, response)
        elif response.status < 300:
            self._accepted(talk, response)
        elif response.status == 422 and not talk.gives_up:
            self.note("session too brief")
            talk.cseq += 1
            again = invite.copy()
            again.replace_first(Header.VIA, None) if again.count(Header.VIA) else None
            again.set(Header.CSEQ, f"{talk.cseq} INVITE")
            again.set(Header.SESSION_EXPIRES, response.first(Header.MIN_SE) or "90")
            self._invite(talk, again)
        else:
            self.note(f"call refused with {response.status}")
            self._failed(talk, response.status)

    def _progressed(self, talk: Talk, response: Response) -> None:
        talk.has_rung = True
        tag = response.to().tag or ""
        if not tag:
            self.complain(f"a {response.status} without a To tag")
            return
        peer = talk.early.get(tag)
        if peer is None:
            peer = talk.early[tag] = Peer.of_response(response, f"sip:{talk.number}@{SWITCH}")
            if len(talk.early) > 1:
                self.note("several early dialogs")
        if Header.RSEQ not in response.ids:
            return
        rseq = int(response.first(Header.RSEQ) or 0)
        if peer.rseq and rseq != peer.rseq + 1:
            self.note("reliable response repeated or out of order")
            return
        peer.rseq = rseq
        body = b""
        if response.body and talk.turn is Turn.OURS:
            talk.take_answer(response.body)
        elif response.body and not talk.has_session:
            talk.take_offer(response.body)
            self.note("PRACK with an answer")
            body = talk.answer()
        rack = (Header.RACK, f"{rseq} {response.cseq().number} INVITE")
        prack = self.within(talk, peer, "PRACK", (rack,), body)
        self.ask(talk, prack, lambda heard: self._note_status("PRACK", heard), _ignore)

    def _accepted(self, talk: Talk, response: Response) -> None:
        number, tag = response.cseq().number, response.to().tag or ""
        if talk.peer is not None:
            if tag != talk.peer.tag:
                self._leave_stray(talk, response)
            elif number in talk.acks:
                self.note("2xx repeated")
                self.transmit(talk.acks[number])
            return
        known = talk.early.pop(tag, None)
        fresh = Peer.of_response(response, f"sip:{talk.number}@{SWITCH}")
        if known is not None:
            fresh.cseq = known.cseq
        talk.early.clear()
        talk.peer, talk.branch = fresh, ""
        self._acknowledge(talk, response, is_first=True)
        if talk.gives_up:
            self.note("CANCEL crossed 200")
            self.bye(talk)
            return
        talk.stage = Stage.CONNECTED
        self.note("call answered")
        self.wind_up(talk, response, as_server=False)

    def _acknowledge(self, talk: Talk, response: Response, *, is_first: bool = False) -> None:
        """Send the ACK, with our answer when they have offered."""
        assert talk.peer is not None
        body = b""
        if talk.turn is Turn.OURS and response.body:
            talk.take_answer(response.body)
        elif talk.turn is Turn.OURS and not talk.has_session:
            self.complain("an offer has no answer")
        elif response.body and not (is_first and talk.has_session):
            talk.take_offer(response.body)
            body = talk.answer()
        number = response.cseq().number
        ack = self.within(talk, talk.peer, "ACK", (), body, cseq=number)
        outputs = self.layer.send(ack, self.flow)
        talk.acks[number] = ack.to_bytes()
        self.send(outputs)

    def _leave_stray(self, talk: Talk, response: Response) -> None:
        """End another fork's call, which we did not want."""
        self.note("second answer by another fork")
        key = response.to().tag or ""
        if key in talk.early:
            return
        stray = talk.early[key] = Peer.of_response(response, talk.number)
        ack = self.within(talk, stray, "ACK", cseq=response.cseq().number)
        self.send(self.layer.send(ack, self.flow))
        self.ask(talk, self.within(talk, stray, "BYE"), _ignore_response, _ignore)

    def _failed(self, talk: Talk, status: int) -> None:
        if talk.peer is None:
            talk.stage, talk.branch = Stage.ENDED, ""
            return
        self._change_failed(talk, status, "INVITE")

    # Changes and their responses

    def _change_answered(self, talk: Talk, response: Response, invite: Request) -> None:
        if response.status < 200:
            return
        if response.status >= 300:
            self._change_failed(talk, response.status, "INVITE")
            return
        number = response.cseq().number
        assert talk.peer is not None
        if number in talk.acks:
            self.note("2xx repeated")
            self.transmit(talk.acks[number])
            return
        talk.branch, talk.retries = "", 0
        talk.peer.retarget(response)
        self._acknowledge(talk, response)
        self.note("re-INVITE accepted")
        self.wind_up(talk, response, as_server=False)

    def _update_answered(self, talk: Talk, response: Response) -> None:
        if response.status < 200:
            return
        if response.status >= 300:
            self._change_failed(talk, response.status, "UPDATE")
            return
        if talk.stage is Stage.CALLING:
            self.note("UPDATE accepted before the answer")
        else:
            talk.branch = ""
            self.note("UPDATE accepted")
        talk.retries = 0
        if talk.turn is Turn.OURS:
            talk.take_answer(response.body)
        self.wind_up(talk, response, as_server=False)

    def _change_failed(self, talk: Talk, status: int, method: str) -> None:
        if talk.stage is not Stage.CALLING:
            talk.branch = ""
        talk.withdraw()
        self.note(f"{method} refused with {status}")
        if talk.stage is not Stage.CONNECTED:
            return
        if status in (408, 481):
            self.bye(talk)
        elif status == 491 and talk.retries < MOST_TRIES:
            talk.retries += 1
            pause = self.dice.uniform(2.1, 4.0) if talk.is_caller else self.dice.uniform(0.0, 2.0)
            self.later(pause, lambda: self._again(talk, method))

    def _again(self, talk: Talk, method: str) -> None:
        if talk.stage is Stage.CONNECTED and self.change(talk, talk.wish, method):
            self.note("asked again after glare")

    # Session timers

    def _ask_timer(self) -> Headers:
        return ((Header.SUPPORTED, "timer, 100rel"),) if self.speaks_timer else ()

    def wind_up(self, talk: Talk, message: Request | Response, *, as_server: bool) -> None:
        """Wind up the session timer with what stands in a 2xx, ours or theirs."""
        found = re.match(r"(\d+);refresher=(\w+)", message.first(Header.SESSION_EXPIRES) or "")
        if not found:
            return
        talk.timer += 1
        turn, seconds = talk.timer, int(found[1])
        is_ours = (found[2] == "uas") == as_server

        def refresh() -> None:
            if talk.timer == turn and talk.stage is Stage.CONNECTED and not self.is_retired:
                self.refresh(talk)

        def end() -> None:
            if talk.timer == turn and talk.stage is Stage.CONNECTED:
                self.note("session expired")
                self.bye(talk)

        if is_ours:
            self.later(seconds / 2, refresh)
        else:
            self.later(seconds - min(TIMEOUT, seconds / 3), end)

    def _note_status(self, method: str, response: Response) -> None:
        if response.status >= 200:
            self.note(f"{method} answered with {response.status}")


def _ignore(status: int) -> None:
    """Nothing depends on it."""


def _ignore_response(response: Response) -> None:
    """Nothing depends on it."""
