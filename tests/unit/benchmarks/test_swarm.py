"""A swarm against a server that is one socket, answered by hand."""

import socket
import time
from collections.abc import Iterator

import pytest

from benchmarks.swarm import Line, Swarm
from softswitch.phone.events import PhoneOutput, Registered
from softswitch.sip.message import Header, Request, parse, respond


class Desk:
    """A registrar of one page, and a swarm that knows it."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(2.0)
        self.heard: list[tuple[str, PhoneOutput]] = []
        self.swarm = Swarm(self.socket.getsockname(), self._hear)

    def _hear(self, line: Line, event: PhoneOutput, now: float) -> None:
        self.heard.append((line.number, event))

    def answer(self) -> Request:
        data, peer = self.socket.recvfrom(65535)
        request = parse(data)
        assert isinstance(request, Request)
        contact = f"{request.first(Header.CONTACT)};expires=3600"
        response = respond(request, 200, to_tag="x", headers=[(Header.CONTACT, contact)])
        self.socket.sendto(response.to_bytes(), peer)
        return request

    def run(self, *, until_heard: int) -> None:
        self.swarm.run(time.monotonic() + 2.0, lambda: len(self.heard) >= until_heard)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.swarm.close()
    made.socket.close()


def test_each_telephone_hears_its_own_answer(desk: Desk) -> None:
    now = time.monotonic()
    for number in ("101", "102"):
        line = desk.swarm.add(number, "secret")
        desk.swarm.tell(line, line.phone.register(now), now)
    for _ in range(2):
        desk.answer()
    desk.run(until_heard=2)
    assert {number: type(event) for number, event in desk.heard} == {
        "101": Registered,
        "102": Registered,
    }
    assert (desk.swarm.sent, desk.swarm.received, desk.swarm.resent) == (2, 2, 0)


def test_an_unanswered_request_is_sent_again_and_counted(desk: Desk) -> None:
    now = time.monotonic() - 1.0  # what it waits for is overdue at once
    line = desk.swarm.add("101", "secret")
    desk.swarm.tell(line, line.phone.register(now), now)
    desk.swarm.run(time.monotonic() + 2.0, lambda: desk.swarm.resent > 0)
    assert desk.swarm.resent >= 1
    assert desk.answer().call_id() == desk.answer().call_id()


def test_actions_are_done_in_the_order_of_their_times(desk: Desk) -> None:
    done: list[str] = []
    now = time.monotonic()
    desk.swarm.at(now - 0.01, lambda _: done.append("second"))
    desk.swarm.at(now - 0.02, lambda _: done.append("first"))
    desk.swarm.run(now + 2.0, lambda: len(done) == 2)
    assert done == ["first", "second"]
    assert (desk.swarm.actions, desk.swarm.late) == (2, 0)


def test_an_action_that_is_long_overdue_counts_as_late(desk: Desk) -> None:
    done: list[float] = []
    desk.swarm.at(time.monotonic() - 1.0, done.append)
    desk.swarm.run(time.monotonic() + 2.0, lambda: bool(done))
    assert desk.swarm.late == 1
