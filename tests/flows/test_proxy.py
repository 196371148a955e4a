"""Calls and texts that the switch passes on: from one telephone to the other."""

import pytest

from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, tone
from tests.support.handset import answers_after, encode_ulaw, redirects_to, refuses_with, rings
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.stranger import Stranger
from tests.support.world import Conditions

THREE = """
employees:
  101: {name: One, password: secret-one}
  102: {name: Two, password: secret-two}
  103: {name: Three, password: secret-three}
departments:
  sales: {number: 600, members: [103]}
"""


def held(world: Office) -> dict[str, int]:
    counts = world.switch.endpoint.counts()
    return {kind: count for kind, count in counts.items() if count}


def test_two_phones_talk_and_the_switch_takes_no_part(office: MakeOffice) -> None:
    world = office(THREE, mode="proxy")
    one, two = world.register("101", "102")
    two.user = answers_after(2.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    one.say(encode_ulaw(tone(400, 1.0)))
    world.advance(1.2)
    assert frequency(two.heard() / 32768) == pytest.approx(400, abs=2)
    assert not any(e["streams"] for e in world.link.counts())
    two.hang_up()
    world.until(lambda: not one.connected)
    assert world.records == []
    [call] = world.passed_on
    assert (call.caller, call.callee, call.status, call.is_lost) == ("101", "102", 200, False)
    assert call.rang == pytest.approx(2.0, abs=0.2)
    assert call.talked == pytest.approx(1.2, abs=0.2)
    world.advance(70.0)
    assert held(world) == {}


def test_a_call_is_put_on_hold_by_either_side(office: MakeOffice) -> None:
    world = office(THREE, mode="proxy")
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    call = one.call("102")
    world.until(lambda: one.connected and two.connected)
    one.hold(call)
    world.advance(1.0)
    two.hold(next(iter(two.connected)))
    world.advance(1.0)
    assert one.connected
    assert two.connected


def test_a_department_is_the_switchs_own(office: MakeOffice) -> None:
    world = office(THREE, mode="proxy")
    one, three = world.register("101", "103")
    three.user = answers_after(1.0)
    one.call("600")
    world.until(lambda: one.connected and three.connected)
    one.hang_up()
    world.until(lambda: world.records)
    assert world.records[0].answered_by == "103"


def test_a_caller_who_gives_up_stops_the_ringing(office: MakeOffice) -> None:
    world = office(THREE, mode="proxy")
    one, two = world.register("101", "102")
    two.user = rings
    call = one.call("102")
    world.until(lambda: two.ringing)
    one.hang_up(call)
    world.until(lambda: not two.ringing)
    world.advance(70.0)
    assert held(world) == {}


def test_a_refusal_reaches_the_caller(office: MakeOffice) -> None:
    world = office(THREE, mode="proxy")
    one, two = world.register("101", "102")
    two.user = refuses_with(486)
    one.call("102")
    world.advance(2.0)
    assert "CallRefused" in {type(event).__name__ for _, event in one.events}
    world.advance(70.0)
    assert held(world) == {}


def test_a_redirection_reaches_the_caller(office: MakeOffice) -> None:
    world = office(THREE, mode="proxy")
    one, two = world.register("101", "102")
    two.user = redirects_to("103")
    one.call("102")
    world.advance(2.0)
    assert "CallRefused" in {type(event).__name__ for _, event in one.events}


def test_a_redirection_to_another_extension_is_followed_where_the_file_says_so(
    office: MakeOffice,
) -> None:
    world = office(THREE, mode="proxy", network="follow_redirects: yes")
    one, two, three = world.register("101", "102", "103")
    two.user, three.user = redirects_to("103"), answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and three.connected)


def test_all_phones_of_an_extension_ring_and_one_gets_the_call(office: MakeOffice) -> None:
    world = office(THREE, mode="proxy")
    one, two = world.register("101", "102")
    second = world.handset("102")
    second.register()
    world.until(lambda: second.registered)
    two.user, second.user = rings, answers_after(2.0)
    one.call("102")
    world.until(lambda: one.connected and second.connected)
    world.until(lambda: not two.ringing)
    assert not two.connected
    # Nobody forks behind the switch's own back, so this telephone wonders; through a proxy it may
    assert one.complaints == ["the To tag changes while it rings"]
    one.complaints.clear()
    one.hang_up()
    world.until(lambda: not second.connected)
    world.advance(70.0)
    assert held(world) == {}


@pytest.mark.parametrize("seed", range(12))
def test_a_call_gets_through_a_bad_network_and_leaves_nothing_behind(
    office: MakeOffice, seed: int
) -> None:
    bad = Conditions(loss=0.2, duplication=0.1, jitter=0.2)
    world = office(THREE, mode="proxy", seed=seed, conditions=bad)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected, within=120.0)
    (one if seed % 2 else two).hang_up()
    world.until(lambda: not (one.connected or two.connected), within=120.0)
    world.advance(200.0)
    assert held(world) == {}


def text(stranger: Stranger, world: Office, to: str, caller: str = "101") -> int:
    """Send a text with the right password of `caller`; return the answer's status."""
    request = stranger.request("MESSAGE", to, caller, body=b"Hi", content_type="text/plain")
    password = world.loaded.settings.passwords[caller]
    proven = stranger.prove(request, stranger.ask(request), password, user=caller)
    return stranger.ask(proven).status


def test_a_text_reaches_the_phone_that_it_is_for(office: MakeOffice) -> None:
    world = office(THREE)
    sender, reader = Stranger(world), Stranger(world, ("10.0.9.8", 5060))
    reader.register("102", "secret-two")
    request = sender.request("MESSAGE", "102", "101", body=b"Hi", content_type="text/plain")
    proven = sender.prove(request, sender.ask(request), "secret-one", user="101")
    branch = sender.post(proven)
    world.until(lambda: reader.received("MESSAGE"))
    got = reader.received("MESSAGE")[0]
    assert got.body == b"Hi"
    assert got.first(Header.CONTENT_TYPE) == "text/plain"
    assert got.uri.startswith("sip:102@10.0.9.8")
    reader.answer(got, 200, "reader")
    world.until(lambda: sender.answered(branch))
    assert sender.answered(branch) == 200
    assert f"{SWITCH}:{SIP_PORT}" in (got.first(Header.VIA) or "")


@pytest.mark.parametrize(("to", "status"), [("103", 480), ("600", 404), ("999", 404)])
def test_a_text_for_who_cannot_get_it_is_refused(office: MakeOffice, to: str, status: int) -> None:
    world = office(THREE)
    assert text(Stranger(world), world, to) == status
