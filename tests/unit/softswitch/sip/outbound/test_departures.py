"""Requests on their way: where they go, and what their sender is told."""

from collections.abc import Sequence

import pytest

from softswitch.identifiers import Identifiers, counted
from softswitch.sip.elsewhere import Elsewhere
from softswitch.sip.flow import Flow
from softswitch.sip.listeners import Listeners
from softswitch.sip.locate import Record, Resolve, Resolved, Srv
from softswitch.sip.message import Header, Request, Response, parse, respond
from softswitch.sip.outbound import Departures, Unreached
from softswitch.sip.outbound.departures import Said
from softswitch.sip.settings import EndpointSettings, ListenerSettings
from softswitch.sip.transaction import (
    Discard,
    Failed,
    ResponseArrived,
    TimedOut,
    TimerValues,
    TransactionLayer,
    Transmit,
)

HOST = "192.0.2.1"
LISTENERS = tuple(
    ListenerSettings(transport, (HOST, port))
    for transport, port in (("udp", 5060), ("tcp", 5060), ("tls", 5061))
)
ONE, TWO, THREE = "203.0.113.1", "203.0.113.2", "203.0.113.3"
BY_UDP = Elsewhere("sip:bob@a.example:5060")
BY_TCP = Elsewhere("sip:bob@a.example:5060;transport=tcp")


class Airport:
    """Departures with a transaction layer, a clock, and the DNS."""

    def __init__(self, *addresses: str, listeners: Sequence[ListenerSettings] = LISTENERS) -> None:
        self.now = 100.0
        self.zone: dict[tuple[str, str], tuple[Record, ...]] = {("a.example", "A"): addresses}
        self.identifiers = Identifiers(counted())
        self.layer = TransactionLayer(self.identifiers)
        known = Listeners(EndpointSettings(listeners=tuple(listeners)))
        self.departures = Departures(self.layer, known, self.identifiers, TimerValues().timeout)
        self.requests: list[tuple[Request, Flow]] = []
        self.told: list[Said] = []
        self.asked: list[Resolve] = []
        self.slugs: list[str] = []
        self.body = b""
        self.branch = ""

    def send(self, method: str = "INVITE", target: Elsewhere = BY_UDP, mark: str = "") -> str:
        """Send a request; let the DNS answer at once."""

        def dress(flow: Flow) -> Request:
            lines = [
                (Header.FROM, "<sip:101@office>;tag=1"),
                (Header.TO, f"<{target.uri}>"),
                (Header.CALL_ID, "call"),
                (Header.CSEQ, f"1 {method}"),
                (Header.CONTACT, f"<sip:{flow.local[0]};transport={flow.transport}>"),
            ]
            return Request.build(method, target.uri, lines, self.body)

        self.branch, sent = self.departures.request(target, dress, self.now, mark)
        self.take(sent)
        self.advance(0.0)
        return self.branch

    def take(self, said: Sequence[object]) -> None:
        for one in said:
            match one:
                case Transmit(data=data, flow=flow):
                    message = parse(data)
                    assert isinstance(message, Request)
                    self.requests.append((message, flow))
                case Resolve(name=name, kind=kind):
                    self.asked.append(one)
                    if (name, kind) in self.zone:
                        answer = Resolved(one, self.zone[name, kind])
                        self.take(self.departures.resolved(answer, self.now))
                case ResponseArrived(branch=branch) if branch in self.departures.journeys:
                    self.tell(self.departures.hear(one, self.now))
                case TimedOut(branch=branch) | Failed(branch=branch) if (
                    branch in self.departures.journeys
                ):
                    self.tell(self.departures.failed(one, self.now))
                case Discard(slug=slug):
                    self.slugs.append(slug)
                case _:
                    self.tell([one])

    def tell(self, said: Sequence[object]) -> None:
        """Take what is for the sender, and what is to be done for it."""
        for one in said:
            if isinstance(one, ResponseArrived | TimedOut | Failed | Unreached):
                self.told.append(one)
            else:
                self.take([one])

    def answer(self, status: int, at: int = -1, **headers: str) -> None:
        """Let the hop of a request that was sent answer it."""
        asked, flow = self.requests[at]
        lines = [(name.replace("_", "-"), value) for name, value in headers.items()]
        response = respond(asked, status, to_tag="bob", headers=lines)
        message = parse(response.to_bytes())
        assert isinstance(message, Response)
        self.take(self.layer.receive(message, flow, self.now))

    def lose(self, at: int = -1) -> None:
        self.take(self.layer.flow_lost(self.requests[at][1], self.now))

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            dues = [self.layer.deadline, self.departures.deadline]
            due = min((one for one in dues if one is not None), default=None)
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.take(self.layer.expire(self.now))
            self.tell(self.departures.expire(self.now))
        self.now = end

    @property
    def tries(self) -> list[str]:
        """Return where each new transaction went, in order."""
        first: dict[str, str] = {}
        for asked, flow in self.requests:
            if asked.method not in ("ACK", "CANCEL"):
                first.setdefault(asked.branch(), f"{flow.transport} {flow.remote[0]}")
        return list(first.values())

    @property
    def statuses(self) -> list[int]:
        """Return what the sender has been told, as it would understand it."""
        found: list[int] = []
        for one in self.told:
            if isinstance(one, ResponseArrived):
                found.append(one.response.status)
            elif isinstance(one, Unreached):
                found.append(one.status)
            else:
                found.append(408 if isinstance(one, TimedOut) else 503)
        assert all(getattr(one, "branch", "") == self.branch for one in self.told)
        return found

    def is_empty(self) -> bool:
        return not any(self.departures.counts().values())


def test_an_address_is_sent_to_at_once() -> None:
    airport = Airport()
    airport.send(target=Elsewhere("sip:bob@203.0.113.9:5070"), mark="mark")
    [(asked, flow)] = airport.requests
    assert flow == Flow("udp", (HOST, 5060), ("203.0.113.9", 5070))
    assert asked.branch() == airport.branch
    assert airport.branch.endswith("mark")
    airport.answer(200)
    assert airport.statuses == [200]
    assert airport.is_empty()


def test_a_name_is_located_first() -> None:
    airport = Airport(ONE)
    airport.send()
    assert airport.asked == [Resolve("a.example", "A")]
    assert airport.tries == [f"udp {ONE}"]


def test_the_next_hop_counts_and_not_the_request_uri() -> None:
    airport = Airport(ONE)
    airport.send(target=Elsewhere("sip:bob@b.example", "sip:a.example:5061;transport=tls;lr"))
    [(asked, flow)] = airport.requests
    assert asked.uri == "sip:bob@b.example"
    assert flow == Flow("tls", (HOST, 5061), (ONE, 5061), 0, "a.example")


def test_two_that_ask_the_same_ask_once() -> None:
    airport = Airport()
    airport.zone.clear()
    airport.send()
    airport.send()
    assert airport.asked == [Resolve("a.example", "A")]
    airport.take(airport.departures.resolved(Resolved(airport.asked[0], (ONE,)), airport.now))
    assert airport.tries == [f"udp {ONE}"] * 2


@pytest.mark.parametrize("how", ["lost", "503", "silent"])
def test_a_hop_that_fails_is_followed_by_the_next(how: str) -> None:
    airport = Airport(ONE, TWO)
    airport.send(target=BY_TCP)
    match how:
        case "lost":
            airport.lose()
        case "503":
            airport.answer(503)
        case _:
            airport.advance(4.0)
    assert airport.tries == [f"tcp {ONE}", f"tcp {TWO}"]
    assert airport.told == []
    branches = {asked.branch() for asked, _ in airport.requests}
    assert len(branches) == 2
    airport.answer(180)
    airport.answer(200)
    assert airport.statuses == [180, 200]
    airport.advance(200.0)
    assert airport.is_empty()


def test_the_last_hop_has_the_whole_time_of_a_transaction() -> None:
    airport = Airport(ONE, TWO)
    airport.send()
    airport.advance(4.0 + 31.9)
    assert airport.told == []
    airport.advance(0.2)
    assert airport.statuses == [408]


def test_when_all_have_refused_the_last_word_is_told() -> None:
    airport = Airport(ONE, TWO)
    airport.send("OPTIONS")
    airport.answer(503)
    airport.answer(503)
    assert airport.statuses == [503]
    airport.advance(200.0)
    assert airport.is_empty()


def test_when_no_hop_can_be_connected_to_that_is_told() -> None:
    airport = Airport(ONE, TWO)
    airport.send(target=BY_TCP)
    airport.lose()
    airport.lose()
    assert airport.statuses == [503]


def test_another_refusal_is_an_answer() -> None:
    airport = Airport(ONE, TWO)
    airport.send()
    airport.answer(486)
    assert airport.statuses == [486]
    assert airport.tries == [f"udp {ONE}"]
    assert airport.is_empty()


@pytest.mark.parametrize("last", ["503", "lost"])
def test_a_hop_that_rings_is_not_left(last: str) -> None:
    airport = Airport(ONE, TWO)
    airport.send(target=BY_TCP)
    airport.answer(180)
    airport.advance(60.0)
    airport.answer(503) if last == "503" else airport.lose()
    assert airport.statuses == [180, 503]
    assert airport.tries == [f"tcp {ONE}"]


def test_a_hop_that_is_trying_is_waited_for_but_left_when_its_connection_ends() -> None:
    airport = Airport(ONE, TWO)
    airport.send(target=BY_TCP)
    airport.answer(100)
    airport.advance(30.0)
    assert airport.tries == [f"tcp {ONE}"]
    airport.lose()
    assert airport.tries == [f"tcp {ONE}", f"tcp {TWO}"]


def test_what_rings_at_a_hop_that_was_left_is_cancelled() -> None:
    airport = Airport(ONE, TWO)
    airport.send()
    airport.advance(4.0)
    second = len(airport.requests) - 1
    airport.answer(180, at=0)
    assert airport.told == []
    cancel, flow = airport.requests[-1]
    assert (cancel.method, flow.remote[0]) == ("CANCEL", ONE)
    assert cancel.branch() == airport.branch
    airport.answer(487, at=0)
    airport.answer(200, at=second)
    assert airport.statuses == [200]


def test_an_answer_of_a_hop_that_was_left_counts_and_ends_the_others() -> None:
    airport = Airport(ONE, TWO)
    airport.send()
    airport.advance(4.0)
    second = len(airport.requests) - 1
    airport.answer(180, at=second)
    airport.answer(200, at=0)
    assert airport.statuses == [180, 200]
    cancel, flow = airport.requests[-1]
    assert (cancel.method, flow.remote[0]) == ("CANCEL", TWO)


def test_copies_of_an_answer_by_a_later_hop_are_told_under_the_first_name() -> None:
    airport = Airport(ONE, TWO)
    airport.send(target=BY_TCP)
    airport.lose()
    airport.answer(200)
    airport.answer(200)
    assert airport.statuses == [200, 200]


def test_a_hop_that_has_failed_is_avoided_for_a_minute() -> None:
    airport = Airport(ONE, TWO)
    airport.send(target=BY_TCP)
    airport.lose()
    airport.answer(200)
    airport.send(target=BY_TCP)
    assert airport.tries[-1] == f"tcp {TWO}"
    airport.advance(61.0)
    airport.send(target=BY_TCP)
    assert airport.tries[-1] == f"tcp {ONE}"


def test_a_server_says_for_how_long_it_is_to_be_avoided() -> None:
    airport = Airport(ONE, TWO)
    airport.send("OPTIONS")
    airport.answer(503, Retry_After="300 (maintenance)")
    airport.answer(200)
    airport.advance(299.0)
    airport.send("OPTIONS")
    assert airport.tries[-1] == f"udp {TWO}"
    airport.advance(2.0)
    airport.send("OPTIONS")
    assert airport.tries[-1] == f"udp {ONE}"


def test_six_hops_are_tried_and_no_more() -> None:
    airport = Airport(*(f"203.0.113.{n}" for n in range(1, 10)))
    airport.send(target=BY_TCP)
    for _ in range(6):
        airport.lose()
    assert len(airport.tries) == 6
    assert airport.statuses == [503]


def test_a_request_that_is_no_invite_has_no_time_left_after_that_of_a_transaction() -> None:
    airport = Airport(*(f"203.0.113.{n}" for n in range(1, 7)))
    airport.send("MESSAGE")
    airport.answer(100)
    airport.advance(32.5)
    assert airport.statuses == [100, 408]
    assert airport.tries == [f"udp {ONE}"]


def test_long_requests_leave_by_tcp() -> None:
    airport = Airport(ONE)
    airport.body = b"x" * 1300
    airport.send()
    [(asked, flow)] = airport.requests
    assert (flow.transport, flow.remote) == ("tcp", (ONE, 5060))
    assert asked.via().transport == "TCP"
    assert "transport=tcp" in (asked.first(Header.CONTACT) or "")


def test_long_requests_go_back_to_udp_when_tcp_is_refused() -> None:
    airport = Airport(ONE)
    airport.body = b"x" * 1300
    airport.send()
    airport.lose()
    asked, flow = airport.requests[-1]
    assert airport.tries == [f"tcp {ONE}", f"udp {ONE}"]
    assert (flow.transport, asked.via().transport) == ("udp", "UDP")
    airport.answer(200)
    airport.send()
    assert airport.tries[-1] == f"udp {ONE}"


def test_long_requests_stay_with_udp_where_we_have_no_tcp() -> None:
    airport = Airport(ONE, listeners=LISTENERS[:1])
    airport.body = b"x" * 1300
    airport.send()
    assert airport.tries == [f"udp {ONE}"]


def test_a_server_that_has_no_time_has_none_by_another_transport() -> None:
    airport = Airport(ONE, TWO)
    airport.body = b"x" * 1300
    airport.send("MESSAGE")
    airport.answer(503)
    assert airport.tries == [f"tcp {ONE}", f"tcp {TWO}"]


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("sip:bob@b.example:5060", 404),
        ("sips:bob@b.example:5060", 480),
        ("tel:+49123", 416),
        ("sip:bob@a.example;transport=ws", 502),
        ("sip:b@@", 400),
    ],
)
def test_what_leads_nowhere_is_told_afterwards(uri: str, status: int) -> None:
    airport = Airport(ONE)
    airport.zone["b.example", "A"] = ()
    airport.send(target=Elsewhere(uri))
    assert airport.statuses == [status]
    assert airport.requests == []
    assert airport.is_empty()


def test_a_name_leads_nobody_to_what_listens_for_this_machine_alone() -> None:
    airport = Airport("127.0.0.1", "224.0.0.1")
    phone = Flow("udp", (HOST, 5060), ("198.51.100.7", 5060))
    airport.send(target=Elsewhere("sip:bob@a.example:5060", source=phone))
    assert airport.statuses == [403]
    airport.zone["a.example", "A"] = ("127.0.0.1", ONE)
    airport.told.clear()
    airport.send(target=Elsewhere("sip:bob@a.example:5060", source=phone))
    assert airport.tries == [f"udp {ONE}"]


def test_a_dns_that_never_answers_is_waited_for_ten_seconds() -> None:
    airport = Airport()
    airport.zone.clear()
    airport.send()
    airport.advance(9.9)
    assert airport.told == []
    airport.advance(0.2)
    assert airport.statuses == [503]
    assert airport.is_empty()


def test_an_invite_is_cancelled_before_it_is_sent() -> None:
    airport = Airport()
    airport.zone.clear()
    airport.send()
    airport.take(airport.departures.cancel(airport.branch, airport.now))
    airport.advance(0.0)
    assert airport.statuses == [487]
    late = Resolved(Resolve("a.example", "A"), (ONE,))
    airport.take(airport.departures.resolved(late, airport.now))
    assert airport.requests == []
    assert airport.is_empty()


def test_an_invite_that_was_cancelled_goes_nowhere_else() -> None:
    airport = Airport(ONE, TWO)
    airport.send()
    airport.take(airport.departures.cancel(airport.branch, airport.now))
    airport.advance(10.0)
    airport.answer(100)
    assert airport.requests[-1][0].method == "CANCEL"
    airport.answer(487, at=0)
    assert airport.statuses == [100, 487]
    assert airport.tries == [f"udp {ONE}"]


def test_an_invite_is_cancelled_at_the_hop_where_it_is() -> None:
    airport = Airport(ONE, TWO)
    airport.send(target=BY_TCP)
    airport.lose()
    airport.answer(180)
    airport.take(airport.departures.cancel(airport.branch, airport.now))
    cancel, flow = airport.requests[-1]
    assert (cancel.method, flow.remote[0]) == ("CANCEL", TWO)


def test_the_hosts_of_a_service_are_tried_in_its_order() -> None:
    airport = Airport()
    airport.zone |= {
        ("_sip._tcp.a.example", "SRV"): (
            Srv(20, 0, 5062, "two.example"),
            Srv(10, 0, 5061, "one.example"),
        ),
        ("one.example", "A"): (ONE,),
        ("two.example", "A"): (TWO, THREE),
    }
    airport.send(target=Elsewhere("sip:bob@a.example;transport=tcp"))
    airport.lose()
    airport.lose()
    assert [flow.remote for _, flow in airport.requests] == [
        (ONE, 5061),
        (TWO, 5062),
        (THREE, 5062),
    ]
