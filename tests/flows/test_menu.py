"""The menu answers the company's number."""

import pytest

from softswitch.routing.plan import Prompt
from tests.flows.conftest import MakeOffice
from tests.support.handset import Handset
from tests.support.office import Office

NUMBER = "+48221234567"
GREETING = 2.0
"""Seconds that every spoken text takes in these stories."""

COMPANY = """
employees:
  101: {name: Caller, password: p}
  102: {name: Secretary, password: p}
  103: {name: Sales one, password: p}
  104: {name: Sales two, password: p}
  105: {name: Accountant, password: p}
departments:
  sales: {number: 600, ring: all at once, members: [103, 104]}
menus:
  main:
    greeting: {say: Welcome}
    keys: {1: department sales, 2: menu bills, 0: employee 102, "*": employee 105}
    dial: extensions
    nothing_pressed: {after: 5s, to: employee 102}
    invalid: {tries: 3, to: employee 104, say: Not valid}
  bills:
    greeting: {say: Bills}
    keys: {1: employee 105, "*": back}
    dial: none
    nothing_pressed: {after: 5s, to: employee 104}
numbers:
  "+48 22 123 45 67": menu main
"""


def in_the_menu(world: Office, *others: str) -> Handset:
    """Return a caller who has been answered by the menu this very moment."""
    caller, *_ = world.register("101", *others)
    caller.call(NUMBER)
    world.until(lambda: caller.connected, within=1.0)
    return caller


def keys(world: Office) -> list[str]:
    """Return the keys that the records speak of."""
    return [note.detail for record in world.records for step in record.steps for note in step.notes]


@pytest.mark.feature("F1")
def test_a_caller_of_the_main_number_keys_an_extension_and_is_connected(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "105")
    accountant = world.handsets["105"]
    world.advance(GREETING + 0.5)
    caller.press("105")
    world.until(lambda: accountant.ringing, within=4.0)
    accountant.pick_up(next(iter(accountant.ringing)))
    world.advance(0.5)
    assert accountant.connected
    assert caller.connected
    accountant.say(bytes(160 * 50))
    world.advance(1.2)
    assert caller.heard()[-4000:].min() < -30000


@pytest.mark.feature("F2")
def test_a_key_stops_the_prompt_at_once(office: MakeOffice) -> None:
    def loud(prompt: Prompt) -> tuple[str, ...]:
        return ("tone:beep",) * 20 if prompt.say else ()

    world = office(COMPANY, prompts=loud)
    caller = in_the_menu(world, "105")
    world.advance(0.5)
    assert caller.talk().heard, "the greeting is playing"
    caller.press("1")
    pressed = world.now + 0.1
    world.advance(0.3)
    last = max(when for when, _ in caller.talk().heard)
    assert last <= pressed + 0.04 + 0.02, "it went on playing"
    caller.press("05")
    world.until(lambda: world.ringing == {"105"}, within=3.0)


@pytest.mark.feature("F3", "F116")
def test_nothing_pressed_leads_to_the_default_five_seconds_after_the_greeting(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    in_the_menu(world, "102")
    answered = world.now
    world.until(lambda: world.ringing == {"102"}, within=10.0)
    assert world.now - answered == pytest.approx(GREETING + 5.0, abs=0.1)


def test_a_key_leads_to_its_department(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "103", "104")
    caller.press("1#")
    world.until(lambda: world.ringing == {"103", "104"}, within=1.0)


@pytest.mark.feature("F4")
def test_a_departments_number_dialled_in_the_menu_rings_it_by_its_own_rule(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "103", "104")
    caller.press("600")
    world.until(lambda: world.ringing == {"103", "104"}, within=4.0)


def test_a_key_that_begins_an_extension_waits_for_the_next_digit(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "103", "104")
    caller.press("1")
    world.advance(1.9)
    assert not world.ringing
    world.until(lambda: world.ringing == {"103", "104"}, within=1.0)


def test_a_key_that_begins_nothing_else_leads_on_at_once(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "102")
    caller.press("0")
    world.until(lambda: world.ringing == {"102"}, within=0.5)


@pytest.mark.feature("F7")
def test_hash_ends_the_number_at_once_and_star_is_an_option(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "103", "104", "105")
    caller.press("1#")
    world.until(lambda: world.ringing == {"103", "104"}, within=0.6)
    caller.hang_up()
    world.advance(1.0)
    caller.call(NUMBER)
    world.until(lambda: caller.connected)
    caller.press("*")
    world.until(lambda: world.ringing == {"105"}, within=0.5)


def test_a_hash_after_a_number_that_was_complete_is_not_heard_by_the_next_menu(
    office: MakeOffice,
) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "104")
    caller.press("2#")
    world.advance(4.0)
    assert not world.ringing
    caller.hang_up()
    world.advance(0.5)
    assert "#" not in keys(world)


@pytest.mark.feature("F8")
def test_wrong_keys_are_said_to_be_wrong_and_the_third_leads_to_the_fallback(
    office: MakeOffice,
) -> None:
    def spoken(prompt: Prompt) -> tuple[str, ...]:
        return ("tone:beep",) if prompt.say == "Not valid" else ("tone:silence:1000",)

    world = office(COMPANY, prompts=spoken)
    caller = in_the_menu(world, "104")
    for attempt in range(3):
        assert not world.ringing, f"after {attempt} tries"
        said = len(caller.heard())
        caller.press("999#")
        world.advance(2.5)
        if attempt < 2:
            assert abs(caller.heard()[said:]).max(initial=0) > 1000, "it was not said"
    assert world.ringing == {"104"}


def test_a_menu_within_a_menu_and_back(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "102", "105")
    caller.press("2")
    world.advance(1.0)
    caller.press("*")
    world.advance(1.0)
    assert not world.ringing
    caller.press("0")
    world.until(lambda: world.ringing == {"102"}, within=1.0)


def test_an_inner_menu_has_its_own_keys_and_its_own_default(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "104", "105")
    caller.press("2")
    world.advance(0.5)
    caller.press("1")
    world.until(lambda: world.ringing == {"105"}, within=1.0)
    caller.hang_up()
    world.advance(1.0)
    caller.call(NUMBER)
    world.until(lambda: caller.connected)
    caller.press("2")
    world.until(lambda: world.ringing == {"104"}, within=GREETING + 5.5)


@pytest.mark.feature("F16")
def test_who_keys_the_accountants_extension_has_no_leg_to_the_secretary(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "102", "105")
    caller.press("105#")
    world.until(lambda: world.ringing == {"105"}, within=2.0)
    accountant = world.handsets["105"]
    accountant.pick_up(next(iter(accountant.ringing)))
    world.advance(1.0)
    caller.hang_up()
    world.advance(1.0)
    [record] = world.records
    assert {leg.extension for leg in record.legs} == {"101", "105"}
    assert record.answered_by == "105"


def test_a_caller_who_hangs_up_in_the_menu_leaves_nothing_behind(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world)
    world.advance(1.0)
    caller.hang_up()
    world.advance(0.5)
    [record] = world.records
    assert record.by == "caller"
    assert record.stage == "menu"


def test_a_caller_out_of_the_menu_hears_ringing_while_the_phone_rings(office: MakeOffice) -> None:
    world = office(COMPANY)
    caller = in_the_menu(world, "102")
    caller.press("0")
    world.until(lambda: world.ringing == {"102"}, within=1.0)
    before = len(caller.heard())
    world.advance(1.0)
    ringback = caller.heard()[before:]
    assert abs(ringback).max() > 1000


@pytest.mark.feature("F18")
def test_each_of_several_callers_is_answered_up_to_the_limit(office: MakeOffice) -> None:
    people = "".join(f"  {n}: {{name: N{n}, password: p}}\n" for n in range(200, 205))
    world = office(
        COMPANY.replace("employees:\n", "employees:\n" + people).replace(
            '"+48 22 123 45 67": menu main',
            '"+48 22 123 45 67": {open: menu main, limit: 4, full: employee 102}',
        )
    )
    *callers, _secretary = world.register("200", "201", "202", "203", "204", "102")
    for caller in callers:
        caller.call(NUMBER)
    world.advance(0.5)
    assert [bool(caller.connected) for caller in callers] == [True] * 4 + [False]
    assert world.ringing == {"102"}
