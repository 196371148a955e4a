"""Calls and texts to other domains, by a network that loses, with servers that are dead."""

import pytest

from softswitch.sip.locate import Naptr, Srv
from softswitch.sip.message import Header, Request, Response, parse, respond
from tests.flows.conftest import MakeOffice
from tests.support.office import Office

TWO = """
employees:
  101: {name: One, password: secret-one}
  102: {name: Two, password: secret-two}
"""
OPEN = "other_domains: yes"
FIRST, SECOND = ("203.0.113.1", 5070), ("203.0.113.2", 5070)
SDP = b"v=0\r\no=- 1 1 IN IP4 203.0.113.2\r\ns=-\r\nc=IN IP4 203.0.113.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"  # noqa: E501


class Server:
    """Somebody else's switch, which answers everything with one status, or not at all."""

    def __init__(self, world: Office, address: tuple[str, int], status: int) -> None:
        self.got: list[str] = []
        self._world = world
        self._address = address
        self._status = status
        world.network.attach(address, self._receive)

    def _receive(self, data: bytes, source: tuple[str, int]) -> None:
        message = parse(data)
        if not isinstance(message, Request):
            return
        self.got.append(message.method)
        if message.method == "ACK" or not self._status:
            return
        status = self._status if message.method != "BYE" else 200
        body = SDP if message.method == "INVITE" and status == 200 else b""
        lines = [("Contact", "<sip:bob@{}:{}>".format(*self._address))]
        if body:
            lines.append(("Content-Type", "application/sdp"))
        lines += [("Record-Route", value) for value in message.values(Header.RECORD_ROUTE)]
        answer: Response = respond(message, status, to_tag="bob", headers=lines, body=body)
        self._world.network.send(answer.to_bytes(), self._address, source)


def publish(world: Office) -> None:
    world.zone |= {
        ("b.example", "NAPTR"): [Naptr(10, 10, "s", "SIP+D2U", "_sip._udp.b.example")],
        ("_sip._udp.b.example", "SRV"): [
            Srv(10, 0, 5070, "one.b.example"),
            Srv(20, 0, 5070, "two.b.example"),
        ],
        ("one.b.example", "A"): [FIRST[0]],
        ("two.b.example", "A"): [SECOND[0]],
    }


def held(world: Office) -> dict[str, int]:
    world.advance(140.0)
    counts = world.switch.endpoint.counts()
    return {kind: count for kind, count in counts.items() if count}


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_a_call_passes_by_a_dead_server(office: MakeOffice, loss: float) -> None:
    world = office(TWO, mode="proxy", network=OPEN)
    publish(world)
    [one] = world.register("101")
    dead, alive = Server(world, FIRST, 0), Server(world, SECOND, 200)
    world.network.impair(loss=loss)
    one.call("sip:bob@b.example")
    world.until(lambda: one.connected, within=40.0)
    assert set(dead.got) <= {"INVITE"}
    one.hang_up()
    world.until(lambda: "BYE" in alive.got, within=40.0)
    world.network.impair(loss=0.0)
    assert held(world) == {}


def test_all_servers_are_dead_and_the_caller_hears_of_it(office: MakeOffice) -> None:
    world = office(TWO, mode="proxy", network=OPEN)
    publish(world)
    [one] = world.register("101")
    Server(world, FIRST, 503)
    Server(world, SECOND, 503)
    one.call("sip:bob@b.example")
    world.until(lambda: one.refused_with is not None)
    assert one.refused_with == 500  # only a caller of theirs is to take a 503 for them
    assert held(world) == {}


def test_a_caller_gives_up_while_the_name_is_asked_about(office: MakeOffice) -> None:
    world = office(TWO, mode="proxy", network=OPEN)
    publish(world)
    world.dns_delay = 5.0
    [one] = world.register("101")
    call = one.call("sip:bob@b.example")
    world.advance(1.0)
    one.hang_up(call)
    world.until(lambda: one.refused_with is not None)
    assert one.refused_with == 487
    assert held(world) == {}


def test_a_caller_gives_up_while_the_second_server_is_tried(office: MakeOffice) -> None:
    world = office(TWO, mode="proxy", network=OPEN)
    publish(world)
    [one] = world.register("101")
    dead, slow = Server(world, FIRST, 0), Server(world, SECOND, 180)
    call = one.call("sip:bob@b.example")
    world.until(lambda: "INVITE" in slow.got)
    one.hang_up(call)
    world.until(lambda: "CANCEL" in slow.got)
    assert "CANCEL" not in dead.got


def test_an_unknown_domain_is_nobodys(office: MakeOffice) -> None:
    world = office(TWO, mode="proxy", network=OPEN)
    [one] = world.register("101")
    one.call("sip:bob@nobody.example")
    world.until(lambda: one.refused_with is not None)
    assert one.refused_with == 404
    assert [question.kind for question in world.asked] == ["NAPTR", "SRV", "A"]


def test_nobody_outside_is_reached_unless_the_owner_says_so(office: MakeOffice) -> None:
    world = office(TWO, mode="proxy")
    publish(world)
    [one] = world.register("101")
    one.call("sip:bob@b.example")
    world.until(lambda: one.refused_with is not None)
    assert one.refused_with == 403
    assert world.asked == []
