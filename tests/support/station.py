"""A telephone that subscribes and refers, for the simulated world: dialogs and transactions are
ours, everything between them is written here."""

from dataclasses import dataclass, field

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.dialog import Ask, Dialog, Over, Reply, Subscriber, Told
from softswitch.sip.dialog.subscriber import SubscriberOutput
from softswitch.sip.digest import authorize
from softswitch.sip.flow import Flow, Transmit
from softswitch.sip.message import Challenge, Event, Header, Request, Response, parse, respond
from softswitch.sip.transaction import (
    Failed,
    RequestArrived,
    ResponseArrived,
    TimedOut,
    TransactionLayer,
)
from softswitch.sip.transaction.outputs import Output, Sent
from softswitch.timerqueue import earlier
from tests.support.world import Address, Alarm, Network, World

TIMEOUT = 32.0
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.3.1\r\ns=-\r\nc=IN IP4 10.0.3.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0\r\n"
)


@dataclass
class Seen:
    """One subscription at this end."""

    subscriber: Subscriber | None = None
    """None until the switch has asked for the password."""

    told: list[tuple[str, bytes]] = field(default_factory=list)
    """States and bodies, in order."""

    over: Over | None = None


class Station:
    """One telephone. It has one call at a time, and any number of subscriptions."""

    def __init__(
        self,
        world: World,
        network: Network,
        number: str,
        password: str,
        address: Address,
        switch: Address,
    ) -> None:
        self.world = world
        self.number = number
        self.address = address
        self.seen: list[Seen] = []
        self.dialog: Dialog | None = None
        self.has_ended = False
        """Its call is over."""

        self.refer_status = 0
        self.statuses: list[int] = []
        """Of all final responses."""

        self._network = network
        self._switch = switch
        self._password = password
        self._identifiers = Identifiers(counted(f"{number}-{address[0]}-"))
        self._layer = TransactionLayer(self._identifiers)
        self._flow = Flow("udp", address, switch)
        self._plain: dict[str, tuple[Request, Seen | None]] = {}  # by branch
        self._asked: dict[str, Seen] = {}  # branch -> whose it is
        self._acks: list[Sent] = []
        self._alarm = Alarm(world, self, self._expire)
        network.attach(address, self._receive)

    @property
    def deadline(self) -> float | None:
        first = self._layer.deadline
        for seen in self.seen:
            if seen.subscriber is not None:
                first = earlier(first, seen.subscriber.deadline)
        return first

    @property
    def live(self) -> int:
        """Transactions and subscriptions that are not over."""
        return self._layer.live + sum(seen.over is None for seen in self.seen)

    # What its user does

    def subscribe(self, to: str, expires: int = 600, event: str = "dialog") -> Seen:
        seen = Seen()
        self.seen.append(seen)
        headers = ((Header.EVENT, event), (Header.EXPIRES, str(expires)))
        self._begin(self._compose("SUBSCRIBE", to, headers), seen)
        return seen

    def unsubscribe(self, seen: Seen) -> None:
        assert seen.subscriber is not None
        self._carry_out(seen, seen.subscriber.unsubscribe(self.world.now))

    def call(self, to: str) -> None:
        self._begin(self._compose("INVITE", to, (), SDP), None)

    def refer(self, uri: str) -> Seen:
        """Ask whom we talk with to call somebody."""
        assert self.dialog is not None
        refer = self.dialog.request("REFER", ((Header.REFER_TO, f"<{uri}>"),))
        event = Event("refer", str(refer.cseq().number))
        seen = Seen(Subscriber.implied(refer, self.dialog, event, TIMEOUT, self.world.now))
        self.seen.append(seen)
        self._ask(refer, seen)
        return seen

    def hang_up(self) -> None:
        assert self.dialog is not None
        self.has_ended = True
        self._ask(self.dialog.request("BYE"), None)

    def unplug(self) -> None:
        self._network.detach(self.address)
        self._layer = TransactionLayer(self._identifiers)
        for seen in self.seen:
            seen.subscriber = None

    # SIP

    def _compose(
        self,
        method: str,
        to: str,
        headers: tuple[tuple[Header | str, str], ...],
        body: bytes = b"",
    ) -> Request:
        host = self._switch[0]
        return Request.build(
            method,
            f"sip:{to}@{host}",
            (
                (Header.MAX_FORWARDS, "70"),
                (Header.FROM, f"<sip:{self.number}@{host}>;tag={self._identifiers.tag()}"),
                (Header.TO, f"<sip:{to}@{host}>"),
                (Header.CALL_ID, self._identifiers.call_id()),
                (Header.CSEQ, f"1 {method}"),
                (Header.CONTACT, self._contact),
                *headers,
            ),
            body,
        )

    @property
    def _contact(self) -> str:
        return f"<sip:{self.number}@{self.address[0]}:{self.address[1]}>"

    def _begin(self, request: Request, seen: Seen | None) -> None:
        plain = request.copy()
        branch, outputs = self._layer.request(request, self._flow, self.world.now)
        self._plain[branch] = plain, seen
        self._send(outputs)

    def _ask(self, request: Request, seen: Seen | None) -> None:
        branch, outputs = self._layer.request(request, self._flow, self.world.now)
        if seen is not None:
            self._asked[branch] = seen
        self._send(outputs)

    def _send(self, outputs: list[Sent] | list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                self._network.send(output.data, self.address, self._switch)
        self._alarm.rearm()

    def _receive(self, data: bytes, source: Address) -> None:
        self._take(self._layer.receive(parse(data), self._flow, self.world.now))

    def _expire(self) -> None:
        now = self.world.now
        self._take(self._layer.expire(now))
        for seen in self.seen:
            subscriber = seen.subscriber
            if subscriber is None or subscriber.deadline is None or subscriber.deadline > now:
                continue
            self._carry_out(seen, subscriber.expire(now))

    def _take(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case RequestArrived(request=request, key=key):
                    self._requested(request, key)
                case ResponseArrived(response=response, branch=branch):
                    self._responded(response, branch)
                case TimedOut(branch=branch) | Failed(branch=branch):
                    seen = self._asked.pop(branch, None)
                    if seen is not None and seen.subscriber is not None:
                        self._carry_out(seen, seen.subscriber.failed(408, self.world.now))
                case _:
                    pass
        self._send(outputs)

    def _requested(self, request: Request, key: str) -> None:
        if request.method == "BYE" and self.dialog is not None:
            self.has_ended = True
            self._reply(request, key, 200)
            return
        for seen in self.seen:
            subscriber = seen.subscriber
            if request.method != "NOTIFY" or subscriber is None:
                continue
            event = Event.parse(request.first(Header.EVENT) or "")
            if subscriber.is_named_by(request) and event.id in ("", subscriber.event.id):
                outputs = subscriber.notified(request, self._flow, self.world.now)
                for output in outputs:
                    if isinstance(output, Reply):
                        self._reply(request, key, output.status)
                self._carry_out(seen, outputs)
                return
        self._reply(request, key, 481)

    def _reply(self, request: Request, key: str, status: int) -> None:
        response = respond(request, status, to_tag="station")
        self._send(self._layer.respond(key, response, self.world.now))

    def _responded(self, response: Response, branch: str) -> None:
        if response.status < 200:
            return
        method = response.cseq().method
        if method == "INVITE" and response.status < 300:
            self._answered(response)
            return
        self.statuses.append(response.status)
        again = self._plain.pop(branch, None)
        if again is not None and response.status == 401:
            self._authorize(*again, response)
            return
        seen = self._asked.pop(branch, None)
        if method == "REFER":
            self.refer_status = response.status
        if seen is not None and seen.subscriber is not None:
            answered = seen.subscriber.answered(response, self._flow, self.world.now)
            self._carry_out(seen, answered)

    def _authorize(self, plain: Request, seen: Seen | None, refusal: Response) -> None:
        challenge = Challenge.parse(refusal.first(Header.WWW_AUTHENTICATE) or "")
        plain.set(Header.CSEQ, f"{plain.cseq().number + 1} {plain.method}")
        answer = authorize(
            challenge, self.number, self._password, plain.method, plain.uri, "cnonce"
        )
        plain.append(Header.AUTHORIZATION, answer)
        if seen is None:
            self._invite = plain.copy()
            self._ask(plain, None)
            return
        event = Event.parse(plain.first(Header.EVENT) or "")
        seen.subscriber = Subscriber(plain, event, self._contact, self._flow, TIMEOUT)
        self._carry_out(seen, seen.subscriber.begin(self.world.now))

    def _answered(self, response: Response) -> None:
        """Take the 2xx to the INVITE, or a copy of it."""
        if self.dialog is None:
            self.dialog = Dialog.placing(self._invite, response, self._contact, self._flow)
            ack = self.dialog.ack(self._invite.cseq().number)
            self._acks = self._layer.send(ack, self._flow)
        self._send(self._acks)

    def _carry_out(self, seen: Seen, outputs: list[SubscriberOutput]) -> None:
        for output in outputs:
            match output:
                case Ask(request=request):
                    self._ask(request.copy(), seen)
                case Told(state=state, body=body):
                    seen.told.append((state.state, body))
                case Over():
                    seen.over = output
                case _:
                    pass
        self._alarm.rearm()
