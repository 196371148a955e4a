"""What the parts of a phone share: its calls, its transactions and its timers."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import quote

from msgspec import Struct

from softswitch.identifiers import Identifiers
from softswitch.phone.account import Account
from softswitch.phone.call import Call, CallState
from softswitch.phone.events import PhoneOutput, Send
from softswitch.sip.errors import InvalidState, ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Request, Response, Uri
from softswitch.sip.transaction import (
    Discard,
    Output,
    TimerValues,
    TransactionLayer,
    Transmit,
    listening_address,
)
from softswitch.timerqueue import TimerQueue

REFRESH = ""
"""The timer key of the registration; calls have theirs by name."""

_SAFE = "*+-_.!~'()&=$,;/"
"""What a user part holds unescaped; `#` is not among it (RFC 3261, section 25.1)."""


class Attempt(Struct, gc=False, eq=False):
    """A request of ours that waits for its final response."""

    request: Request
    """Without our Via, to be sent again with credentials."""

    call: str
    """Empty for REGISTER."""


class Book:
    """The state of one phone. Arguments are those of `Phone`."""

    __slots__ = (
        "_serial",
        "account",
        "attempts",
        "by_key",
        "by_tag",
        "calls",
        "contact",
        "discarded",
        "domain",
        "flow",
        "identifiers",
        "layer",
        "seen_contact",
        "timers",
        "values",
    )

    def __init__(
        self,
        account: Account,
        flow: Flow,
        identifiers: Identifiers,
        domain: str,
        contact: str,
        values: TimerValues,
    ) -> None:
        transport = "" if flow.transport == "udp" else f";transport={flow.transport}"
        here = listening_address(flow)
        host, port = flow.remote
        host = host.partition("%")[0]
        self.account = account
        self.flow = flow
        self.identifiers = identifiers
        self.domain = domain or (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        self.contact = contact or f"sip:{account.number}@{here}{transport}"
        self.seen_contact = self.contact
        self.values = values
        self.layer = TransactionLayer(identifiers, values)
        self.calls: dict[str, Call] = {}
        self.by_tag: dict[str, Call] = {}
        self.by_key: dict[str, Call] = {}  # of INVITEs that wait for our answer
        self.attempts: dict[str, Attempt] = {}  # by branch
        self.timers: TimerQueue[str] = TimerQueue()
        self.discarded: Counter[str] = Counter()
        self._serial = 0

    def note_seen(self, response: Response) -> None:
        """Learn how the server sees us (RFC 3581): a router shows another address than ours."""
        try:
            via = response.via()
        except ParseError:
            return  # its branch could be read, and the rest concerns nobody
        host, port = via.received or via.host, via.rport or via.port
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"
        if f"{host}:{port}" != listening_address(self.flow):
            contact = Uri.parse(self.contact)
            seen = Uri(contact.scheme, host, contact.user, port, contact.parameters)
            self.seen_contact = str(seen)

    def uri(self, number: str) -> str:
        """Return the URI of a number at our server; a URI is returned as it is."""
        if number.startswith(("sip:", "sips:", "tel:")):
            return number
        return f"sip:{quote(number, safe=_SAFE)}@{self.domain}"

    def next_name(self) -> str:
        self._serial += 1
        return f"{self.account.number}/{self._serial}"

    def add(self, call: Call) -> None:
        self.calls[call.name] = call
        self.by_tag[call.local_tag] = call

    def call(self, name: str) -> Call:
        if name not in self.calls:
            raise InvalidState(f"no call {name}")
        return self.calls[name]

    def end(self, call: Call, now: float) -> None:
        """Keep a call that is over for as long as something of it may be repeated."""
        call.state = CallState.ENDED
        call.last_ok = b""
        self.timers.file(call.name, now + self.values.timeout)

    def forget(self, call: Call) -> None:
        del self.calls[call.name], self.by_tag[call.local_tag]
        self.attempts.pop(call.acked_branch, None)

    def start(self, request: Request, call: str, now: float) -> tuple[str, list[PhoneOutput]]:
        """Send a request by a transaction of its own; return its branch too."""
        branch, outputs = self.layer.request(request.copy(), self.flow, now)
        self.attempts[branch] = Attempt(request, call)
        return branch, self.sent(outputs)

    def sent(self, outputs: Sequence[Output]) -> list[PhoneOutput]:
        """Return what the transaction layer wants sent."""
        sends: list[PhoneOutput] = []
        for output in outputs:
            if isinstance(output, Transmit):
                sends.append(Send(output.data))
            elif isinstance(output, Discard):
                self.discarded[output.slug] += 1
        return sends
