"""Telephones behind a router: they name addresses that nobody can reach."""

import pytest

from softswitch.phone.events import ReinviteAccepted
from softswitch.sip.message import Request, parse
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, tone
from tests.support.handset import Handset, answers_after, encode_ulaw
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.world import Address, Gateway

THREE = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
"""
ROUTER = "203.0.113.5"
OTHER_ROUTER = "198.51.100.7"
INSIDE = "192.168.1.10"
INSIDE_TOO = "192.168.1.11"


class Watched:
    """All SIP that the switch sends, with its destination."""

    def __init__(self, world: Office) -> None:
        self.sent: list[tuple[bytes, Address]] = []
        carry = world.network.send

        def send(data: bytes, source: Address, destination: Address) -> None:
            if source == (SWITCH, SIP_PORT):
                self.sent.append((data, destination))
            carry(data, source, destination)

        world.network.send = send  # type: ignore[method-assign]

    @property
    def hosts(self) -> set[str]:
        return {destination[0] for _, destination in self.sent}

    @property
    def requests(self) -> list[tuple[Request, Address]]:
        messages = [(parse(data), to) for data, to in self.sent]
        return [(message, to) for message, to in messages if isinstance(message, Request)]


def at_home(world: Office, number: str, inside: str, router: Gateway) -> Handset:
    """Return a registered telephone that a router hides."""
    world.network.hide(inside, router)
    handset = world.handset(number, address=inside)
    handset.register()
    world.until(lambda: handset.registered, within=2.0)
    return handset


def assert_they_hear_each_other(world: Office, one: Handset, two: Handset) -> None:
    before = [len(handset.heard()) for handset in (one, two)]
    one.say(encode_ulaw(tone(400, 1.0)))
    two.say(encode_ulaw(tone(700, 1.0)))
    world.advance(1.3)
    for handset, hertz, since in ((one, 700, before[0]), (two, 400, before[1])):
        heard = handset.heard()[since:] / 32768
        assert len(heard) >= 0.9 * 8000
        assert frequency(heard) == pytest.approx(hertz, abs=2)


@pytest.mark.parametrize("caller", ["home", "office"])
@pytest.mark.parametrize("hangs_up", ["home", "office"])
def test_a_telephone_behind_a_router_calls_and_is_called(
    office: MakeOffice, caller: str, hangs_up: str
) -> None:
    world = office(THREE)
    watched = Watched(world)
    home = at_home(world, "101", INSIDE, Gateway(ROUTER))
    (desk,) = world.register("102")
    first, second = (home, desk) if caller == "home" else (desk, home)
    second.user = answers_after(1.0)
    first.call(second.number)
    world.until(lambda: home.connected and desk.connected)
    assert_they_hear_each_other(world, home, desk)

    (home if hangs_up == "home" else desk).hang_up()
    world.advance(0.5)
    assert not home.connected
    assert not desk.connected
    [record] = world.records
    assert record.by == ("caller" if hangs_up == caller else "callee")
    assert INSIDE not in watched.hosts


def test_two_telephones_behind_the_same_router_talk(office: MakeOffice) -> None:
    world = office(THREE)
    watched = Watched(world)
    router = Gateway(ROUTER)
    one = at_home(world, "101", INSIDE, router)
    two = at_home(world, "102", INSIDE_TOO, router)
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    assert_they_hear_each_other(world, one, two)
    assert watched.hosts == {ROUTER}


def test_two_homes_with_the_same_private_address_are_not_mixed_up(office: MakeOffice) -> None:
    world = office(THREE)
    one = at_home(world, "101", INSIDE, Gateway(ROUTER))
    two = at_home(world, "102", INSIDE_TOO, Gateway(OTHER_ROUTER))
    (three,) = world.register("103")
    for home, hertz in ((one, 400), (two, 700)):
        home.user = answers_after(0.5)
        three.call(home.number)
        world.until(lambda home=home: home.connected and three.connected)  # type: ignore[misc]
        home.say(encode_ulaw(tone(hertz, 0.5)))
        world.advance(0.7)
        assert frequency(three.heard() / 32768) == pytest.approx(hertz, abs=4)
        three.hang_up()
        world.advance(0.5)


@pytest.mark.parametrize("asks", ["home", "desk"])
def test_requests_within_the_call_go_to_where_the_telephone_is_seen(
    office: MakeOffice, asks: str
) -> None:
    world = office(THREE)
    watched = Watched(world)
    home = at_home(world, "101", INSIDE, Gateway(ROUTER))
    (desk,) = world.register("102")
    desk.user = answers_after(1.0)
    home.call("102")
    world.until(lambda: home.connected and desk.connected)
    holder = home if asks == "home" else desk
    for direction in ("sendonly", "sendrecv"):
        holder.hold(next(iter(holder.connected)), direction)
        world.advance(0.5)
    assert len(holder.events_of(ReinviteAccepted)) == 2
    assert_they_hear_each_other(world, home, desk)
    desk.hang_up()
    world.advance(0.5)
    towards_home = [(request, to) for request, to in watched.requests if to[0] == ROUTER]
    assert [request.method for request, _ in towards_home][-1] == "BYE"
    for request, _to in towards_home:
        assert INSIDE not in request.uri
    assert INSIDE not in watched.hosts


def test_the_source_is_told_in_the_via(office: MakeOffice) -> None:
    world = office(THREE)
    watched = Watched(world)
    at_home(world, "101", INSIDE, Gateway(ROUTER))
    answers = [parse(data) for data, to in watched.sent if to[0] == ROUTER]
    via = answers[-1].via()
    assert via.host == INSIDE
    assert (via.received, via.rport) == (ROUTER, watched.sent[-1][1][1])


ADVERTISED = "203.0.113.99"
OUTSIDE = "198.51.100.20"


@pytest.mark.parametrize("caller", ["inside", "outside"])
def test_a_switch_behind_a_router_tells_each_telephone_the_address_that_it_reaches(
    office: MakeOffice, caller: str
) -> None:
    world = office(THREE, network=f"advertise: {ADVERTISED}, local: 10.0.0.0/8")

    def forward(port: int, data: bytes, source: Address) -> None:
        if not source[0].startswith("10."):  # as most routers: nothing from inside to inside
            world.network.send(data, source, (SWITCH, port))

    world.network.attach_host(ADVERTISED, forward)
    watched = Watched(world)
    desk, home = world.handset("101"), world.handset("102", address=OUTSIDE)
    for handset in (desk, home):
        handset.register()
    world.until(lambda: desk.registered and home.registered)
    first, second = (desk, home) if caller == "inside" else (home, desk)
    second.user = answers_after(1.0)
    first.call(second.number)
    world.until(lambda: desk.connected and home.connected)
    assert_they_hear_each_other(world, desk, home)
    for handset, address in ((desk, SWITCH), (home, ADVERTISED)):
        bodies = [parse(data).body for data, to in watched.sent if to == handset.address]
        told = {body.partition(b"c=IN IP4 ")[2].split()[0].decode() for body in bodies if body}
        assert told == {address}
