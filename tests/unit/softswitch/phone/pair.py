"""Two phones that take each other for the server, on a wire that tests can cut."""

from collections.abc import Callable

from softswitch.identifiers import Identifiers, counted
from softswitch.phone.agent import Phone
from softswitch.phone.events import PhoneOutput, Send
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, parse

ALICE = ("192.0.2.1", 5060)
BOB = ("192.0.2.2", 5060)


def start_line(data: bytes) -> str:
    message = parse(data)
    return message.method if isinstance(message, Request) else str(message.status)


class Pair:
    """Delivers at once, keeps the time, the ladder and what each phone said."""

    def __init__(self, transport: str = "udp") -> None:
        self.now = 0.0
        self.alice = Phone("101", "a", Flow(transport, ALICE, BOB), Identifiers(counted("a")))
        self.bob = Phone("102", "b", Flow(transport, BOB, ALICE), Identifiers(counted("b")))
        self.heard: dict[str, list[PhoneOutput]] = {"101": [], "102": []}
        self.ladder: list[tuple[str, str]] = []
        self.bytes: list[tuple[str, bytes]] = []
        self.loses: Callable[[str, str], bool] = lambda sender, line: False

    def carry(self, phone: Phone, outputs: list[PhoneOutput]) -> None:
        """Take what a phone said, and deliver what it sends."""
        self.deliver([(phone, output) for output in outputs])

    def deliver(self, work: list[tuple[Phone, PhoneOutput]]) -> None:
        """Take outputs of both phones in this order; what comes of them waits its turn."""
        while work:
            sender, output = work.pop(0)
            if not isinstance(output, Send):
                self.heard[sender.number].append(output)
                continue
            line = start_line(output.data)
            self.ladder.append((sender.number, line))
            self.bytes.append((sender.number, output.data))
            if not self.loses(sender.number, line):
                other = self.bob if sender is self.alice else self.alice
                work += [(other, more) for more in other.receive(output.data, self.now)]

    def run(self, until: float) -> None:
        while True:
            due = [d for p in (self.alice, self.bob) if (d := p.deadline) is not None]
            if not due or min(due) > until:
                break
            self.now = max(self.now, min(due))
            for phone in (self.alice, self.bob):
                if phone.deadline is not None and phone.deadline <= self.now:
                    self.carry(phone, phone.expire(self.now))
        self.now = until

    def call(self, sdp: bytes = b"offer") -> str:
        """Alice calls Bob; return her name for the call."""
        name, outputs = self.alice.call("102", sdp, self.now)
        self.carry(self.alice, outputs)
        return name

    def connect(self) -> None:
        """Alice calls Bob, who answers."""
        self.call()
        self.carry(self.bob, self.bob.answer("102/1", b"answer", self.now))

    def kinds(self, number: str) -> list[str]:
        return [type(output).__name__ for output in self.heard[number]]

    def take_ladder(self) -> str:
        """Return the messages since the last time, `101>` before those of Alice's."""
        ladder = " ".join(
            f"{'>' if number == '101' else '<'}{line}" for number, line in self.ladder
        )
        self.ladder.clear()
        return ladder
