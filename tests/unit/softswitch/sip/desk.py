"""An endpoint on a desk: messages in, everything that it does out, sorted."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.binding import (
    BindingChange,
    BindingRemoved,
    BindingSaved,
    PhoneReachable,
    PhoneUnreachable,
)
from softswitch.sip.denied import Denied
from softswitch.sip.endpoint import Endpoint
from softswitch.sip.flow import Flow
from softswitch.sip.guard import BanBegan, BanLifted
from softswitch.sip.locate import Record, Resolve, Resolved
from softswitch.sip.message import Message, Request, Response, parse
from softswitch.sip.outputs import CallPassedOn, CloseFlow, EndpointOutput, KeepFlow
from softswitch.sip.settings import EndpointSettings
from softswitch.sip.subscriptions import Package
from softswitch.sip.transaction import Discard, Transmit
from softswitch.sip.vocabulary import LegCommand, LegEvent, Offered
from softswitch.sip.watching import SubscriptionCommand, SubscriptionEvent
from tests.unit.softswitch.sip.speaking import (
    REALM,
    Headers,
    KnownPasswords,
    authorized,
    contact_of,
    flow,
    request,
)

OFFER = b"v=0\r\ns=offer\r\n"
ANSWER = b"v=0\r\ns=answer\r\n"


class Done(NamedTuple):
    """What one input led to."""

    responses: list[Response]
    requests: list[Request]
    events: list[LegEvent | SubscriptionEvent]
    slugs: list[str]
    bindings: list[BindingChange]
    flows: list[Flow]
    """Where each message went, in order."""

    closed: list[Flow]
    kept: list[Flow]
    """Connections that are to last."""

    bans: list[BanBegan | BanLifted]
    denied: list[Denied]
    reach: list[PhoneReachable | PhoneUnreachable]
    asked: list[Resolve]
    passed_on: list[CallPassedOn]
    aliases: list[int]
    """Ports that connections which are to last stand for."""

    @property
    def statuses(self) -> list[int]:
        return [response.status for response in self.responses]

    @property
    def methods(self) -> list[str]:
        return [asked.method for asked in self.requests]

    @property
    def response(self) -> Response:
        assert len(self.responses) == 1, self.statuses
        return self.responses[0]

    @property
    def request(self) -> Request:
        assert len(self.requests) == 1, self.methods
        return self.requests[0]

    @property
    def event(self) -> LegEvent | SubscriptionEvent:
        assert len(self.events) == 1, self.events
        return self.events[0]


class Desk:
    """One endpoint and its clock."""

    def __init__(
        self, settings: EndpointSettings | None = None, packages: Sequence[Package] = ()
    ) -> None:
        self.now = 1000.0
        self.endpoint = Endpoint(
            settings or EndpointSettings(realm=REALM),
            KnownPasswords(),
            Identifiers(counted()),
            b"nonce key",
            packages=packages,
        )

    def send(self, message: Message, path: Flow | None = None) -> Done:
        return self.send_bytes(message.to_bytes(), path)

    def send_bytes(self, data: bytes, path: Flow | None = None) -> Done:
        return _sorted(self.endpoint.receive(data, path or flow(), self.now))

    def tell(self, command: LegCommand | SubscriptionCommand) -> Done:
        return _sorted(self.endpoint.perform(command, self.now))

    def lose(self, path: Flow) -> Done:
        return _sorted(self.endpoint.flow_lost(path, self.now))

    def resolve(self, question: Resolve, *records: Record) -> Done:
        """Let the DNS answer."""
        return _sorted(self.endpoint.resolved(Resolved(question, records), self.now))

    def advance(self, seconds: float) -> Done:
        """Let time pass, stopping at every deadline on the way."""
        until = self.now + seconds
        outputs: list[EndpointOutput] = []
        while (due := self.endpoint.deadline) is not None and due <= until:
            self.now = max(self.now, due)
            outputs += self.endpoint.expire(self.now)
        self.now = until
        return _sorted(outputs)

    # What phones do often

    def ask(self, plain: Request, path: Flow | None = None, user: str = "101") -> Done:
        """Send a request, answer the challenge, and return what follows."""
        challenged = self.send(plain, path).response
        assert challenged.status in (401, 407)
        if plain.method == "INVITE":
            self.send(ack_of(plain, challenged), path)
        return self.send(authorized(plain, challenged, user), path)

    def register(
        self, user: str = "101", headers: Headers | None = None, path: Flow | None = None
    ) -> Done:
        chosen = [contact_of(user)] if headers is None else list(headers)
        return self.ask(request("REGISTER", user, headers=chosen), path, user)

    def offer(
        self, to: str = "102", sdp: bytes = OFFER, headers: Headers = (), path: Flow | None = None
    ) -> Offered:
        """Let 101 call `to`, and return what the calls hear."""
        plain = request("INVITE", to=to, headers=[contact_of(), *headers], body=sdp)
        done = self.ask(plain, path)
        assert isinstance(done.event, Offered)
        assert done.statuses == [100]
        return done.event

    def invite(self, to: str = "102", sdp: bytes = OFFER, **named: str) -> Request:
        """Return the INVITE that `offer` sent with credentials: what CANCEL and ACK refer to."""
        return request("INVITE", to=to, cseq=2, headers=[contact_of()], body=sdp, **named)

    @property
    def held(self) -> dict[str, int]:
        """What the endpoint holds of calls, of the kinds that it holds anything."""
        counts = self.endpoint.counts()
        return {kind: count for kind, count in counts.items() if count}


def _guarded(output: BanBegan | BanLifted | Denied, done: Done) -> None:
    if isinstance(output, Denied):
        done.denied.append(output)
    else:
        done.bans.append(output)


def ack_of(invite: Request, response: Response) -> Request:
    """Return the ACK to a failure: it has the INVITE's branch."""
    return request(
        "ACK",
        to=invite.to().uri.number,
        cseq=invite.cseq().number,
        call_id=invite.call_id(),
        to_tag=response.to().tag or "",
        branch=invite.via().branch,
    )


def _sorted(outputs: Iterable[EndpointOutput]) -> Done:
    done = Done([], [], [], [], [], [], [], [], [], [], [], [], [], [])
    for output in outputs:
        if isinstance(output, Transmit):
            message = parse(output.data)
            done.flows.append(output.flow)
            if isinstance(message, Response):
                done.responses.append(message)
            else:
                done.requests.append(message)
        elif isinstance(output, Discard):
            done.slugs.append(output.slug)
        elif isinstance(output, BindingSaved | BindingRemoved):
            done.bindings.append(output)
        elif isinstance(output, PhoneReachable | PhoneUnreachable):
            done.reach.append(output)
        elif isinstance(output, BanBegan | BanLifted | Denied):
            _guarded(output, done)
        elif isinstance(output, Resolve):
            done.asked.append(output)
        elif isinstance(output, CallPassedOn):
            done.passed_on.append(output)
        elif isinstance(output, CloseFlow):
            done.closed.append(output.flow)
        elif isinstance(output, KeepFlow):
            done.kept.append(output.flow)
            done.aliases.append(output.alias)
        else:
            done.events.append(output)
    return done
