"""An endpoint in the simulated world, and a clerk above it who answers everything."""

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.digest import ha1
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.flow import Flow
from softswitch.sip.message import Document
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.settings import EndpointSettings
from softswitch.sip.subscriptions import Package
from softswitch.sip.transaction import Transmit
from softswitch.sip.vocabulary import (
    Accept,
    AcceptTransfer,
    End,
    Ended,
    LegCommand,
    Offered,
    ReportTransfer,
    Transferring,
)
from softswitch.sip.watching import (
    AcceptSubscription,
    Notify,
    SubscriptionCommand,
    SubscriptionEnded,
    SubscriptionRequested,
)
from tests.support.station import SDP
from tests.support.world import Address, Alarm, Network, World

ADDRESS = ("10.0.0.1", 5060)
STATE = Package("dialog", ("text/plain",))


class Passwords:
    """Everybody's is `p`."""

    def ha1(self, user: str, algorithm: str) -> str | None:
        return ha1(user, "softswitch", "p", algorithm)

    def admits(self, user: str, host: str) -> bool:
        return True


class Clerk:
    """Takes every call, and every transfer, of which it reports ringing and an answer, a second
    apart. What it tells those who subscribe is how often `change` was called."""

    def __init__(self, world: World, network: Network) -> None:
        self.world = world
        self.transfers: list[Transferring] = []
        self.ended: list[str] = []
        """Legs."""

        self.subscriptions: dict[str, str] = {}
        """Those that are on, and of whom."""

        self.changes = 0
        self.endpoint = Endpoint(
            EndpointSettings(),
            Passwords(),
            Identifiers(counted("s")),
            bytes(32),
            packages=[STATE],
        )
        self._network = network
        self._alarm = Alarm(world, self.endpoint, self._expire)
        network.attach(ADDRESS, self._receive)

    @property
    def held(self) -> dict[str, int]:
        return {kind: count for kind, count in self.endpoint.counts().items() if count}

    def change(self) -> None:
        """Let everybody see the next state."""
        self.changes += 1
        for name in list(self.subscriptions):
            self.tell(Notify(name, self._document()))

    def tell(self, command: LegCommand | SubscriptionCommand) -> None:
        self._carry_out(self.endpoint.perform(command, self.world.now))

    def _document(self) -> Document:
        return Document("text/plain", b"%d" % self.changes)

    def _receive(self, data: bytes, source: Address) -> None:
        flow = Flow("udp", ADDRESS, source)
        self._carry_out(self.endpoint.receive(data, flow, self.world.now))

    def _expire(self) -> None:
        self._carry_out(self.endpoint.expire(self.world.now))

    def _carry_out(self, outputs: list[EndpointOutput]) -> None:
        for output in outputs:
            match output:
                case Transmit(data=data, flow=flow):
                    self._network.send(data, ADDRESS, flow.remote)
                case Offered(leg=leg):
                    self.tell(Accept(leg, SDP))
                case Transferring():
                    self._transfer(output)
                case Ended(leg=leg):
                    self.ended.append(leg)
                case SubscriptionRequested(subscription=name, resource=resource):
                    self.subscriptions[name] = resource
                    self.tell(AcceptSubscription(name, self._document()))
                case SubscriptionEnded(subscription=name):
                    del self.subscriptions[name]
                case _:
                    pass
        self._alarm.rearm()

    def _transfer(self, transferring: Transferring) -> None:
        leg = transferring.leg
        self.transfers.append(transferring)
        self.tell(AcceptTransfer(leg))
        self.world.after(1.0, lambda: self.tell(ReportTransfer(leg, 180)))
        self.world.after(2.0, lambda: self.tell(ReportTransfer(leg, 200)))

    def end(self, leg: str) -> None:
        self.tell(End(leg))
