"""Hold, and back, by re-INVITE: passed through, refused, and asked for by both at once."""

import re

import pytest

from softswitch.phone.events import ReinviteAccepted, Reinvited, ReinviteRefused
from tests.flows.conftest import MakeOffice
from tests.support.audio import frequency, tone
from tests.support.handset import Handset, answers_after, encode_ulaw
from tests.support.office import Office

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""


OUT_OF_A_MENU = (
    TWO
    + """
menus:
  main:
    greeting: {say: Welcome}
    keys: {1: employee 102}
numbers:
  "4930": menu main
"""
)


EITHER_WAY = pytest.mark.parametrize("direct", [False, True], ids=["through", "direct"])


def talking(world: Office) -> tuple[Handset, Handset]:
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    world.advance(0.1)
    return one, two


def reinvite(handset: Handset, sdp: bytes) -> None:
    [call] = handset.connected
    handset.send(handset.phone.reinvite(call, sdp, handset.now))


def told(handset: Handset) -> list[str]:
    """Return the directions that the switch has offered a telephone."""
    found = []
    for event in handset.events_of(Reinvited):
        assert isinstance(event, Reinvited)
        direction = re.search(rb"a=(sendrecv|sendonly|recvonly|inactive)", event.sdp)
        found.append(direction[1].decode() if direction else "sendrecv")
    return found


def answered(handset: Handset) -> list[str]:
    """Return the directions of the answers to a telephone's re-INVITEs."""
    found = []
    for event in handset.events_of(ReinviteAccepted):
        assert isinstance(event, ReinviteAccepted)
        direction = re.search(rb"a=(sendrecv|sendonly|recvonly|inactive)", event.sdp)
        found.append(direction[1].decode() if direction else "sendrecv")
    return found


def assert_they_talk(world: Office, one: Handset, two: Handset) -> None:
    counts = [len(handset.heard()) for handset in (one, two)]
    one.say(encode_ulaw(tone(400, 0.5)))
    two.say(encode_ulaw(tone(700, 0.5)))
    world.advance(0.7)
    for handset, hertz, before in ((one, 700, counts[0]), (two, 400, counts[1])):
        heard = handset.heard()[before:] / 32768
        assert len(heard) == 4000
        assert frequency(heard) == pytest.approx(hertz, abs=4)


def zero_address(handset: Handset) -> bytes:
    return handset.describe().replace(
        f"c=IN IP4 {handset.address[0]}".encode(), b"c=IN IP4 0.0.0.0"
    )


@EITHER_WAY
@pytest.mark.parametrize("holder", ["caller", "callee"])
@pytest.mark.parametrize(
    ("way", "seen", "answer"),
    [
        ("sendonly", "sendonly", "recvonly"),
        ("inactive", "inactive", "inactive"),
        ("0.0.0.0", "sendonly", "recvonly"),
    ],
)
def test_hold_is_passed_on_and_taken_back(
    office: MakeOffice, holder: str, way: str, seen: str, answer: str, direct: bool
) -> None:
    world = office(TWO, direct=direct)
    one, two = talking(world)
    holds, held = (one, two) if holder == "caller" else (two, one)
    reinvite(holds, zero_address(holds) if way == "0.0.0.0" else holds.describe(way))
    world.advance(0.3)
    if direct and way == "0.0.0.0":
        seen = answer = "sendrecv"  # it goes as it is: the other telephone knows what it means
    assert told(held) == [seen]
    assert answered(holds) == [answer]

    if not direct:
        before = len(holds.heard())
        held.say(encode_ulaw(tone(700, 0.5)))
        world.advance(0.7)
        assert len(holds.heard()) == before, "who holds hears nothing"

    reinvite(holds, holds.describe())
    world.advance(0.3)
    assert told(held)[1:] == ["sendrecv"]
    assert answered(holds)[1:] == ["sendrecv"]
    assert_they_talk(world, one, two)
    held.hang_up()
    world.advance(0.5)
    assert not one.connected
    assert not two.connected


@EITHER_WAY
def test_music_of_who_holds_reaches_the_other(office: MakeOffice, direct: bool) -> None:
    world = office(TWO, direct=direct)
    one, two = talking(world)
    one.hold(next(iter(one.connected)))
    world.advance(0.3)
    before = len(two.heard())
    one.say(encode_ulaw(tone(440, 0.5)))
    world.advance(0.7)
    assert len(two.heard()) - before == 4000


@EITHER_WAY
def test_both_hold_at_the_same_moment_and_neither_call_suffers(
    office: MakeOffice, direct: bool
) -> None:
    world = office(TWO, direct=direct)
    one, two = talking(world)
    reinvite(one, one.describe("sendonly"))
    reinvite(two, two.describe("sendonly"))
    world.advance(0.5)
    [refusal] = two.events_of(ReinviteRefused)
    assert isinstance(refusal, ReinviteRefused)
    assert refusal.status == 491
    assert not one.events_of(ReinviteRefused), "the switch asks the other again"
    world.advance(4.0)
    assert answered(one) == ["recvonly"]
    assert told(two) == ["sendonly"]
    reinvite(one, one.describe())
    world.advance(0.5)
    assert_they_talk(world, one, two)


@EITHER_WAY
def test_both_hold_one_after_the_other_and_both_come_back(office: MakeOffice, direct: bool) -> None:
    world = office(TWO, direct=direct)
    one, two = talking(world)
    for handset, direction in ((one, "sendonly"), (two, "inactive")):
        reinvite(handset, handset.describe(direction))
        world.advance(0.3)
    assert answered(one) == ["recvonly"]
    assert answered(two) == ["inactive"]
    for handset in (one, two):
        reinvite(handset, handset.describe())
        world.advance(0.3)
    assert answered(two) != []
    reinvite(two, two.describe())
    world.advance(0.3)
    assert_they_talk(world, one, two)


@EITHER_WAY
def test_a_hold_that_the_other_refuses_is_refused_and_they_talk_on(
    office: MakeOffice, direct: bool
) -> None:
    world = office(TWO, direct=direct)
    one, two = talking(world)
    two.refuses_changes_with = 488
    reinvite(one, one.describe("sendonly"))
    world.advance(0.5)
    [refusal] = one.events_of(ReinviteRefused)
    assert isinstance(refusal, ReinviteRefused)
    assert refusal.status == 488
    assert_they_talk(world, one, two)


def test_a_session_refresh_does_not_bother_the_other(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    reinvite(one, one.describe())
    world.advance(0.3)
    assert answered(one) == ["sendrecv"]
    assert told(two) == []
    assert_they_talk(world, one, two)


@EITHER_WAY
def test_who_asks_for_an_offer_gets_one(office: MakeOffice, direct: bool) -> None:
    world = office(TWO, direct=direct)
    one, two = talking(world)
    reinvite(one, b"")
    world.advance(0.2)
    [accepted] = one.events_of(ReinviteAccepted)
    assert isinstance(accepted, ReinviteAccepted)
    assert accepted.sdp
    one.send(one.phone.acknowledge(accepted.call, one.describe(), one.now))
    world.advance(0.3)
    assert_they_talk(world, one, two)


def test_an_offer_without_a_codec_of_ours_changes_nothing(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    reinvite(one, re.sub(rb"RTP/AVP .*", b"RTP/AVP 18\r", one.describe()))
    world.advance(0.3)
    [refusal] = one.events_of(ReinviteRefused)
    assert isinstance(refusal, ReinviteRefused)
    assert refusal.status == 488
    assert_they_talk(world, one, two)


@EITHER_WAY
def test_a_telephone_that_moves_its_audio_is_followed(office: MakeOffice, direct: bool) -> None:
    world = office(TWO, direct=direct)
    one, two = talking(world)
    assert_they_talk(world, one, two)
    one.move_audio(34000)
    reinvite(one, one.describe())
    world.advance(0.3)
    assert_they_talk(world, one, two)


def test_who_holds_while_the_next_one_rings_is_heard_by_nobody_who_answers(
    office: MakeOffice,
) -> None:
    world = office(OUT_OF_A_MENU)
    one, two = world.register("101", "102")
    call = one.call("4930")
    world.until(lambda: one.connected)
    one.press("1")
    world.until(lambda: two.ringing)
    one.hold(call)
    world.advance(0.5)
    two.pick_up(next(iter(two.ringing)))
    world.advance(1.0)
    assert told(two) == ["sendonly"]
