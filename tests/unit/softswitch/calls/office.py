"""An exchange with telephones and a media engine that are played by the test."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from media import sdp
from media.control import Close, Closed, Command, Event
from media.measuring import Statistics
from softswitch.calls import CallSettings, Exchange, LeasedPort, Output, ToMedia
from softswitch.calls.facts import Fact, Logged
from softswitch.calls.instructions import Instruction
from softswitch.calls.record import Closed as CallClosed
from softswitch.calls.record import Record
from softswitch.identifiers import Identifiers, counted
from softswitch.routing.model import (
    Configuration,
    Department,
    Destination,
    Employee,
    GroupMember,
    Mailbox,
    Menu,
    Number,
    Source,
)
from softswitch.routing.numbers import directory
from softswitch.routing.plan import Outcome, Prompt, Strategy
from softswitch.sip.flow import Flow
from softswitch.sip.vocabulary import (
    Answered,
    Confirmed,
    End,
    Ended,
    Identity,
    LegEvent,
    Offered,
    Party,
    Place,
    Progressed,
    Refuse,
    Refused,
    Target,
    Withdraw,
)

EPOCH = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp()
HERE = Source("test")
CALLER = "caller"
Kind = TypeVar("Kind")


def flow(port: int) -> Flow:
    return Flow("udp", ("192.0.2.1", 5060), ("192.0.2.50", port))


def described(port: int, *, codecs: tuple[str, ...] = ("PCMA", "PCMU")) -> bytes:
    """Return the offer of a telephone."""
    return sdp.offer(sdp.Local("192.0.2.50", port, port), codecs)


def answered(
    offer: bytes,
    port: int,
    *,
    direction: sdp.Direction = sdp.Direction.SENDRECV,
    codecs: tuple[str, ...] = ("PCMA", "PCMU"),
) -> bytes:
    """Return the answer of a telephone."""
    local = sdp.Local("192.0.2.50", port, port, 1, direction)
    return sdp.answer(sdp.parse(offer), local, codecs)[0]


def redirected_offer(offer: bytes, direction: str) -> bytes:
    """Return the same offer with another direction, as in a re-INVITE that holds."""
    return offer.replace(b"a=sendrecv", b"a=" + direction.encode())


def destination(text: str) -> Destination:
    for kind in ("employee", "department", "menu", "voicemail", "number", "hang up"):
        if text.startswith(kind):
            return Destination(kind, text.removeprefix(kind).strip(), HERE)
    return Destination(text, "", HERE)


def outcomes(
    busy: str = "hang up busy",
    no_answer: str = "hang up no-answer",
    not_registered: str = "hang up not-registered",
    refused: str = "hang up refused",
) -> Mapping[Outcome, Destination]:
    return {
        Outcome.BUSY: destination(busy),
        Outcome.NO_ANSWER: destination(no_answer),
        Outcome.NOT_REGISTERED: destination(not_registered),
        Outcome.REFUSED: destination(refused),
    }


def employee(extension: str, calls: int = 1, **on: str) -> Employee:
    return Employee(extension, f"Person {extension}", 20.0, calls, outcomes(**on), None, HERE)


def department(
    name: str, number: str, members: str, strategy: Strategy = Strategy.ALL_AT_ONCE, **on: str
) -> Department:
    return Department(
        name,
        number,
        strategy,
        tuple(GroupMember(member, None, None, HERE) for member in members.split()),
        0.0 if strategy is Strategy.ALL_AT_ONCE else 10.0,
        None,
        None,
        True,
        outcomes(**on),
        None,
        HERE,
    )


def office_configuration() -> Configuration:
    employees = [employee(extension) for extension in ("101", "102", "103", "104")]
    departments = [
        department("sales", "600", "102 103", no_answer="voicemail sales"),
        department("service", "601", "102 103 104", Strategy.IN_TURN),
        department("desk", "602", "103", no_answer="menu main"),
    ]
    menu = Menu(
        "main",
        Prompt(say="Welcome"),
        {"1": destination("department sales"), "2": destination("employee 102")},
        frozenset({"101", "102", "103"}),
        HERE,
        5.0,
        2.0,
        3,
        Prompt(say="Wrong"),
        {
            Outcome.NOTHING_PRESSED: destination("department sales"),
            Outcome.INVALID: destination("employee 103"),
        },
        HERE,
    )
    mailbox = Mailbox(
        "sales", Prompt(say="Speak"), 300.0, 10.0, destination("hang up failed"), HERE
    )
    numbers = [
        Number("800", destination("menu main"), None, 0, destination("hang up busy"), HERE),
        Number("801", destination("voicemail sales"), None, 0, destination("hang up busy"), HERE),
    ]
    return Configuration(
        {person.extension: person for person in employees},
        {group.name: group for group in departments},
        {number.number: number for number in numbers},
        {"main": menu},
        {"sales": mailbox},
        {},
        directory(employees, departments, numbers, [("*43", "echo", HERE)]),
    )


class Office:
    """Implements what an exchange needs, and plays everybody around it.

    `out` has everything that the exchange has asked for since the start.
    """

    def __init__(self, settings: CallSettings | None = None, ports: int = 1000) -> None:
        self.now = 0.0
        self.out: list[Output] = []
        self.ports_left = ports
        self.workers = 1
        self.telephones = {name: 1 for name in ("101", "102", "103", "104")}
        self.placed: dict[str, Place] = {}
        self.owed: list[Callable[[], list[Output]]] = []
        """What telephones and the engine still have to say about what they were told."""

        self._streams = 0
        self._calls = 0
        self.exchange = Exchange(
            settings or CallSettings(), self, self, Identifiers(counted("c")), EPOCH
        )
        self.exchange.configure(office_configuration())

    # What the exchange asks

    def groups(self, extension: str, now: float) -> list[list[Target]]:
        count = self.telephones.get(extension, 0)
        telephones = [
            Target(f"sip:{extension}@192.0.2.50:{5000 + n}", flow(5000 + n)) for n in range(count)
        ]
        return [telephones] if telephones else []

    def is_registered(self, extension: str, now: float) -> bool:
        return self.telephones.get(extension, 0) > 0

    def take(self, label: str, flow: Flow) -> LeasedPort | None:
        return self.take_beside(0, label, flow)

    def take_beside(self, worker: int, label: str, flow: Flow) -> LeasedPort | None:
        if not self.ports_left:
            return None
        self.ports_left -= 1
        self._streams += 1
        return LeasedPort(worker, self._streams, "192.0.2.1", 10000 + 2 * self._streams)

    def move(self, port: LeasedPort, worker: int) -> LeasedPort | None:
        """No stream moves, unless a test says otherwise."""
        return None

    # What happens

    def call(self, dialled: str, caller: str = "101", sdp: bytes | None = None) -> str:
        """Offer a call, and return its leg."""
        self._calls += 1
        leg = CALLER if self._calls == 1 else f"{CALLER}{self._calls}"
        body = described(4000) if sdp is None else sdp
        self.say(
            Offered(
                leg,
                Identity(caller),
                Party(caller, f"Person {caller}"),
                dialled,
                body,
                f"sip-{leg}",
                flow(5101),
            )
        )
        return leg

    def say(self, event: LegEvent) -> list[Output]:
        return self._took(self.exchange.leg(event, self.now))

    def hear(self, event: Event, worker: int = 0) -> list[Output]:
        return self._took(self.exchange.media(worker, event, self.now))

    def instruct(self, instruction: Instruction, call: str = "c1") -> list[Output]:
        return self._took(self.exchange.instruct(call, instruction, self.now))

    def wait(self, seconds: float) -> list[Output]:
        """Let time pass, stopping at every deadline on the way."""
        until, out = self.now + seconds, list[Output]()
        while (deadline := self.exchange.deadline) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            out += self._took(self.exchange.expire(self.now))
        self.now = until
        return out

    def ring(self, leg: str, early: bytes = b"") -> list[Output]:
        return self.say(Progressed(leg, 183 if early else 180, early))

    def answer(self, leg: str, port: int = 6000) -> list[Output]:
        body = answered(self.placed[leg].sdp, port)
        self.placed.pop(leg)
        return self.say(Answered(leg, body))

    def refuse(self, leg: str, status: int, *contacts: str) -> list[Output]:
        self.placed.pop(leg)
        return self.say(Refused(leg, status, "", contacts))

    def confirm(self, leg: str = CALLER, sdp: bytes = b"") -> list[Output]:
        return self.say(Confirmed(leg, sdp))

    def settle(self) -> None:
        """Let telephones and the engine say what they owe."""
        while self.owed:
            self.owed.pop(0)()

    # What was asked for

    def asked(self, kind: type[Kind]) -> list[Kind]:
        return [output for output in self.out if isinstance(output, kind)]

    def told(self, kind: type[Kind]) -> list[Kind]:
        """Return the commands of one kind that the media engine got."""
        commands = [output.command for output in self.out if isinstance(output, ToMedia)]
        return [command for command in commands if isinstance(command, kind)]

    def facts(self, kind: type[Kind]) -> list[Kind]:
        facts: list[Fact] = [output.fact for output in self.asked(Logged)]
        return [fact for fact in facts if isinstance(fact, kind)]

    @property
    def ringing(self) -> list[str]:
        """Extensions whose telephones were called and have not been given up."""
        return [place.called for place in self.placed.values()]

    def leg_of(self, extension: str) -> str:
        return next(leg for leg, place in self.placed.items() if place.called == extension)

    @property
    def record(self) -> Record:
        (closed,) = self.asked(CallClosed)
        return closed.record

    @property
    def is_empty(self) -> bool:
        return not any(self.exchange.counts().values())

    def _took(self, outputs: list[Output]) -> list[Output]:
        self.out += outputs
        for output in outputs:
            match output:
                case Place(leg):
                    self.placed[leg] = output
                case Withdraw(leg):
                    self.placed.pop(leg, None)
                    self._owe(Refused(leg, 487))
                case End(leg):
                    self._owe(Ended(leg, "ended"))
                case Refuse(leg):
                    self._owe(Ended(leg, "refused"))
                case ToMedia(_, command):
                    self._owe_media(command)
        return outputs

    def _owe(self, event: LegEvent) -> None:
        self.owed.append(lambda: self.say(event))

    def _owe_media(self, command: Command) -> None:
        if isinstance(command, Close):
            stream = command.stream
            self.owed.append(lambda: self.hear(Closed(stream, Statistics(received=50))))
            self.ports_left += 1
