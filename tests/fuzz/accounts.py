"""What a switch owes to telephones, and to the company: answers in time, and a record of each call
that says what the caller has seen."""

from collections import defaultdict

from softswitch.calls.facts import CallOffered, Logged
from softswitch.calls.record import Disposition, Record, rebuild
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response
from tests.fuzz.ledger import Exchange, exchange_of

PATIENCE = 32.5
"""Seconds in which a request has its final answer: Timer F of RFC 3261, and a little."""

PATIENCE_OF_CALLERS = 400.0
"""The same of an INVITE: longer than all telephones of the company ring one after another."""

Place = tuple[str, str]
"""Where a call comes from: its Call-ID, and address and port of the caller."""


class Accounts:
    """Keeps account of requests as telephones mean them, without wounds, and of the calls' logs."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self._owed: dict[Exchange, tuple[float, str]] = {}
        self._known: set[Exchange] = set()
        self._logs: defaultdict[str, list[Logged]] = defaultdict(list)
        self._answered: defaultdict[Place, set[str]] = defaultdict(set)
        """Our tags in the 2xx to INVITEs."""

        self._refused: defaultdict[Place, set[int]] = defaultdict(set)
        """Statuses of failures that answered INVITEs."""

        self._gone: set[str] = set()
        """Addresses of connections that have ended."""

        self._strange: set[Place] = set()
        """Where INVITEs came from that take the place of others, so that no call begins."""

        self._invited: set[Place] = set()
        """Where INVITEs came from: an answer with wounds, which is passed on, may name another."""

        self._passed: set[str] = set()
        """Call-IDs of calls that are passed on."""

    def asked(self, request: Request, flow: Flow, now: float) -> None:
        """Note a sound request, to which an answer is owed."""
        exchange = exchange_of(request, flow)
        if request.method != "ACK" and exchange not in self._known:
            self._known.add(exchange)
            self._owed[exchange] = now, request.call_id()

    def came(self, request: Request, flow: Flow) -> None:
        """Note any request that can be read."""
        if request.method != "INVITE":
            return
        self._invited.add(_place(request, flow))
        if request.first(Header.REPLACES) is not None:
            self._strange.add(_place(request, flow))

    def excuse(self, request: Request, flow: Flow) -> None:
        """Note that nothing is owed: its sender is not to be answered."""
        self._owed.pop(exchange_of(request, flow), None)

    def went(self, message: Request | Response, flow: Flow) -> None:
        """Note what is sent."""
        if isinstance(message, Request):
            self._passed_on(message)
        elif message.status >= 200:
            exchange = exchange_of(message, flow)
            self._owed.pop(exchange, None)
            place = _place(message, flow)
            if not exchange[2].endswith("INVITE"):
                return
            if message.status < 300:
                self._answered[place].add(message.to().tag or "")
            else:
                self._refused[place].add(message.status)

    def lost(self, flow: Flow) -> None:
        """Note the end of a connection, by which nothing can be said any more."""
        self._gone.add(_address(flow))
        for exchange in [owed for owed in self._owed if owed[0] == flow]:
            del self._owed[exchange]

    def logged(self, entry: Logged) -> None:
        log = self._logs[entry.call]
        log.append(entry)
        assert entry.seq == len(log), f"entry {entry.seq} of call {entry.call} is out of order"

    def closed(self, record: Record) -> None:
        assert record.call not in self.records, f"two records of call {record.call}"
        self.records[record.call] = record
        assert rebuild(self._logs[record.call]) == record, "the log says something else"

    def check(self, now: float) -> None:
        """Assert that everybody has been answered who was to be by now."""
        for exchange, (asked_at, _) in self._owed.items():
            is_call = exchange[2].endswith("INVITE")
            patience = PATIENCE_OF_CALLERS if is_call else PATIENCE
            assert now - asked_at <= patience, f"no answer to {exchange}"

    def settle(self) -> None:
        """Assert that all is over, and that the records say what the callers have seen."""
        assert not self._owed, f"no answers to {list(self._owed)}"
        assert set(self.records) == set(self._logs), "calls without a record"
        answered: defaultdict[Place, int] = defaultdict(int)
        for call, record in self.records.items():
            first = self._logs[call][0].fact
            assert isinstance(first, CallOffered)
            is_answered = record.disposition is Disposition.ANSWERED
            assert is_answered == (record.answer is not None), record
            place = first.sip_call_id, first.source
            answered[place] += is_answered
            if record.joined:
                self._strange.add(place)  # who came from elsewhere was answered there
            elif not is_answered and place[1] not in self._gone:
                assert record.status in self._refused[place], record
        for place in self._invited - self._strange:
            if place[0] in self._passed:
                continue
            told = len(self._answered[place])
            assert answered[place] == told, f"{answered[place]} of {told} answers at {place}"

    def _passed_on(self, request: Request) -> None:
        """Regard a text that is passed on as answered: where its callee says nothing, its sender is
        told nothing (RFC 4320)."""
        call_id, cseq = request.call_id(), request.first(Header.CSEQ)
        if request.method != "INVITE":
            owed = self._owed.items()
            for exchange in [one for one, (_, asked) in owed if (asked, one[2]) == (call_id, cseq)]:
                del self._owed[exchange]
        elif request.to().tag is None:
            self._passed.add(call_id)


def _place(message: Request | Response, flow: Flow) -> Place:
    return message.first(Header.CALL_ID) or "", _address(flow)


def _address(flow: Flow) -> str:
    host, port = flow.remote
    return f"{host}:{port}"
