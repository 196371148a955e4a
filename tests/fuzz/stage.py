"""Plays scripts to an endpoint with a registered phone of each user, and watches what it does."""

from collections.abc import Callable, Iterable

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.flow import Flow
from softswitch.sip.message import Document, Header, Message, Request, Response
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.subscriptions import Package
from softswitch.sip.transaction import Transmit
from softswitch.sip.vocabulary import (
    Accept,
    AcceptChange,
    AcceptTransfer,
    Change,
    Confirm,
    End,
    Ended,
    LegCommand,
    Offered,
    Party,
    Place,
    Progress,
    Refuse,
    RefuseChange,
    Refused,
    RefuseTransfer,
    ReportTransfer,
    Ring,
    SendDigit,
    Target,
    Transferring,
    Withdraw,
)
from softswitch.sip.watching import (
    AcceptSubscription,
    EndSubscription,
    Notify,
    RefuseSubscription,
    SubscriptionCommand,
    SubscriptionEnded,
    SubscriptionRequested,
)
from tests.fuzz.ledger import Ledger
from tests.fuzz.phones import BODIES, METHODS, PROXY, STRANGER, USERS, Phones, path_of
from tests.fuzz.script import Script, Step
from tests.fuzz.wounds import wounded
from tests.unit.softswitch.sip.desk import ANSWER, OFFER
from tests.unit.softswitch.sip.speaking import (
    REALM,
    SERVER,
    KnownPasswords,
    answer,
    authorized,
    contact_of,
    request,
    statuses,
)

SETTINGS = EndpointSettings(
    realm=REALM,
    listeners=(
        ListenerSettings("udp", SERVER),
        ListenerSettings("udp", PROXY, is_proxy=True),
        ListenerSettings("tcp", SERVER),
        ListenerSettings("tcp", PROXY, is_proxy=True),
    ),
)
GUEST = "103"
GUEST_PATH = Flow("udp", SERVER, ("198.51.100.77", 5109))
"""A telephone of which no script knows; it keeps out of whatever became of the others."""

STATE = Document("text/plain", b"busy ", b"")
MOMENTS = (0.0, 0.5, 4.0, 33.0, 200.0, 1900.0)
STATUSES = (100, 180, 183, 199, 200, 202, 302, 401, 408, 423, 481, 486, 487, 491, 503, 699)
LONG = 100_000.0
"""Seconds after which no registration, subscription or call can be left that nobody has renewed."""

MOST_DEADLINES = 5000
"""In one wait: more would mean that the clock of a machine stands still."""

LEG_COMMANDS: tuple[Callable[[str], LegCommand], ...] = (
    Ring,
    lambda leg: Progress(leg, ANSWER),
    lambda leg: Progress(leg, OFFER, may_differ=True),
    lambda leg: Accept(leg, ANSWER),
    lambda leg: Accept(leg, OFFER),
    lambda leg: Accept(leg, b""),
    lambda leg: Refuse(leg, 486),
    lambda leg: Refuse(leg, 488, warning="305 No codec"),
    lambda leg: Change(leg, OFFER),
    lambda leg: Change(leg, b""),
    lambda leg: AcceptChange(leg, ANSWER),
    lambda leg: RefuseChange(leg, 488),
    lambda leg: Confirm(leg, ANSWER),
    Withdraw,
    lambda leg: Withdraw(leg, answered_elsewhere=True),
    lambda leg: SendDigit(leg, "5"),
    AcceptTransfer,
    lambda leg: RefuseTransfer(leg, 603),
    lambda leg: ReportTransfer(leg, 180),
    lambda leg: ReportTransfer(leg, 200),
    End,
)
SUBSCRIPTION_COMMANDS: tuple[Callable[[str], SubscriptionCommand], ...] = (
    lambda name: AcceptSubscription(name, STATE),
    lambda name: AcceptSubscription(name, STATE, is_pending=True),
    lambda name: RefuseSubscription(name, 403),
    lambda name: Notify(name, STATE),
    EndSubscription,
)


class Stage:
    """One endpoint, its clock, its telephones, and the calls above it that do as told."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.endpoint = Endpoint(
            SETTINGS,
            KnownPasswords(),
            Identifiers(counted()),
            b"nonce key",
            packages=[Package("dialog", ("text/plain",))],
        )
        self.phones = Phones()
        self.ledger = Ledger()
        self.legs: list[str] = []
        """That have not said their last word."""

        self.transfers: list[str] = []
        self.watchers: list[str] = []
        """Subscriptions that have been asked for, until their last word; until then, refused ones
        and forgotten ones too."""

        self.accepted: set[str] = set()
        self.statuses: set[int] = set()
        """Of every answer that was given."""

        self._placed = 0
        self._last: tuple[bytes, Flow] = (b"", path_of(0)[1])
        self._acts: tuple[Callable[[Step], None], ...] = (
            self._call,
            self._go_on,
            self._write,
            self._answer,
            self._command,
            self._wait,
            self._lose,
            self._repeat,
        )
        for who, user in enumerate(USERS):
            asked = request("REGISTER", user, call_id=f"r{who}", headers=[contact_of(user)])
            self._introduce(asked, user, path_of(who)[1])

    def play(self, script: Script) -> None:
        """Let everything happen that the script says, and then everything come to its end."""
        for step in script.steps:
            self._acts[step.act % len(self._acts)](step)
        self.serve_guest()
        self.end()

    def serve_guest(self) -> None:
        """Assert that a telephone which comes now is served: it registers, calls, and hangs up."""
        contact = [contact_of(GUEST)]
        self._ask_as_guest(request("REGISTER", GUEST, call_id="guest-r", headers=contact), [200])
        others = list(self.legs)
        invite = request("INVITE", GUEST, "101", call_id="guest", headers=contact, body=OFFER)
        self._ask_as_guest(invite, [100])
        [leg] = [leg for leg in self.legs if leg not in others]
        [accepted] = self._tell(Accept(leg, ANSWER))
        assert isinstance(accepted, Response)
        assert accepted.status == 200
        tag = accepted.to().tag or ""
        for method, cseq, expected in (("ACK", 2, []), ("BYE", 3, [200])):
            within = request(method, GUEST, "101", cseq=cseq, call_id="guest", to_tag=tag)
            self._ask_as_guest(within, expected)
        assert leg not in self.legs

    def end(self) -> None:
        """Nobody says anything any more; assert that nothing stays behind."""
        for leg in dict.fromkeys(self.transfers):
            self._tell(RefuseTransfer(leg, 603))
            self._tell(ReportTransfer(leg, 503))
        for leg in list(self.legs):
            self._tell(End(leg))
        self.advance(500.0)
        assert self.legs == [], "legs without a last word"
        for name in list(self.watchers):
            self._tell(EndSubscription(name))
        self.advance(LONG)
        assert not self.accepted, "subscriptions without a last word"
        held = {kind: count for kind, count in self.endpoint.counts().items() if count}
        assert held == {}
        assert not list(self.endpoint.registrar.bindings(self.now))
        assert self.endpoint.deadline is None

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(MOST_DEADLINES):
            due = self.endpoint.deadline
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self._take(self.endpoint.expire(self.now))
        else:
            raise AssertionError("the clock of a machine stands still")
        self.now = until

    # What steps do

    def _call(self, step: Step) -> None:
        """Somebody sends a request out of any dialog; with a password, if he has one."""
        method = METHODS[step.what % len(METHODS)]
        asked, flow = self.phones.out_of_dialog(step.who, method, step.which)
        user = path_of(step.who)[0]
        if user != STRANGER and not step.who & 16 and method not in ("ACK", "CANCEL"):
            again = self._challenged(asked, user, flow)
            if again is None:
                return
            asked = again
        self._send(wounded(asked.to_bytes(), step.edits), flow)

    def _go_on(self, step: Step) -> None:
        going_on = self.phones.in_dialog(METHODS[step.what % len(METHODS)], step.which)
        if going_on is not None:
            asked, flow = going_on
            self._send(wounded(asked.to_bytes(), step.edits), flow)

    def _write(self, step: Step) -> None:
        self.ledger.has_wounded_answers = True
        self._send(wounded(step.data, step.edits), path_of(step.who)[1])

    def _answer(self, step: Step) -> None:
        if not self.phones.asked:
            return
        asked, flow = self.phones.asked[-1 - step.who % len(self.phones.asked)]
        status = STATUSES[step.what % len(STATUSES)]
        headers = [contact_of("102")]
        if step.which & 16:
            headers += [(Header.REQUIRE, "100rel"), (Header.RSEQ, "1")]
        tag = "other" if step.which & 32 else "callee"
        told = answer(asked, status, tag, BODIES[step.which % len(BODIES)], headers)
        self.ledger.has_wounded_answers |= bool(step.edits)
        self._send(wounded(told.to_bytes(), step.edits), flow)

    def _command(self, step: Step) -> None:
        """Whoever is above the endpoint says something, to a leg or a subscription."""
        number = step.what % (len(LEG_COMMANDS) + len(SUBSCRIPTION_COMMANDS) + 1)
        if number == len(LEG_COMMANDS):
            self._place(step)
        elif number < len(LEG_COMMANDS) and self.legs:
            self._tell(LEG_COMMANDS[number](self.legs[-1 - step.which % len(self.legs)]))
        elif number > len(LEG_COMMANDS) and self.watchers:
            command = SUBSCRIPTION_COMMANDS[number - len(LEG_COMMANDS) - 1]
            name = self.watchers[-1 - step.which % len(self.watchers)]
            sent = self._tell(command(name))
            if sent and isinstance(command(name), AcceptSubscription):
                self.accepted.add(name)

    def _place(self, step: Step) -> None:
        self._placed += 1
        leg = f"placed-{self._placed}"
        user, flow = path_of(step.who)
        target = Target(f"sip:{user}@10.0.0.7", flow)
        self.legs.append(leg)
        self._tell(Place(leg, target, Party("101"), user, BODIES[step.which % len(BODIES)]))

    def _wait(self, step: Step) -> None:
        self.advance(MOMENTS[step.what % len(MOMENTS)])

    def _lose(self, step: Step) -> None:
        flow = path_of(step.who)[1]
        if flow.reliable:
            self._take(self.endpoint.flow_lost(flow, self.now))

    def _repeat(self, step: Step) -> None:
        self._send(*self._last)

    # Inside

    def _tell(self, command: LegCommand | SubscriptionCommand) -> list[Message]:
        return self._take(self.endpoint.perform(command, self.now))

    def _introduce(self, asked: Request, user: str, flow: Flow) -> None:
        again = self._challenged(asked, user, flow)
        assert again is not None
        self._send(again.to_bytes(), flow)

    def _ask_as_guest(self, asked: Request, expected: list[int]) -> None:
        """Send a request of the guest's, with his password where he needs one."""
        if asked.method in ("REGISTER", "INVITE"):
            again = self._challenged(asked, GUEST, GUEST_PATH)
            assert again is not None, f"{asked.method} is not even challenged"
            asked = again
        assert statuses(self._send(asked.to_bytes(), GUEST_PATH)) == expected, asked.method

    def _challenged(self, asked: Request, user: str, flow: Flow) -> Request | None:
        """Return a request with the credentials that it is asked for, None when it is not."""
        for message in self._send(asked.to_bytes(), flow):
            if isinstance(message, Response) and message.status in (401, 407):
                again = authorized(asked, message, user)
                if asked.method == "INVITE":
                    self.phones.authorized(again)
                return again
        return None

    def _send(self, data: bytes, flow: Flow) -> list[Message]:
        self._last = data, flow
        received = self.ledger.came(data, flow)
        return self._take(self.endpoint.receive(data, flow, self.now), received)

    def _take(
        self, outputs: Iterable[EndpointOutput], received: Message | None = None
    ) -> list[Message]:
        """Check everything that the endpoint does; return what it sends."""
        sent: list[Message] = []
        for output in outputs:
            if isinstance(output, Transmit):
                message = self.ledger.went(output, received)
                if isinstance(message, Response):
                    self.statuses.add(message.status)
                self.phones.hear(message, output.flow)
                sent.append(message)
            else:
                self._note(output)
        return sent

    def _note(self, output: EndpointOutput) -> None:
        match output:
            case Offered(leg=leg):
                assert leg not in self.legs
                self.legs.append(leg)
            case Ended(leg=leg) | Refused(leg=leg):
                assert leg in self.legs, f"{output} after the last word"
                self.legs.remove(leg)
            case Transferring(leg=leg):
                self.transfers.append(leg)
            case SubscriptionRequested(subscription=name):
                assert name not in self.watchers
                self.watchers.append(name)
            case SubscriptionEnded(subscription=name):
                assert name in self.watchers, f"{output} after the last word"
                self.watchers.remove(name)
                self.accepted.discard(name)
            case _:
                pass
