"""A telephone that does what a test tells it to, and repeats itself as RFC 3261 wants.

Its transactions are the switch's, which have tests of their own; its dialog is its own. With it
tests say what a `Handset` cannot: PRACK, UPDATE, INFO, and headers of any kind.
"""

from collections.abc import Callable, Iterable

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.dialog import NotAcknowledged, RAck, ReliableResponses
from softswitch.sip.digest import authorize
from softswitch.sip.flow import Flow
from softswitch.sip.message import Challenge, Header, Request, Response, parse, respond
from softswitch.sip.transaction import (
    AckArrived,
    RequestArrived,
    ResponseArrived,
    TimerValues,
    TransactionLayer,
    Transmit,
)
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.world import Address, Alarm

Headers = Iterable[tuple[Header | str, str]]
Told = Callable[[RequestArrived], None]


class Scripted:
    """One telephone in one call."""

    def __init__(self, office: Office, number: str, address: Address) -> None:
        self.number = number
        self.address = address
        self.requests: list[RequestArrived] = []
        self.responses: list[Response] = []
        self.acks: list[Request] = []
        self.on: dict[str, Told] = {}
        """What it does when a request of this method comes."""

        self.provisional: Callable[[Response], None] = lambda response: None
        self.call_id = f"scripted-{number}"
        self.local_tag = f"tag-{number}"
        self.remote_tag = ""
        self.target = ""
        self.peer = ""
        self.cseq = 0
        self.reliable: ReliableResponses | None = None
        self._office = office
        self._flow = Flow("udp", address, (SWITCH, SIP_PORT))
        self._layer = TransactionLayer(Identifiers(counted(f"s{number}-")), TimerValues())
        self._alarm = Alarm(office.world, self, self._expire)
        self._layer_alarm = Alarm(office.world, self._layer, self._expire)
        self._branch = ""
        office.network.attach(address, self._receive)

    # What it says

    def request(
        self,
        method: str,
        body: bytes = b"",
        headers: Headers = (),
        content_type: str = "application/sdp",
        cseq: int = 0,
    ) -> Request:
        """Return its next request, in the dialog if there is one."""
        self.cseq = cseq or self.cseq + 1
        tag = f";tag={self.remote_tag}" if self.remote_tag else ""
        host, port = self.address
        return Request.build(
            method,
            self.target or f"sip:{self.peer}@{SWITCH}",
            (
                (Header.MAX_FORWARDS, "70"),
                (Header.FROM, f"<sip:{self.number}@{SWITCH}>;tag={self.local_tag}"),
                (Header.TO, f"<sip:{self.peer}@{SWITCH}>{tag}"),
                (Header.CALL_ID, self.call_id),
                (Header.CSEQ, f"{self.cseq} {method}"),
                (Header.CONTACT, f"<sip:{self.number}@{host}:{port}>"),
                *headers,
            ),
            body,
            content_type,
        )

    def send(self, request: Request) -> str:
        branch, outputs = self._layer.request(request, self._flow, self._office.now)
        self._carry_out(outputs)
        return branch

    def ask(
        self,
        method: str,
        body: bytes = b"",
        headers: Headers = (),
        kind: str = "application/sdp",
    ) -> Response:
        """Send a request and wait for its final response."""
        request = self.request(method, body, headers, kind)
        self.send(request)
        return self.final(method, request.cseq().number)

    def final(self, method: str, cseq: int) -> Response:
        """Wait for a final response."""
        self._office.until(lambda: self._finals(method, cseq), within=40.0)
        return self._finals(method, cseq)[0]

    def invite(self, peer: str, body: bytes, headers: Headers = ()) -> None:
        """Call somebody, with what the challenge asks for."""
        self.peer = peer
        chosen = list(headers)
        challenge = self.ask("INVITE", body, chosen)
        assert challenge.status == 401
        again = self.request("INVITE", body, chosen)
        password = self._office.loaded.settings.passwords[self.number]
        wanted = Challenge.parse(challenge.first(Header.WWW_AUTHENTICATE) or "")
        again.append(
            Header.AUTHORIZATION,
            authorize(wanted, self.number, password, "INVITE", again.uri, "cnonce", 1),
        )
        self.remote_tag = self.target = ""
        self._branch = self.send(again)

    def cancel(self, headers: tuple[tuple[Header | str, str], ...] = ()) -> None:
        """Give up the call, as soon as that may be said."""
        self._carry_out(self._layer.cancel(self._branch, self._office.now, headers))

    def acknowledge(self, cseq: int, body: bytes = b"") -> None:
        before = self.cseq
        ack = self.request("ACK", body, cseq=cseq)
        self.cseq = before
        self._carry_out(self._layer.send(ack, self._flow))

    def respond(
        self, arrived: RequestArrived, status: int, body: bytes = b"", headers: Headers = ()
    ) -> None:
        response = self.response(arrived, status, body, headers)
        self._carry_out(self._layer.respond(arrived.key, response, self._office.now))

    def response(
        self, arrived: RequestArrived, status: int, body: bytes = b"", headers: Headers = ()
    ) -> Response:
        host, port = self.address
        contact = (Header.CONTACT, f"<sip:{self.number}@{host}:{port}>")
        return respond(
            arrived.request, status, to_tag=self.local_tag, headers=(contact, *headers), body=body
        )

    def respond_reliably(self, arrived: RequestArrived, status: int, body: bytes = b"") -> None:
        """Send a provisional response until its PRACK comes."""
        if self.reliable is None:
            self.reliable = ReliableResponses(1, arrived.request.cseq().number, TimerValues())
        headers = ((Header.REQUIRE, "100rel"), (Header.RSEQ, str(self.reliable.number)))
        response = self.response(arrived, status, body, headers)
        outputs = self._layer.respond(arrived.key, response, self._office.now)
        for output in outputs:
            if isinstance(output, Transmit):
                self.reliable.sent(output, carries_session=bool(body), now=self._office.now)
        self._carry_out(outputs)

    # What it hears

    def heard(self, method: str) -> list[Request]:
        return [arrived.request for arrived in self.requests if arrived.request.method == method]

    def heard_statuses(self, method: str) -> list[int]:
        """Return the final statuses of its requests of a method."""
        return [
            response.status
            for response in self.responses
            if response.status >= 200 and response.cseq().method == method
        ]

    def learn(self, message: Request | Response) -> None:
        """Take the peer's half of the dialog from a message of its own."""
        address = message.to() if isinstance(message, Response) else message.from_()
        self.remote_tag = address.tag or ""
        self.peer = address.uri.number
        contacts = message.contacts()
        if contacts:
            self.target = str(contacts[0].uri)

    # Time

    @property
    def deadline(self) -> float | None:
        return None if self.reliable is None else self.reliable.deadline

    def _expire(self) -> None:
        self._told(self._layer.expire(self._office.now))
        for output in () if self.reliable is None else self.reliable.expire(self._office.now):
            assert not isinstance(output, NotAcknowledged), "no PRACK came"
            self._carry_out([output])

    # Inside

    def _finals(self, method: str, cseq: int) -> list[Response]:
        return [
            response
            for response in self.responses
            if response.status >= 200
            and (response.cseq().method, response.cseq().number) == (method, cseq)
        ]

    def _receive(self, data: bytes, source: Address) -> None:
        self._told(self._layer.receive(parse(data), self._flow, self._office.now))

    def _told(self, outputs: Iterable[object]) -> None:
        for output in outputs:
            match output:
                case RequestArrived(request=request):
                    self.requests.append(output)
                    if request.method == "INVITE":
                        self.call_id = request.call_id()
                        self.learn(request)
                    if request.method == "PRACK" and self.reliable is not None:
                        known = self.reliable.acknowledge(RAck.of(request))
                        self.respond(output, 200 if known else 481)
                    self.on.get(request.method, self._usual)(output)
                case ResponseArrived(response=response):
                    self.responses.append(response)
                    if response.cseq().method == "INVITE" and 100 < response.status < 300:
                        self.learn(response)
                        self.provisional(response)
                case AckArrived(request=request):
                    self.acks.append(request)
                case _:
                    self._carry_out([output])
        self._alarm.rearm()
        self._layer_alarm.rearm()

    def _usual(self, arrived: RequestArrived) -> None:
        if arrived.request.method in ("BYE", "UPDATE", "OPTIONS", "INFO"):
            self.respond(arrived, 200)

    def _carry_out(self, outputs: Iterable[object]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                self._office.network.send(output.data, self.address, (SWITCH, SIP_PORT))
        self._alarm.rearm()
        self._layer_alarm.rearm()
