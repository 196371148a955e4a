"""Telephones that are asked whether they are there."""

from softswitch.sip.binding import PhoneReachable, PhoneUnreachable
from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.flows.test_nat import INSIDE, INSIDE_TOO, ROUTER, at_home
from tests.support.handset import answers_after
from tests.support.office import Office
from tests.support.stranger import Stranger
from tests.support.world import Gateway

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""


def test_a_telephone_that_has_vanished_behind_its_router_is_not_rung(office: MakeOffice) -> None:
    world = office(TWO)
    (one,) = world.register("101")
    two = at_home(world, "102", INSIDE, Gateway(ROUTER))
    world.advance(130.0)
    assert world.reach == []
    [binding] = [
        one for one in world.switch.endpoint.registrar.bindings(world.now) if one.extension == "102"
    ]
    round_trip = world.switch.endpoint.qualify.round_trip(binding)
    assert round_trip is not None
    assert 0.0 < round_trip < 0.5

    two.unplug()
    world.advance(60.0 * 4 + 32.0)
    assert world.reach == [PhoneUnreachable("102", binding.contact)]
    one.call("102")
    world.advance(0.5)
    assert one.refused_with == 480, "at once, and not when it has rung for nobody"

    back = at_home(world, "102", INSIDE_TOO, Gateway("203.0.113.6"))
    back.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and back.connected, within=3.0)


def test_a_telephone_whose_router_comes_back_rings_again(office: MakeOffice) -> None:
    world = office(TWO)
    (one,) = world.register("101")
    odd, contact = Stranger(world, (ROUTER, 40_000)), "sip:102@192.168.1.10:5060"
    register(world, odd, contact)
    answer_questions(world, odd, 60.0)
    assert len(odd.received("OPTIONS")) == 1
    world.advance(60.0 * 3 + 33.0)
    assert world.reach == [PhoneUnreachable("102", contact)]
    answer_questions(world, odd, 61.0)
    assert world.reach[1:] == [PhoneReachable("102", contact)]
    one.call("102")
    world.advance(0.5)
    assert [invite.uri for invite in odd.received("INVITE")] == [contact]


def register(world: Office, odd: Stranger, contact: str) -> None:
    request = odd.request("REGISTER", "102", "102")
    request.set(Header.CONTACT, f"<{contact}>")
    assert odd.ask(odd.prove(request, odd.ask(request), "p", user="102")).status == 200


def answer_questions(world: Office, odd: Stranger, seconds: float) -> None:
    """Let time pass in which the telephone answers whatever it is asked from now on."""
    until, known = world.now + seconds, len(odd.received("OPTIONS"))
    while world.now < until:
        world.advance(0.25)
        for question in odd.received("OPTIONS")[known:]:
            known += 1
            odd.answer(question, 200, "there")
