"""Public numbers lead to different places at different times."""

from collections.abc import Callable
from datetime import datetime

import pytest

from softswitch.calls.facts import StepEntered
from softswitch.routing.plan import Prompt
from tests.flows.conftest import MakeOffice
from tests.support.handset import Handset, redirects_to
from tests.support.office import Office

NUMBER = "+48221234567"
COMPANY = """
employees:
  101: {{name: Caller, password: p}}
  102: {{name: Secretary, password: p}}
  103: {{name: Guard, password: p}}
departments:
  sales: {{number: 600, members: [102]}}
  night: {{number: 601, members: [103]}}
menus:
  day:
    greeting: {{say: Day}}
    keys: {{1: employee 102}}
    nothing_pressed: {{to: employee 102}}
  dark:
    greeting: {{say: Night}}
    keys: {{1: employee 103}}
    nothing_pressed: {{to: employee 103}}
voicemail:
  days: {{greeting: {{say: Day box}}}}
  nights: {{greeting: {{say: Night box}}}}
schedules:
  office:
    zone: Europe/Warsaw
    open: [mon-fri 09:00-18:00, sat 10:00-14:00]
numbers:
  "+48 22 123 45 67": {route}
"""
NOON = "2026-03-02T12:00:00+01:00"
NIGHT = "2026-03-02T22:00:00+01:00"
SATURDAY = "2026-03-07T11:00:00+01:00"
SUNDAY = "2026-03-08T11:00:00+01:00"
SUMMER_MORNING = "2026-07-06T07:30:00+00:00"
WINTER_MORNING = "2026-01-05T07:30:00+00:00"


def company(route: str) -> str:
    return COMPANY.format(route=route)


@pytest.mark.feature("F13", "F110")
@pytest.mark.parametrize(
    ("moment", "rings"),
    [
        (NOON, "102"),
        (NIGHT, "103"),
        (SATURDAY, "102"),
        (SUNDAY, "103"),
        (SUMMER_MORNING, "102"),
        (WINTER_MORNING, "103"),
    ],
)
def test_the_same_number_leads_elsewhere_at_another_time(
    office: MakeOffice, moment: str, rings: str
) -> None:
    route = "{hours: office, open: employee 102, closed: employee 103}"
    world = office(company(route), at=datetime.fromisoformat(moment))
    caller, *_ = world.register("101", "102", "103")
    caller.call(NUMBER)
    world.advance(0.5)
    assert world.ringing == {rings}


@pytest.mark.feature("F113")
@pytest.mark.parametrize("moment", [NOON, NIGHT, SUNDAY])
def test_a_number_without_hours_is_open_round_the_clock(office: MakeOffice, moment: str) -> None:
    world = office(company("employee 102"), at=datetime.fromisoformat(moment))
    caller, *_ = world.register("101", "102")
    caller.call(NUMBER)
    world.advance(0.5)
    assert world.ringing == {"102"}


CHOICES = [
    ("department {department}", 0.5),
    ("employee {employee}", 0.5),
    ("menu {menu}", 8.0),
]


@pytest.mark.feature("F114", "F117")
@pytest.mark.parametrize(("choice", "within"), CHOICES, ids=["department", "employee", "menu"])
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_open_and_closed_have_the_same_choices(
    office: MakeOffice, choice: str, within: float, is_open: bool
) -> None:
    day = choice.format(department="sales", employee="102", menu="day")
    night = choice.format(department="night", employee="103", menu="dark")
    route = f"{{hours: office, open: {day}, closed: {night}}}"
    world = office(company(route), at=datetime.fromisoformat(NOON if is_open else NIGHT))
    caller, *_ = world.register("101", "102", "103")
    caller.call(NUMBER)
    world.until(lambda: world.ringing == {"102" if is_open else "103"}, within=within)


@pytest.mark.feature("F24")
@pytest.mark.parametrize(("moment", "greeting"), [(NOON, "Day box"), (NIGHT, "Night box")])
def test_by_day_the_day_greeting_and_at_night_the_other(
    office: MakeOffice, moment: str, greeting: str
) -> None:
    said: list[str] = []

    def spoken(prompt: Prompt) -> tuple[str, ...]:
        said.append(prompt.say)
        return ("tone:silence:1000",)

    route = "{hours: office, open: voicemail days, closed: voicemail nights}"
    world = office(company(route), at=datetime.fromisoformat(moment), prompts=spoken)
    (caller,) = world.register("101")
    caller.call(NUMBER)
    world.advance(1.0)
    assert caller.connected
    assert said == [greeting]


LIMITED = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
  104: {name: Away, password: p, not_registered: number +48221234567}
menus:
  main:
    greeting: {say: Welcome}
    keys: {1: number +48221234567}
    nothing_pressed: {after: 20s, to: hang up}
voicemail:
  desk: {greeting: {say: Full}}
numbers:
  "+48 22 123 45 67": {open: echo, limit: 1, full: voicemail desk}
  "+48 22 123 45 68": menu main
"""


def taken_to(world: Office) -> list[str]:
    """Return the applications that calls have come to, in order."""
    facts = [logged.fact for logged in world.journal]
    return [f.step for f in facts if isinstance(f, StepEntered) and f.step in ("echo", "voicemail")]


@pytest.mark.feature("F18")
def test_who_has_overflowed_does_not_keep_a_number_full(office: MakeOffice) -> None:
    world = office(LIMITED)
    one, two, three = world.register("101", "102", "103")
    for caller in (one, two):
        caller.call(NUMBER)
        world.advance(0.5)
    assert taken_to(world) == ["echo", "voicemail"]
    one.hang_up()
    world.advance(0.5)
    assert two.connected
    three.call(NUMBER)
    world.advance(0.5)
    assert taken_to(world) == ["echo", "voicemail", "echo"]


def by_a_key(world: Office, caller: Handset) -> None:
    caller.call("+48221234568")
    world.advance(1.0)
    caller.press("1")


def by_a_rule(world: Office, caller: Handset) -> None:
    caller.call("104")


def by_a_telephone(world: Office, caller: Handset) -> None:
    (three,) = world.register("103")
    three.user = redirects_to(NUMBER)
    caller.call("103")


@pytest.mark.feature("F18")
@pytest.mark.parametrize("comes", [by_a_key, by_a_rule, by_a_telephone])
def test_a_call_that_comes_to_a_number_on_its_way_counts_there(
    office: MakeOffice, comes: Callable[[Office, Handset], None]
) -> None:
    world = office(LIMITED)
    one, two = world.register("101", "102")
    comes(world, one)
    world.until(lambda: taken_to(world) == ["echo"], within=5.0)
    two.call(NUMBER)
    world.advance(0.5)
    assert taken_to(world) == ["echo", "voicemail"]
    one.hang_up()
    two.hang_up()
    world.advance(0.5)
    two.call(NUMBER)
    world.advance(0.5)
    assert taken_to(world) == ["echo", "voicemail", "echo"]
