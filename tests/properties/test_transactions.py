"""Transactions under any order of events, and over a network that loses and repeats."""

from collections.abc import Sequence
from heapq import heappop, heappush

from hypothesis import example, given, settings
from hypothesis import strategies as st

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.errors import ParseError
from softswitch.sip.flow import Flow
from softswitch.sip.message import Header, Request, Response, parse, respond
from softswitch.sip.transaction import (
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

PHONE = ("192.0.2.7", 5080)
SWITCH = ("192.0.2.1", 5060)
UDP = Flow("udp", SWITCH, PHONE)
TCP = Flow("tcp", SWITCH, PHONE, connection=1)
BACK = Flow("udp", PHONE, SWITCH)


def request(method: str, number: int, branch: str = "") -> Request:
    via = ((Header.VIA, f"SIP/2.0/UDP 192.0.2.7:5080;rport;branch={branch}"),) if branch else ()
    return Request.build(
        method,
        "sip:102@example.com",
        (
            *via,
            (Header.FROM, "<sip:101@example.com>;tag=f"),
            (Header.TO, "<sip:102@example.com>"),
            (Header.CALL_ID, f"call-{number}"),
            (Header.CSEQ, f"1 {method}"),
        ),
    )


class Told:
    """What the user of a layer was told, and the rules for that."""

    def __init__(self) -> None:
        self.arrived: dict[str, Request] = {}
        self.results: dict[str, list[Output]] = {}
        self.reported: set[str] = set()

    def hear(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            match output:
                case RequestArrived(request, _, key):
                    self.arrived[key] = request
                    self.reported.discard(key)  # once more, after its end
                case ResponseArrived(response, _, branch) if response.status >= 200:
                    self.results.setdefault(branch, []).append(output)
                case TimedOut(branch) | Failed(branch):
                    self.results.setdefault(branch, []).append(output)
                case CancelArrived(_, _, key):
                    assert key in self.arrived
                case ServerTimedOut(key):
                    assert key not in self.reported
                    self.reported.add(key)
                case _:
                    pass

    def is_told_once(self, branch: str) -> bool:
        """Whether there was one result, or a 2xx to INVITE and copies of it."""
        results = self.results.get(branch, [])
        return len(results) == 1 or (bool(results) and all(map(_is_accepting, results)))


def _is_accepting(result: Output) -> bool:
    return (
        isinstance(result, ResponseArrived)
        and result.response.cseq().method == "INVITE"
        and 200 <= result.response.status < 300
    )


METHODS = st.sampled_from(["INVITE", "BYE", "OPTIONS"])
SLOTS = st.integers(0, 3)
STATUSES = st.sampled_from([100, 180, 200, 302, 404, 487])
FLOWS = st.sampled_from([UDP, TCP])
EVENTS = st.one_of(
    st.tuples(st.just("in"), st.sampled_from(["INVITE", "ACK", "CANCEL", "BYE"]), SLOTS, FLOWS),
    st.tuples(st.just("respond"), SLOTS, STATUSES),
    st.tuples(st.just("out"), METHODS, SLOTS, FLOWS),
    st.tuples(st.just("reply"), SLOTS, STATUSES),
    st.tuples(st.just("cancel"), SLOTS),
    st.tuples(st.just("wait"), st.floats(0, 40)),
    st.tuples(st.just("lost"), FLOWS),
)


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=40))
def test_any_order_of_events_is_survived_told_once_and_forgotten(
    events: list[tuple[object, ...]],
) -> None:
    layer = TransactionLayer(Identifiers(counted()), most_live=5)
    told = Told()
    sent: list[tuple[str, Request]] = []
    now = 0.0
    for event in events:
        match event:
            case "in", str(method), int(slot), Flow() as flow:
                told.hear(layer.receive(request(method, slot, f"z9hG4bK{slot}"), flow, now))
            case "respond", int(slot), int(status) if slot < len(told.arrived):
                key = list(told.arrived)[slot]
                response = respond(told.arrived[key], status, to_tag="t")
                told.hear(layer.respond(key, response, now))
            case "out", str(method), int(slot), Flow() as flow:
                ours = request(method, slot)
                branch, outputs = layer.request(ours, flow, now)
                sent.append((branch, ours))
                told.hear(outputs)
            case "reply", int(slot), int(status) if slot < len(sent):
                response = respond(sent[slot][1], status, to_tag="t")
                told.hear(layer.receive(response, UDP, now))
            case "cancel", int(slot) if slot < len(sent):
                told.hear(layer.cancel(sent[slot][0], now))
            case "wait", float(seconds):
                now += seconds
                told.hear(layer.expire(now))
                assert layer.deadline is None or layer.deadline > now
            case "lost", Flow() as flow if flow.reliable:
                told.hear(layer.flow_lost(flow, now))
            case _:
                pass
    for branch, _ in sent:
        told.hear(layer.cancel(branch, now))
    for key, arrived in told.arrived.items():
        told.hear(layer.respond(key, respond(arrived, 500), now))
    while (deadline := layer.deadline) is not None:
        told.hear(layer.expire(max(now, deadline)))
    assert all(told.is_told_once(branch) for branch, _ in sent)
    assert layer.live == 0


VIAS = st.text(alphabet='SIP/2.0UD h:;=,"\\branchz9G4bKrpoeivd1[]<>\u017c', max_size=60)
PIECES = st.lists(
    st.sampled_from(
        [
            "SIP/2.0/UDP h",
            ";branch=z9hG4bK1",
            ";rport",
            ";rport=1",
            ";received=x",
            ";x=",
            '"',
            ",",
            ";",
            "\\",
            "[::1]",
            ":5060",
            " ",
            ";branch=",
        ]
    )
).map("".join)


@settings(deadline=None)
@example(",", "OPTIONS", "1 OPTIONS")
@given(VIAS | PIECES, st.sampled_from(["OPTIONS", "INVITE", "ACK", "CANCEL"]), st.text(max_size=9))
def test_no_via_and_no_cseq_gets_through_as_an_error(via: str, method: str, cseq: str) -> None:
    text = f"{method} sip:x SIP/2.0\r\nVia: {via}\r\nCSeq: {cseq}\r\n\r\n"
    try:
        message = parse(text.encode("utf-8", "surrogatepass"))
    except ParseError:
        return
    layer = TransactionLayer(Identifiers(counted()))
    for now in (0.0, 0.1):
        for output in layer.receive(message, UDP, now):
            assert not isinstance(output, Transmit) or parse(output.data)


class Network:
    """Two layers and the datagrams between them: each is lost, repeated or late as told."""

    def __init__(self, fates: list[tuple[int, float]]) -> None:
        self.phone = TransactionLayer(Identifiers(counted("p")))
        self.switch = TransactionLayer(Identifiers(counted("s")))
        self.told_phone, self.told_switch = Told(), Told()
        self.arrivals = 0
        self._fates = fates
        self._under_way: list[tuple[float, int, bytes, bool]] = []
        self._count = 0

    def carry(self, outputs: Sequence[Output], now: float, *, to_switch: bool) -> None:
        for output in outputs:
            if not isinstance(output, Transmit):
                continue
            copies, delay = self._fates[self._count] if self._count < len(self._fates) else (1, 0.0)
            self._count += 1
            for copy in range(copies):
                due = now + 0.01 + delay * (copy + 1)
                heappush(self._under_way, (due, self._count, output.data, to_switch))

    def run(self, status: int) -> None:
        """Let everything happen; the switch answers each new request with `status`."""
        while True:
            due = [
                *(d for d in (self.phone.deadline, self.switch.deadline) if d is not None),
                *(entry[0] for entry in self._under_way[:1]),
            ]
            if not due:
                return
            now = min(due)
            while self._under_way and self._under_way[0][0] <= now:
                *_, data, to_switch = heappop(self._under_way)
                self._arrive(parse(data), now, status, to_switch=to_switch)
            self._phone(self.phone.expire(now), now)
            self._switch(self.switch.expire(now), now, status)

    def _arrive(
        self, message: Request | Response, now: float, status: int, *, to_switch: bool
    ) -> None:
        if to_switch:
            self._switch(self.switch.receive(message, UDP, now), now, status)
        else:
            self._phone(self.phone.receive(message, BACK, now), now)

    def _phone(self, outputs: Sequence[Output], now: float) -> None:
        self.told_phone.hear(outputs)
        self.carry(outputs, now, to_switch=True)

    def _switch(self, outputs: Sequence[Output], now: float, status: int) -> None:
        self.told_switch.hear(outputs)
        self.carry(outputs, now, to_switch=False)
        for output in outputs:
            if isinstance(output, RequestArrived):
                self.arrivals += 1
                response = respond(output.request, status, to_tag="t")
                answered = self.switch.respond(output.key, response, now)
                self.carry(answered, now, to_switch=False)


FATES = st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1.5)), max_size=6)


@settings(deadline=None)
@given(FATES, st.sampled_from(["OPTIONS", "BYE", "INVITE"]), st.sampled_from([200, 404, 486]))
def test_a_bad_network_delivers_a_request_once_and_its_result_once(
    fates: list[tuple[int, float]], method: str, status: int
) -> None:
    status = 486 if method == "INVITE" else status  # a 2xx is repeated by the user agent
    network = Network(fates)
    branch, outputs = network.phone.request(request(method, 1), BACK, 0.0)
    network.carry(outputs, 0.0, to_switch=True)
    network.run(status)
    assert network.arrivals == 1
    (result,) = network.told_phone.results[branch]
    assert isinstance(result, ResponseArrived)
    assert result.response.status == status
    assert not network.told_switch.reported
    assert network.phone.live == network.switch.live == 0


@settings(deadline=None)
@given(st.integers(1, 2), st.sampled_from(["OPTIONS", "INVITE"]))
def test_a_dead_network_times_out_on_each_side_that_waits(reached: int, method: str) -> None:
    fates = [(1, 0.0)] * (reached - 1) + [(0, 0.0)] * 100
    network = Network(fates)
    branch, outputs = network.phone.request(request(method, 1), BACK, 0.0)
    network.carry(outputs, 0.0, to_switch=True)
    network.run(486)
    assert network.told_phone.results[branch] == [TimedOut(branch)]
    assert network.arrivals == reached - 1
    assert len(network.told_switch.reported) == (reached - 1 if method == "INVITE" else 0)
