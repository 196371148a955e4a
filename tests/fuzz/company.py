"""A small company with its whole switch, its telephones and its clock, which plays scripts."""

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from media.control import Event, WorkerLost
from softswitch.calls.facts import Logged
from softswitch.calls.outputs import ToMedia
from softswitch.calls.record import Closed, Disposition
from softswitch.configuration.load import parse as configured
from softswitch.daemon.addresses import Own, addresses
from softswitch.daemon.composition import compose
from softswitch.daemon.media_link import MediaLink
from softswitch.daemon.switch import Effect, Switch
from softswitch.identifiers import Identifiers, counted
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.locate import Resolve, Resolved
from softswitch.sip.message import Header, Message, Request, Response
from softswitch.sip.outputs import CloseFlow
from softswitch.sip.transaction import Transmit
from softswitch.timerqueue import earlier
from tests.fuzz.accounts import Accounts
from tests.fuzz.ledger import Ledger
from tests.fuzz.phones import METHODS, STRANGER, USERS, path_of
from tests.fuzz.script import Script, Step
from tests.fuzz.staff import BODIES, Manner, Said, Staff
from tests.fuzz.workers import Workers
from tests.fuzz.wounds import wounded
from tests.unit.softswitch.sip.speaking import (
    SERVER,
    answer,
    authorized,
    contact_of,
    request,
)

HERE = Path(__file__).parent
LOADED = configured((HERE / "company.yaml").read_text(), HERE, {})
ADDRESSES = addresses(LOADED.settings, Own(SERVER[0]))

GUEST = "109", "nine"
"""A telephone of which no script knows, and its password."""

GUEST_PATH = Flow("udp", SERVER, ("198.51.100.77", 5109))
MOMENTS = (0.0, 0.5, 3.0, 6.0, 12.0, 33.0, 200.0, 1900.0)
STATUSES = (180, 200, 183, 486, 100, 603, 302, 480, 487, 202, 404, 408, 491, 503, 199, 401)
LONG = 100_000.0
"""Seconds after which no registration, subscription or call can be left that nobody has renewed."""

MOST_DEADLINES = 5000
"""In one wait: more would mean that the clock of a machine stands still."""

MOST_MESSAGES = 500
"""That one thing leads to, before anybody waits."""

EXCUSES = frozenset(("banned", "not-for-us"))
"""Slugs of those whose requests are not answered, whatever is in them."""


class Company:
    """One switch with media workers that play nothing, and people who do as they are told."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.workers = Workers()
        self.link = MediaLink(self.workers.seats, ADDRESSES.media_for)
        self.switch: Switch = compose(
            LOADED,
            ADDRESSES,
            self.link,
            lambda prompt: ("tone:beep",),
            Identifiers(counted()),
            0.0,
            bytes(32),
        )
        self.staff = Staff()
        self.ledger = Ledger()
        self.accounts = Accounts()
        self.statuses: set[int] = set()
        """Of every answer that was given."""

        self._last: Said = (b"", path_of(0)[1])
        self._said: deque[Said] = deque()
        """By telephones of themselves."""

        self._guest_heard: list[Message] = []
        self._acts: tuple[Callable[[Step], None], ...] = (
            self._call,
            self._go_on,
            self._write,
            self._answer,
            self._hear,
            self._wait,
            self._lose,
            self._repeat,
            self._behave,
        )
        self.link.prepare()
        self._poll()
        for who, user in enumerate(USERS):
            asked = request("REGISTER", user, call_id=f"r{who}", headers=[contact_of(user)])
            self._introduce(asked, user, path_of(who)[1])

    def play(self, script: Script) -> None:
        """Let everything happen that the script says, and then everything come to its end."""
        for step in script.steps:
            self._acts[step.act % len(self._acts)](step)
        self.serve_guest()
        if len(script.steps) % 2:
            for asked, flow in self.staff.hang_up():
                self._ask(asked, flow)
        self.end()

    def serve_guest(self) -> None:
        """Assert that a telephone which comes now is served: it registers, calls, and hangs up."""
        user, _ = GUEST
        contact = [(Header.CONTACT, f"<sip:{user}@198.51.100.77:5109>")]
        asked = request("REGISTER", user, call_id="guest-r", headers=contact)
        assert self._tell_as_guest(asked) == [200]
        asked = request("INVITE", user, "*43", call_id="guest", headers=contact, body=BODIES[0])
        assert self._tell_as_guest(asked) == [100, 200]
        tag = self._guest_heard[-1].to().tag or ""
        for method, cseq, statuses in (("ACK", 2, []), ("BYE", 3, [200])):
            within = request(method, user, "*43", cseq=cseq, call_id="guest", to_tag=tag)
            assert self._tell_as_guest(within) == statuses
        [record] = [one for one in self.accounts.records.values() if one.sip_call_id == "guest"]
        assert record.disposition is Disposition.ANSWERED

    def end(self) -> None:
        """Nobody says anything any more; assert that nothing stays behind."""
        self.staff.manners = dict.fromkeys(range(4), Manner.MUTE)
        self.advance(500.0)
        self.advance(LONG)
        self.accounts.settle()
        switch = self.switch
        counts = {**switch.endpoint.counts(), **switch.watch.counts()}
        for part in (switch.exchange.counts(), switch.troupe.counts()):
            counts |= {f"calls: {kind}": count for kind, count in part.items()}
        held = {kind: count for kind, count in counts.items() if count}
        assert held == {}
        assert not any(engine["streams"] for engine in self.link.counts())
        assert self.workers.streams == []
        assert not list(switch.endpoint.registrar.bindings(self.now))
        assert switch.is_idle
        assert switch.deadline is None

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(MOST_DEADLINES):
            due = earlier(self.switch.deadline, self.workers.deadline)
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self._settle(self.switch.expire(self.now))
        else:
            raise AssertionError("the clock of a machine stands still")
        self.now = until
        self.accounts.check(self.now)

    # What steps do

    def _call(self, step: Step) -> None:
        """Somebody sends a request out of any dialog; with a password, if he has one."""
        method, body = _asked_by(step)
        asked, flow = self.staff.call(step.who, method, body, step.which)
        user = path_of(step.who)[0]
        if user != STRANGER and not step.who & 16 and method not in ("ACK", "CANCEL"):
            again = self._challenged(asked, user, flow)
            if again is None:
                return
            asked = again
        self._ask(asked, flow, step)

    def _go_on(self, step: Step) -> None:
        method, body = _asked_by(step)
        going_on = self.staff.go_on(step.who, method, body, step.which)
        if going_on is not None:
            self._ask(*going_on, step)

    def _write(self, step: Step) -> None:
        self.ledger.has_wounded_answers = True
        self._send(wounded(step.data, step.edits), path_of(step.who)[1])

    def _answer(self, step: Step) -> None:
        asked_of = self.staff.asked
        if not asked_of:
            return
        asked, flow = asked_of[-1 - step.who % len(asked_of)]
        status = STATUSES[step.what % len(STATUSES)]
        headers: list[tuple[Header | str, str]] = [contact_of("102")]
        if step.which & 64:
            headers = [(Header.CONTACT, "<sip:103@192.0.2.1>")]
        if step.which & 16:
            headers += [(Header.REQUIRE, "100rel"), (Header.RSEQ, "1")]
        tag = "other" if step.which & 32 else "callee"
        told = answer(asked, status, tag, BODIES[step.which % 16 % len(BODIES)], headers)
        self.ledger.has_wounded_answers |= bool(step.edits)
        self._send(wounded(told.to_bytes(), step.edits), flow)

    def _hear(self, step: Step) -> None:
        """A media worker has heard something, or is lost and started anew."""
        heard = self.workers.hear(step)
        if heard is not None:
            worker, event = heard
            effects = self._told_by(worker, event)
            if isinstance(event, WorkerLost):
                self.link.restarted(worker)
            self._settle(effects)

    def _wait(self, step: Step) -> None:
        self.advance(MOMENTS[step.what % len(MOMENTS)])

    def _lose(self, step: Step) -> None:
        flow = path_of(step.who)[1]
        if flow.reliable:
            self._cut(flow)

    def _repeat(self, step: Step) -> None:
        self._send(*self._last)

    def _behave(self, step: Step) -> None:
        self.staff.manners[step.who & 3] = Manner(step.what % len(Manner))

    # Inside: telephones

    def _introduce(self, asked: Request, user: str, flow: Flow) -> None:
        again = self._challenged(asked, user, flow)
        assert again is not None
        self._ask(again, flow)

    def _challenged(
        self, asked: Request, user: str, flow: Flow, password: str = ""
    ) -> Request | None:
        """Return a request with the credentials that it is asked for, None when it is not."""
        for message in self._ask(asked, flow):
            if isinstance(message, Response) and message.status in (401, 407):
                again = authorized(asked, message, user, password)
                if asked.method == "INVITE":
                    self.staff.authorized(again)
                return again
        return None

    def _tell_as_guest(self, asked: Request) -> list[int]:
        """Return the statuses that the guest is answered with, once he has shown his password."""
        user, password = GUEST
        if asked.method in ("REGISTER", "INVITE"):
            again = self._challenged(asked, user, GUEST_PATH, password)
            assert again is not None, asked.method
            asked = again
        self._guest_heard.clear()
        self._ask(asked, GUEST_PATH)
        return [one.status for one in self._guest_heard if isinstance(one, Response)]

    def _ask(self, asked: Request, flow: Flow, step: Step | None = None) -> list[Message]:
        """Send a request, with the wounds of a step; to one without, an answer is owed."""
        if step is not None and step.edits:
            return self._send(wounded(asked.to_bytes(), step.edits), flow)
        self.accounts.asked(asked, flow, self.now)
        before = self._unheard()
        sent = self._send(asked.to_bytes(), flow)
        if self._unheard() != before:
            self.accounts.excuse(asked, flow)
        return sent

    def _unheard(self) -> int:
        return sum(self.switch.discards[slug] for slug in EXCUSES)

    def _send(self, data: bytes, flow: Flow) -> list[Message]:
        self._last = data, flow
        return self._settle(*self._received(data, flow))

    def _received(self, data: bytes, flow: Flow) -> tuple[list[Effect], Message | None]:
        received = self.ledger.came(data, flow)
        if isinstance(received, Request):
            self.accounts.came(received, flow)
        return self.switch.receive(data, flow, self.now), received

    # Inside: everything comes to rest before time goes on

    def _settle(self, effects: Iterable[Effect], received: Message | None = None) -> list[Message]:
        """Carry out effects, and what they lead to; return what is sent at once."""
        sent = self._carry_out(effects, received)
        for _ in range(MOST_MESSAGES):
            self._poll()
            if not self._said:
                return sent
            self._carry_out(*self._received(*self._said.popleft()))
        raise AssertionError("telephones and switch talk without end")

    def _carry_out(
        self, effects: Iterable[Effect], received: Message | None = None
    ) -> list[Message]:
        sent: list[Message] = []
        for effect in effects:
            match effect:
                case Transmit(flow=flow):
                    message = self.ledger.went(effect, received)
                    sent.append(message)
                    self._tell(message, flow)
                case ToMedia(worker=worker, command=command):
                    self.link.submit(worker, command)
                case Resolve():
                    answered = Resolved(effect, ())
                    sent += self._carry_out(self.switch.resolved(answered, self.now))
                case CloseFlow(flow=flow):
                    self._cut(flow)
                case Logged():
                    self.accounts.logged(effect)
                case Closed(record=record):
                    self.accounts.closed(record)
                case _:
                    pass
        return sent

    def _tell(self, message: Message, flow: Flow) -> None:
        """Let a telephone hear what is sent to it."""
        assert isinstance(message, Request | Response)
        self.accounts.went(message, flow)
        if isinstance(message, Response):
            self.statuses.add(message.status)
        if flow == GUEST_PATH:
            self._guest_heard.append(message)
            return
        self.staff.hear(message, flow)
        with suppress(ParseError):  # of a wound that is passed on
            self._said.extend(self.staff.react(message, flow))

    def _cut(self, flow: Flow) -> None:
        self.accounts.lost(flow)
        self._settle(self.switch.flow_lost(flow, self.now))

    # Inside: media

    def _poll(self) -> None:
        for worker, event in self.workers.poll(self.now):
            self._carry_out(self._told_by(worker, event))

    def _told_by(self, worker: int, event: Event) -> list[Effect]:
        self.link.hear(worker, event)
        return self.switch.media(worker, event, self.now)


def _asked_by(step: Step) -> tuple[str, int]:
    """Return method and body of the request that a step is about."""
    return METHODS[step.what % len(METHODS)], step.what // len(METHODS)
