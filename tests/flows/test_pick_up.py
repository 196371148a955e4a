"""Calls picked up by an INVITE with Replaces (RFC 3891): ringing ones, and those that are on."""

import pytest

from softswitch.calls.record import Cause
from softswitch.sip.message import Header
from tests.flows.conftest import MakeOffice
from tests.flows.test_transfers import COMPANY, assert_they_talk, only_record, talking
from tests.support.handset import Handset, rings
from tests.support.office import Office


def take_place(handset: Handset, of: Handset, *, offers: bool = True) -> str:
    """Call with Replaces, naming the one dialog that `of` is in; return the call."""
    [view] = of.phone.dialogs()
    value = f"{view.call_id};to-tag={view.remote_tag};from-tag={view.local_tag}"
    body = handset.describe() if offers else b""
    headers = ((Header.REPLACES, value),)
    call, outputs = handset.phone.call(of.number, body, handset.now, headers)
    handset.send(outputs)
    return call


def ringing(world: Office, number: str) -> tuple[Handset, Handset]:
    world.register("101", "102", "103", "104")
    one, target = world.handsets["101"], world.handsets[number]
    target.user = rings
    one.call(number)
    world.until(lambda: target.ringing)
    world.advance(0.5)
    return one, target


def test_a_ringing_call_is_picked_up_by_a_colleague(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, three = ringing(world, "103")
    four = world.handsets["104"]
    call = take_place(four, three)
    world.until(lambda: call in four.connected and one.connected)
    world.advance(0.5)
    assert not three.ringing
    assert "elsewhere" in three.cancel_reason
    assert_they_talk(world, one, four)
    four.hang_up()
    record = only_record(world)
    assert (record.cause, record.answered_by) == (Cause.CALLEE_HUNG_UP, "104")
    assert {leg.extension: leg.outcome for leg in record.legs} == {
        "101": "answered",
        "103": "487",
        "104": "answered",
    }


def test_a_stranger_to_the_department_picks_nothing_up(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, three = ringing(world, "103")
    two = world.handsets["102"]
    take_place(two, three)
    world.until(lambda: two.refused_with)
    assert two.refused_with == 403
    assert three.ringing
    three.pick_up(next(iter(three.ringing)))
    world.until(lambda: three.connected and one.connected)
    assert_they_talk(world, one, three)


@pytest.mark.parametrize("place", ["caller", "callee"])
def test_a_call_moves_between_two_telephones_of_an_extension(
    office: MakeOffice, place: str
) -> None:
    world = office(COMPANY)
    one, two = talking(world)
    old, stays = (one, two) if place == "caller" else (two, one)
    new = world.handset(old.number, address="10.0.2.9")
    new.register()
    world.until(lambda: new.registered)
    call = take_place(new, old)
    world.until(lambda: call in new.connected and not old.connected)
    assert stays.connected
    assert_they_talk(world, stays, new)
    new.hang_up()
    record = only_record(world)
    assert record.cause is Cause.CALLEE_HUNG_UP
    assert len(record.legs) == 3


def test_nobody_breaks_into_a_call_of_others(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, three = talking(world, "101", "103")
    four = world.handsets["104"]
    take_place(four, three)
    world.until(lambda: four.refused_with)
    assert four.refused_with == 403
    assert_they_talk(world, one, three)


def test_a_pick_up_that_nobody_can_understand_leaves_it_ringing(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, three = ringing(world, "103")
    four = world.handsets["104"]
    four.codecs = ("96 opus",)
    take_place(four, three)
    world.until(lambda: four.refused_with)
    assert four.refused_with == 488
    assert three.ringing
    one.hang_up()
    world.until(lambda: not three.ringing)
