"""Lamps: what a telephone is shown of the lines of others."""

from xml.etree import ElementTree

from softswitch.sip.dialog import Over
from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.support.handset import answers_after, refuses_with
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.station import Seen, Station

THREE = """
employees:
  101: {name: Anna, password: p}
  102: {name: Bob, password: p}
  103: {name: Carol, password: p}
"""
NAMES = {"d": "urn:ietf:params:xml:ns:dialog-info"}
Lamp = tuple[str, str, str]
"""Direction, state, and who is at the other end."""


def station(world: Office) -> Station:
    """Return the telephone of 103, which watches."""
    address = "10.0.2.1", 5060
    return Station(world.world, world.network, "103", "p", address, (SWITCH, SIP_PORT))


def named(seen: Seen) -> list[str]:
    """Return, of each dialog of the last document, what takes its place; empty for nothing."""
    return [
        f"{dialog.attrib['call-id']};to-tag={dialog.attrib['remote-tag']}"
        f";from-tag={dialog.attrib['local-tag']}"
        if "call-id" in dialog.attrib
        else ""
        for dialog in ElementTree.fromstring(seen.told[-1][1])
    ]


def shown(seen: Seen) -> list[list[Lamp]]:
    """Return the dialogs of each document; their versions must rise by one from 0."""
    lamps: list[list[Lamp]] = []
    for version, (_, body) in enumerate(seen.told):
        root = ElementTree.fromstring(body)
        assert root.attrib["version"] == str(version)
        assert root.attrib["state"] == "full"
        lamps.append(
            [
                (
                    dialog.attrib["direction"],
                    dialog.findtext("d:state", namespaces=NAMES) or "",
                    dialog.findtext("d:remote/d:identity", namespaces=NAMES) or "",
                )
                for dialog in root
            ]
        )
    return lamps


def test_a_lamp_follows_a_call_from_its_ringing_to_its_end(office: MakeOffice) -> None:
    world = office(THREE)
    anna, bob = world.register("101", "102")
    watcher = station(world)
    called, caller = watcher.subscribe("102"), watcher.subscribe("101")
    world.advance(1.0)
    bob.user = answers_after(2.0)
    anna.call("102")
    world.advance(5.0)
    anna.hang_up()
    world.advance(1.0)
    one, two = f"sip:101@{SWITCH}", f"sip:102@{SWITCH}"
    assert shown(called) == [
        [],
        [("recipient", "trying", one)],
        [("recipient", "early", one)],
        [("recipient", "confirmed", one)],
        [("recipient", "terminated", one)],
    ]
    assert shown(caller) == [
        [],
        [("initiator", "trying", two)],
        [("initiator", "confirmed", two)],
        [("initiator", "terminated", two)],
    ]


def test_who_begins_to_watch_in_the_middle_of_a_call_sees_it(office: MakeOffice) -> None:
    world = office(THREE)
    anna, bob = world.register("101", "102")
    bob.user = answers_after(1.0)
    anna.call("102")
    world.advance(3.0)
    seen = station(world).subscribe("102")
    world.advance(1.0)
    assert shown(seen) == [[("recipient", "confirmed", f"sip:101@{SWITCH}")]]


def test_a_refused_call_leaves_the_lamp_dark(office: MakeOffice) -> None:
    world = office(THREE)
    anna, bob = world.register("101", "102")
    watcher = station(world)
    seen = watcher.subscribe("102")
    world.advance(1.0)
    bob.user = refuses_with(486)
    anna.call("102")
    world.advance(2.0)
    assert shown(seen)[-1][-1][1] == "terminated"
    again = watcher.subscribe("102")
    world.advance(1.0)
    assert shown(again) == [[]]


def test_nobody_watches_whom_nobody_knows(office: MakeOffice) -> None:
    world = office(THREE)
    watcher = station(world)
    seen = watcher.subscribe("999")
    world.advance(1.0)
    assert seen.over == Over("refused")
    assert watcher.statuses == [401, 404]


def test_when_nobody_watches_any_more_nothing_is_noted(office: MakeOffice) -> None:
    world = office(THREE)
    anna, bob = world.register("101", "102")
    watcher = station(world)
    seen = watcher.subscribe("102")
    world.advance(1.0)
    assert world.switch.watch.is_on
    watcher.unsubscribe(seen)
    world.advance(1.0)
    assert not world.switch.watch.is_on
    bob.user = answers_after(1.0)
    anna.call("102")
    world.advance(3.0)
    assert not any(world.switch.watch.counts().values())
    assert "CallOffered" in [logged.kind for logged in world.journal]


def test_what_is_watched_is_logged_all_the_same(office: MakeOffice) -> None:
    world = office(THREE)
    anna, bob = world.register("101", "102")
    station(world).subscribe("102")
    world.advance(1.0)
    bob.user = answers_after(1.0)
    anna.call("102")
    world.advance(3.0)
    anna.hang_up()
    world.advance(2.0)
    entries = [logged.seq for logged in world.journal]
    assert entries == list(range(1, len(entries) + 1))


def test_a_lamp_that_blinks_is_enough_to_pick_up_the_call(office: MakeOffice) -> None:
    world = office(THREE + "departments: {all: {number: 600, members: [102, 103]}}\n")
    anna, bob, carol = world.register("101", "102", "103")
    watcher = station(world)
    lamp, callers = watcher.subscribe("102"), watcher.subscribe("101")
    world.advance(1.0)
    anna.call("102")
    world.until(lambda: bob.ringing)
    world.advance(1.0)
    [replaces] = named(lamp)
    assert named(callers) == [""]
    call, outputs = carol.phone.call(
        "102", carol.describe(), carol.now, ((Header.REPLACES, replaces),)
    )
    carol.send(outputs)
    world.until(lambda: call in carol.connected and anna.connected)
    world.advance(1.0)
    assert not bob.ringing
    assert named(lamp) == [""]


def test_the_lamp_of_somebody_elses_department_names_no_call(office: MakeOffice) -> None:
    world = office(THREE + "departments: {all: {number: 600, members: [101, 102]}}\n")
    anna, bob = world.register("101", "102")
    watcher = station(world)
    lamp = watcher.subscribe("102")
    world.advance(1.0)
    anna.call("102")
    world.until(lambda: bob.ringing)
    world.advance(1.0)
    assert named(lamp) == [""]
