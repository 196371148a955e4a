"""Lamps of those who are handed on, joined or picked up: they show who talks with whom now."""

from xml.etree import ElementTree

import pytest

from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.flows.test_pick_up import ringing, take_place
from tests.flows.test_transfers import COMPANY, connect, consulting, only, talking
from tests.support.handset import answers_after, refuses_with, rings
from tests.support.office import SIP_PORT, SWITCH, Office
from tests.support.station import Seen, Station


class Lamps:
    """What a telephone that watches everybody is shown."""

    def __init__(self, world: Office) -> None:
        address = "10.0.2.1", 5060
        by = Station(world.world, world.network, "104", "p", address, (SWITCH, SIP_PORT))
        self._world = world
        self._seen = {number: by.subscribe(number) for number in ("101", "102", "103")}
        world.advance(1.0)

    def of(self, number: str) -> list[tuple[str, str, str]]:
        """Return the state, partner and partner's name of each dialog that an extension has."""
        self._world.advance(1.0)
        return _last(self._seen[number])

    def pair(self, one: str, two: str) -> bool:
        """Whether each of two is shown talking with the other, and with nobody else."""
        return [self._partners(one), self._partners(two)] == [[two], [one]]

    def _partners(self, number: str) -> list[str]:
        return [who for state, who, _ in self.of(number) if state == "confirmed"]


def _last(seen: Seen) -> list[tuple[str, str, str]]:
    names = {"d": "urn:ietf:params:xml:ns:dialog-info"}
    dialogs = []
    for dialog in ElementTree.fromstring(seen.told[-1][1]):
        identity = dialog.find("d:remote/d:identity", names)
        assert identity is not None
        who = (identity.text or "").removeprefix("sip:").removesuffix(f"@{SWITCH}")
        state = dialog.findtext("d:state", namespaces=names) or ""
        dialogs.append((state, who, identity.attrib.get("display", "")))
    return dialogs


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("transferor", ["101", "102"])
def test_a_blind_transfer_shows_the_target_and_whom_it_was_given(
    office: MakeOffice, transferor: str, direct: bool
) -> None:
    world = office(COMPANY, direct=direct)
    one, two = talking(world)
    lamps = Lamps(world)
    by, other = (one, two) if transferor == "101" else (two, one)
    three = world.handsets["103"]
    three.user = rings
    by.transfer(only(by), "103")
    world.until(lambda: three.ringing)
    name = {"101": "One", "102": "Two"}[other.number]
    assert lamps.of("103") == [("early", other.number, name)]
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: three.connected)
    assert lamps.pair(other.number, "103")
    assert lamps.of(other.number) == [("confirmed", "103", "Three")]
    assert [state for state, *_ in lamps.of(by.number)] == ["terminated"]


@pytest.mark.parametrize("transferor", ["101", "102"])
def test_a_transfer_that_fails_shows_the_transferor_again(
    office: MakeOffice, transferor: str
) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    lamps = Lamps(world)
    by = one if transferor == "101" else two
    world.handsets["103"].user = refuses_with(486)
    by.transfer(only(by), "103")
    world.until(lambda: "486" in by.reports)
    assert lamps.pair("101", "102")


def test_an_attended_transfer_shows_both_who_were_joined(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two, three, first, second = consulting(world)
    three.user = rings
    world.until(lambda: three.ringing)
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: second in two.connected)
    lamps = Lamps(world)
    assert [who for _, who, _ in lamps.of("103")] == ["102"]
    two.transfer(first, "103", replaces=second)
    world.until(lambda: not two.connected)
    assert lamps.pair(one.number, three.number)


def test_a_transfer_while_it_rings_shows_for_whom_it_rings(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    three = world.handsets["103"]
    three.user = rings
    first = only(two)
    second = two.call("103")
    world.until(lambda: three.ringing)
    lamps = Lamps(world)
    two.transfer(first, "103", replaces=second)
    world.until(lambda: two.referred_with)
    assert lamps.of("103") == [("early", "101", "One")]
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: three.connected and not two.connected)
    assert lamps.pair(one.number, "103")


def test_who_has_picked_up_is_shown_to_who_calls(office: MakeOffice) -> None:
    company = COMPANY.replace("members: [103, 104]", "members: [102, 103]")
    world = office(company)
    one, three = ringing(world, "103")
    lamps = Lamps(world)
    two = world.handsets["102"]
    take_place(two, three)
    world.until(lambda: two.connected and one.connected)
    assert lamps.pair("101", "102")
    assert lamps.of("101") == [("confirmed", "102", "Two")]


@pytest.mark.parametrize("place", ["caller", "callee"])
def test_another_telephone_of_the_same_extension_is_the_same_partner(
    office: MakeOffice, place: str
) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    lamps = Lamps(world)
    old = one if place == "caller" else two
    new = world.handset(old.number, address="10.0.2.9")
    new.register()
    world.until(lambda: new.registered)
    call = take_place(new, old)
    world.until(lambda: call in new.connected and not old.connected)
    world.advance(2.0)
    assert lamps.pair("101", "102")


def test_of_a_department_the_one_who_has_answered_is_shown(office: MakeOffice) -> None:
    world = office(COMPANY)
    world.register("101", "103")
    lamps = Lamps(world)
    one, three = world.handsets["101"], world.handsets["103"]
    three.user = answers_after(1.0)
    one.call("600")
    world.until(lambda: three.ringing)
    assert [lamp[1] for lamp in lamps.of("101")] == ["600"]
    world.until(lambda: one.connected)
    assert lamps.pair("101", "103")


def test_an_application_that_somebody_was_handed_to_is_shown_by_its_number(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    _, two = talking(world)
    lamps = Lamps(world)
    two.transfer(only(two), "*43")
    world.until(lambda: not two.connected)
    assert [lamp[:2] for lamp in lamps.of("101")] == [("confirmed", "*43")]


def test_a_caller_who_hides_stays_hidden_when_he_is_handed_on(office: MakeOffice) -> None:
    world = office(COMPANY)
    world.register("101", "102", "103", "104")
    one, two, three = (world.handsets[number] for number in ("101", "102", "103"))
    two.user = three.user = answers_after(1.0)
    hides = ((Header.PRIVACY, "id"),)
    _, outputs = one.phone.call("102", one.describe(), one.now, hides)
    one.send(outputs)
    world.until(lambda: two.connected)
    world.advance(1.0)
    lamps = Lamps(world)
    two.transfer(only(two), "103")
    world.until(lambda: three.connected)
    assert lamps.of("103") == [("confirmed", "anonymous", "Anonymous")]
    assert lamps.of("101") == [("confirmed", "103", "Three")]


def test_a_hidden_caller_joined_by_an_attended_transfer_stays_hidden(office: MakeOffice) -> None:
    world = office(COMPANY)
    world.register("101", "102", "103", "104")
    one, two, three = (world.handsets[number] for number in ("101", "102", "103"))
    two.user = answers_after(1.0)
    hides = ((Header.PRIVACY, "id"),)
    _, outputs = one.phone.call("102", one.describe(), one.now, hides)
    one.send(outputs)
    world.until(lambda: two.connected)
    first = only(two)
    second = connect(world, two, three)
    lamps = Lamps(world)
    two.transfer(first, "103", replaces=second)
    world.until(lambda: not two.connected)
    assert lamps.of("103") == [("confirmed", "anonymous", "Anonymous")]
