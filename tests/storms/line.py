"""What a telephone of a storm is made of: its transactions, its requests and its registration.

Its transactions are the switch's, which have tests of their own. All else is its own, so that
what it thinks of a call can be compared with what the switch thinks.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from softswitch.identifiers import Identifiers, counted
from softswitch.phone.account import Account
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response, parse
from softswitch.sip.transaction import (
    AckArrived,
    CancelArrived,
    Failed,
    Output,
    RequestArrived,
    ResponseArrived,
    ServerTimedOut,
    TimedOut,
    TransactionLayer,
    Transmit,
)
from tests.storms.talk import Numbered, Peer, Talk
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.world import Address, Alarm

Headers = Iterable[tuple[Header | str, str]]
Hear = Callable[[Response], None]
Fail = Callable[[int], None]
TIMEOUT = 32.0
"""64*T1 in seconds."""


@dataclass(slots=True)
class Waiting:
    """A request of ours that has no final response; of an INVITE, also one that has 2xx."""

    owner: Numbered
    request: Request
    """Without our Via."""

    hear: Hear
    fail: Fail


class Line:
    """One telephone of one extension.

    taken  kinds of things that have happened are counted here
    """

    def __init__(
        self,
        office: Office,
        number: str,
        address: Address,
        dice: random.Random,
        taken: Counter[str],
    ) -> None:
        self.office = office
        self.number = number
        self.address = address
        self.dice = dice
        self.taken = taken
        self.identifiers = Identifiers(counted(f"{number}-{address[0][-2:]}-"))
        self.flow = Flow("udp", address, (SWITCH, SIP_PORT))
        self.layer = TransactionLayer(self.identifiers)
        self.complaints: list[str] = []
        self.is_dead = False
        self.is_retired = False
        """It begins nothing by itself any more."""

        self.is_registered = False
        self._account = Account(
            number, office.loaded.settings.passwords.get(number, "wrong"), self.identifiers
        )
        self._waiting: dict[str, Waiting] = {}
        self._registration = self.numbered()
        self._alarm = Alarm(office.world, self, self._expire)
        office.network.attach(address, self._receive)

    @property
    def deadline(self) -> float | None:
        return None if self.is_dead else self.layer.deadline

    @property
    def now(self) -> float:
        return self.office.world.now

    @property
    def contact(self) -> str:
        return f"<sip:{self.number}@{self.address[0]}:{self.address[1]}>"

    def note(self, kind: str) -> None:
        """Count something that has happened."""
        self.taken[kind] += 1

    def complain(self, what: str) -> None:
        self.complaints.append(f"{self.now:.3f} {self.number}@{self.address[0]}: {what}")

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something after a while, unless we are dead then."""
        self.office.world.after(seconds, lambda: None if self.is_dead else action())

    def die(self) -> None:
        """Nothing goes out and nothing comes in any more."""
        self.is_dead = True
        self.office.network.detach(self.address)
        self.layer = TransactionLayer(self.identifiers)

    def numbered(self) -> Numbered:
        tag = self.identifiers.tag()
        return Numbered(self.identifiers.call_id(), tag, self.own_address(tag))

    def own_address(self, tag: str) -> str:
        return f"<sip:{self.number}@{SWITCH}>;tag={tag}"

    # Requests

    def compose(
        self,
        owner: Numbered,
        method: str,
        to: str,
        uri: str,
        headers: Headers = (),
        body: bytes = b"",
        kind: str = "application/sdp",
        cseq: int = 0,
    ) -> Request:
        """Return the next request; with `cseq` it has that number instead."""
        if not cseq:
            owner.cseq += 1
        return Request.build(
            method,
            uri,
            (
                (Header.MAX_FORWARDS, "70"),
                (Header.FROM, owner.local),
                (Header.TO, to),
                (Header.CALL_ID, owner.call_id),
                (Header.CSEQ, f"{cseq or owner.cseq} {method}"),
                (Header.CONTACT, self.contact),
                *headers,
            ),
            body,
            kind,
        )

    def within(
        self,
        owner: Numbered,
        peer: Peer,
        method: str,
        headers: Headers = (),
        body: bytes = b"",
        kind: str = "application/sdp",
        cseq: int = 0,
    ) -> Request:
        """Return a request within the dialog with `peer`."""
        routes = ((Header.ROUTE, route) for route in peer.routes)
        return self.compose(
            owner, method, peer.header, peer.target, (*routes, *headers), body, kind, cseq
        )

    def ask(self, owner: Numbered, request: Request, hear: Hear, fail: Fail) -> str:
        """Send a request; return its branch."""
        plain = request.copy()
        branch, outputs = self.layer.request(request, self.flow, self.now)
        self._waiting[branch] = Waiting(owner, plain, hear, fail)
        self.send(outputs)
        return branch

    def send(self, outputs: Iterable[object]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                self.transmit(output.data)
        self._alarm.rearm()

    def transmit(self, data: bytes) -> None:
        if not self.is_dead:
            self.office.network.send(data, self.address, self.flow.remote)

    def respond(self, key: str, response: Response) -> None:
        self.send(self.layer.respond(key, response, self.now))

    def unanswered(self) -> list[tuple[str, str]]:
        """Return method and Call-ID of what has no final response."""
        return [
            (waiting.request.method, waiting.owner.call_id)
            for waiting in self._waiting.values()
            if waiting.owner.answered_cseq < waiting.request.cseq().number
        ]

    # Registration

    def register(self, expires: int) -> None:
        aor = f"<sip:{self.number}@{SWITCH}>"
        headers = ((Header.EXPIRES, str(expires)),)
        request = self.compose(self._registration, "REGISTER", aor, f"sip:{SWITCH}", headers)

        def hear(response: Response) -> None:
            if response.status < 200:
                return
            self.is_registered = response.status < 300 and expires > 0
            if self.is_registered:
                self.later(expires / 2, again)

        def again() -> None:
            if self.is_registered and not self.is_retired:
                self.note("registration refreshed")
                self.register(expires)

        self.ask(self._registration, request, hear, lambda status: None)

    # Inside

    def _receive(self, data: bytes, source: Address) -> None:
        self._take(self.layer.receive(parse(data), self.flow, self.now))

    def _expire(self) -> None:
        if not self.is_dead:
            self._take(self.layer.expire(self.now))

    def _take(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case ResponseArrived(response=response, branch=branch):
                    self._responded(response, branch)
                case RequestArrived(request=request, key=key):
                    self.requested(request, key)
                case AckArrived(request=request):
                    self.acknowledged(request)
                case CancelArrived(key=key):
                    self.cancelled(key)
                case TimedOut(branch=branch) | Failed(branch=branch):
                    waiting = self._waiting.pop(branch, None)
                    if waiting is not None:
                        self.note(f"{waiting.request.method} found no answer")
                        waiting.fail(408)
                case ServerTimedOut():
                    self.note("a failure was never acknowledged")
                case _:
                    pass
        self.send(outputs)

    def _responded(self, response: Response, branch: str) -> None:
        waiting = self._waiting.get(branch)
        if waiting is None:
            return
        method, status = waiting.request.method, response.status
        if status >= 300 or (status >= 200 and method != "INVITE"):
            del self._waiting[branch]
        owner = waiting.owner
        if status >= 200:
            owner.answered_cseq = max(owner.answered_cseq, waiting.request.cseq().number)
        gives_up = isinstance(owner, Talk) and owner.gives_up and method == "INVITE"
        if status in (401, 407) and not gives_up and self._prove(waiting, response):
            return
        waiting.hear(response)

    def _prove(self, waiting: Waiting, response: Response) -> bool:
        """Say a request again, with the password."""
        request, owner = waiting.request, waiting.owner
        if not self._account.prove(request, response):
            return False
        owner.cseq += 1
        request.set(Header.CSEQ, f"{owner.cseq} {request.method}")
        branch = self.ask(owner, request, waiting.hear, waiting.fail)
        if isinstance(owner, Talk) and request.method == "INVITE":
            owner.branch = branch
        return True

    # What it is told; see Telephone

    def requested(self, request: Request, key: str) -> None:
        raise NotImplementedError

    def acknowledged(self, ack: Request) -> None:
        raise NotImplementedError

    def cancelled(self, key: str) -> None:
        raise NotImplementedError
