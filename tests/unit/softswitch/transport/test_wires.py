from softswitch.sip.flow import Flow
from softswitch.transport.wires import Wires


class Line:
    transport = "udp"
    backend = "test"

    def __init__(self, port: int) -> None:
        self.local = ("127.0.0.1", port)
        self.sent: list[bytes] = []
        self.is_open = True

    async def start(self) -> None:
        """Nothing arrives here."""

    def send(self, data: bytes, flow: Flow) -> None:
        self.sent.append(data)

    def flush(self) -> None:
        self.sent.append(b"flushed")

    def close_flow(self, flow: Flow) -> None:
        self.sent.append(b"closed")

    def keep_flow(self, flow: Flow, alias: int = 0) -> None:
        self.sent.append(b"kept %d" % alias)

    def backlog(self) -> float:
        return self.local[1] / 10_000

    def close(self) -> None:
        self.is_open = False


def flow(port: int, transport: str = "udp") -> Flow:
    return Flow(transport, ("127.0.0.1", port), ("127.0.0.1", 9))


def test_a_message_leaves_by_the_listener_that_its_flow_came_in_by() -> None:
    first, second = Line(5060), Line(5070)
    wires = Wires()
    wires.add(first)
    wires.add(second)
    wires.send(b"x", flow(5070))
    wires.keep_flow(flow(5060), 5061)
    wires.close_flow(flow(5060))
    assert (first.sent, second.sent) == ([b"kept 5061", b"closed"], [b"x"])


def test_a_flow_of_no_listener_is_dropped_and_counted() -> None:
    wires = Wires()
    wires.add(Line(5060))
    wires.send(b"x", flow(5061))
    wires.send(b"x", flow(5060, "tcp"))
    wires.close_flow(flow(5061))
    wires.keep_flow(flow(5061))
    assert wires.drops == {"no-listener": 2}


def test_what_was_put_together_is_sent_by_every_listener() -> None:
    lines = Line(5060), Line(5070)
    wires = Wires()
    for line in lines:
        wires.add(line)
    wires.flush()
    assert [line.sent for line in lines] == [[b"flushed"]] * 2


def test_a_listener_that_was_removed_sends_nothing_and_another_in_its_place_stays() -> None:
    first, second = Line(5060), Line(5060)
    wires = Wires()
    wires.add(first)
    wires.remove(first)
    wires.send(b"x", flow(5060))
    wires.add(second)
    wires.remove(first)
    wires.send(b"y", flow(5060))
    assert (first.sent, second.sent) == ([], [b"y"])


def test_the_fullest_queue_of_arrivals_counts() -> None:
    wires = Wires()
    assert wires.backlog() == 0.0
    wires.add(Line(5000))
    wires.add(Line(6000))
    assert wires.backlog() == 0.6


def test_closing_closes_every_listener() -> None:
    line = Line(5060)
    wires = Wires()
    wires.add(line)
    wires.close()
    assert not line.is_open
    assert list(wires) == []
