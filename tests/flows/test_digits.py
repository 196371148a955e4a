"""Digits in the three ways in which telephones send them, and from each way to the others."""

import pytest

from softswitch.sip.message import Header
from softswitch.sip.transaction import RequestArrived
from tests.flows.conftest import MakeOffice
from tests.flows.test_usages import RELAY, scripted, sdp
from tests.support.audio import level_db, tone
from tests.support.handset import EVENTS, Handset, answers_after, encode_ulaw
from tests.support.office import Office
from tests.unit.media.dtmf.test_detector import hear

COMPANY = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
menus:
  main:
    greeting: {say: Welcome}
    keys: {5: employee 102}
    dial: extensions
numbers:
  "4930": menu main
"""


def talking(
    world: Office, *, one_has: bool = True, two_has: bool = True
) -> tuple[Handset, Handset]:
    """Return two telephones in a call, each with named events or without."""
    one, two = world.register("101", "102")
    one.takes_events, two.takes_events = one_has, two_has
    two.user = answers_after(0.5)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    world.advance(0.5)
    return one, two


def events(handset: Handset) -> list[tuple[int, int]]:
    """Return event code and milliseconds of each press that this telephone was sent."""
    ends = [data for _, data in handset.talk().heard if data[1] & 0x7F == EVENTS and data[13] >> 7]
    presses = {data[4:8]: (data[12], int.from_bytes(data[14:16]) // 8) for data in ends}
    return list(presses.values())


def tones(handset: Handset) -> str:
    """Return the keys whose tones this telephone has heard."""
    return "".join(each.key for each in hear(handset.heard().astype(float)))


@pytest.mark.feature("F6")
@pytest.mark.parametrize("way", ["events", "tones"])
def test_an_extension_is_dialled_after_the_answer_by_events_or_tones(
    office: MakeOffice, way: str
) -> None:
    world = office(COMPANY)
    caller, two = world.register("101", "102")
    caller.takes_events = way == "events"
    caller.call("4930")
    world.until(lambda: caller.connected)
    world.advance(2.5)
    for key in "102":
        caller.press(key) if way == "events" else caller.press_tones(key)
        world.advance(1.0)
    world.until(lambda: two.ringing, within=5.0)


@pytest.mark.feature("F6")
def test_an_extension_is_dialled_after_the_answer_by_info(office: MakeOffice) -> None:
    world = office(COMPANY)
    one = scripted(world, "101")
    [two] = world.register("102")
    one.invite("4930", sdp(one))
    cseq = one.cseq
    assert one.final("INVITE", cseq).status == 200
    one.acknowledge(cseq)
    world.advance(2.5)
    for key in b"102":
        body = b"Signal=%c\r\nDuration=100\r\n" % key
        assert one.ask("INFO", body, kind=RELAY).status == 200
        world.advance(1.0)
    world.until(lambda: two.ringing, within=5.0)
    one.ask("BYE")


def test_tones_select_in_a_menu(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller, two = world.register("101", "102")
    caller.takes_events = False
    caller.call("4930")
    world.until(lambda: caller.connected)
    world.advance(1.0)
    caller.press_tones("5")
    world.until(lambda: two.ringing, within=3.0)


def test_tones_are_speech_to_a_menu_that_was_promised_events(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller, two = world.register("101", "102")
    caller.call("4930")
    world.until(lambda: caller.connected)
    world.advance(1.0)
    caller.press_tones("5")
    world.advance(2.0)
    assert not two.ringing
    caller.press("5")
    world.until(lambda: two.ringing, within=3.0)


@pytest.mark.parametrize("said", ["network", "employee"])
def test_tones_are_listened_to_where_the_configuration_says_so(
    office: MakeOffice, said: str
) -> None:
    text = COMPANY if said == "network" else COMPANY.replace("One, ", "One, dtmf: inband, ")
    world = office(text, network="dtmf: inband" if said == "network" else "")
    caller, two = world.register("101", "102")
    caller.call("4930")
    world.until(lambda: caller.connected)
    world.advance(1.0)
    caller.press_tones("5")
    world.until(lambda: two.ringing, within=3.0)


def test_a_key_that_comes_as_tone_and_as_event_counts_once(office: MakeOffice) -> None:
    world = office(COMPANY.replace("One, ", "One, dtmf: inband, "))
    one, two = talking(world)
    one.press("5")
    world.advance(0.4)
    one.press_tones("5")
    world.advance(1.0)
    assert [code for code, _ in events(two)] == [5]
    one.press_tones("6")
    world.advance(1.0)
    assert [code for code, _ in events(two)] == [5, 6]


def test_tones_reach_the_other_side_as_events_and_not_as_sound(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world, one_has=False)
    before = len(two.heard())
    one.press_tones("1#", seconds=0.2)
    one.say(encode_ulaw(tone(500, 0.4)))
    world.advance(2.0)
    assert [code for code, _ in events(two)] == [1, 11]
    assert [length for _, length in events(two)] == pytest.approx([200, 200], abs=25)
    heard = two.heard()[before:] / 32768
    frames = heard[: len(heard) // 160 * 160].reshape(-1, 160)
    passed = sum(level_db(frame) > -30 for frame in frames) - 20
    assert passed <= 2 * 3, "of each no more than before it is known"
    assert level_db(heard[-1600:]) > -20, "speech goes on"


def test_events_reach_the_other_side_as_tones(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world, two_has=False)
    one.press("7*")
    world.advance(1.5)
    assert tones(two) == "7*"
    assert events(two) == []


def test_tones_pass_as_they_are_to_who_takes_tones(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world, one_has=False, two_has=False)
    one.press_tones("42")
    world.advance(1.5)
    assert tones(two) == "42"


def test_events_pass_as_they_are_to_who_takes_events(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    one.press("42D")
    world.advance(1.5)
    assert [code for code, _ in events(two)] == [4, 2, 15]
    assert tones(two) == ""


def test_a_digit_by_info_reaches_the_other_side_as_tones(office: MakeOffice) -> None:
    world = office(COMPANY)
    one = scripted(world, "101")
    [two] = world.register("102")
    two.takes_events = False
    two.user = answers_after(0.5)
    one.invite("102", sdp(one))
    cseq = one.cseq
    assert one.final("INVITE", cseq).status == 200
    one.acknowledge(cseq)
    world.advance(0.5)
    assert one.ask("INFO", b"Signal=8\r\nDuration=160\r\n", kind=RELAY).status == 200
    world.advance(1.0)
    assert tones(two) == "8"
    one.ask("BYE")


def test_tones_reach_who_takes_info_by_info(office: MakeOffice) -> None:
    world = office(COMPANY.replace("Two, ", "Two, dtmf: info, "))
    [one] = world.register("101")
    one.takes_events = False
    two = scripted(world, "102")
    two.on["INVITE"] = lambda arrived: two.respond(
        arrived, 200, sdp(two), [(Header.ALLOW, "INVITE, INFO")]
    )
    told: list[bytes] = []

    def informed(arrived: RequestArrived) -> None:
        told.append(arrived.request.body)
        two.respond(arrived, 200)

    two.on["INFO"] = informed
    one.call("102")
    world.until(lambda: two.acks)
    world.advance(0.5)
    one.press_tones("6")
    world.advance(1.0)
    [body] = told
    assert body.startswith(b"Signal=6\r\n")
    two.ask("BYE")
