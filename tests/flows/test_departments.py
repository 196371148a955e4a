"""Departments ring: all at once, in turn, increasing; and exactly one of them answers."""

import pytest

from tests.flows.conftest import MakeOffice
from tests.support.handset import answers_after, refuses_with
from tests.support.office import Office

PEOPLE = """
employees:
  101: {name: Caller, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
  104: {name: Four, password: p}
  105: {name: Five, password: p}
voicemail:
  desk: {}
departments:
  sales:
    number: 600
    members: [102, 103, 104]
    no_answer: {after: 30s, to: employee 105}
"""


def department(ring: str, extra: str = "") -> str:
    return PEOPLE.rstrip() + f"\n    ring: {ring}\n" + extra


def rung(world: Office, *numbers: str) -> dict[str, tuple[float, float | None]]:
    """Return for each phone when it began to ring and when it stopped, from the call's start."""
    start = next(when for when, what in world.ladder if " calls " in what)
    times: dict[str, tuple[float, float | None]] = {}
    for when, what in world.ladder:
        number, _, verb = what.partition(" ")
        if number in numbers and verb == "rings":
            times[number] = (round(when - start, 1), None)
        elif number in numbers and verb == "stops":
            times[number] = (times[number][0], round(when - start, 1))
    return times


@pytest.mark.feature("F103", "F104")
def test_all_at_once_everybody_rings_and_the_first_answer_stops_the_others(
    office: MakeOffice,
) -> None:
    world = office(department("all at once"))
    caller, two, three, four = world.register("101", "102", "103", "104")
    three.user = answers_after(4.0)
    caller.call("600")
    world.advance(1.0)
    assert world.ringing == {"102", "103", "104"}
    world.until(lambda: three.connected)
    answered = world.now
    world.until(lambda: not world.ringing)
    assert world.now - answered <= 0.2
    for other in (two, four):
        assert other.cancel_reason == 'SIP;cause=200;text="Call completed elsewhere"'
    world.advance(0.5)
    assert caller.connected
    assert world.switch.exchange.counts()["calls"] == 1


@pytest.mark.feature("F105")
def test_in_turn_the_previous_phone_stops_before_the_next_starts(office: MakeOffice) -> None:
    world = office(department("in turn", "    timeout: 8s\n"))
    caller, *_ = world.register("101", "102", "103", "104", "105")
    caller.call("600")
    world.advance(35.0)
    assert rung(world, "102", "103", "104", "105") == {
        "102": (0.0, 8.0),
        "103": (8.0, 16.0),
        "104": (16.0, 24.0),
        "105": (24.0, None),
    }
    steps = [what for _, what in world.ladder if what.split()[1] in ("rings", "stops")]
    assert steps[:4] == ["102 rings", "102 stops", "103 rings", "103 stops"]


@pytest.mark.feature("F106")
def test_increasing_each_next_joins_while_the_earlier_go_on_ringing(office: MakeOffice) -> None:
    world = office(department("increasing", "    delay: 10s\n"))
    caller, *_ = world.register("101", "102", "103", "104", "105")
    caller.call("600")
    world.advance(10.5)
    assert world.ringing == {"102", "103"}
    world.advance(10.0)
    assert world.ringing == {"102", "103", "104"}
    world.advance(15.0)
    assert rung(world, "102", "103", "104", "105") == {
        "102": (0.0, 30.0),
        "103": (10.0, 30.0),
        "104": (20.0, 30.0),
        "105": (30.0, None),
    }


@pytest.mark.feature("F107")
@pytest.mark.parametrize(
    ("members", "delay", "times"),
    [
        ("[102, 103, 104]", "5s", {"102": 0.0, "103": 5.0, "104": 10.0}),
        ("[104, 103, 102]", "5s", {"104": 0.0, "103": 5.0, "102": 10.0}),
        ("[102, 103, 104]", "12s", {"102": 0.0, "103": 12.0, "104": 24.0}),
        ("[102, {employee: 103, delay: 15s}, 104]", "5s", {"102": 0.0, "103": 15.0, "104": 20.0}),
    ],
)
def test_order_and_delay_are_as_configured(
    office: MakeOffice, members: str, delay: str, times: dict[str, float]
) -> None:
    text = department("increasing", f"    delay: {delay}\n").replace("[102, 103, 104]", members)
    world = office(text)
    caller, *_ = world.register("101", "102", "103", "104")
    caller.call("600")
    world.advance(29.0)
    assert {n: began for n, (began, _) in rung(world, "102", "103", "104").items()} == times


def test_in_turn_one_who_declines_is_passed_at_once(office: MakeOffice) -> None:
    world = office(department("in turn"))
    caller, two, *_ = world.register("101", "102", "103", "104")
    two.user = refuses_with(603, after=2.0)
    caller.call("600")
    world.advance(2.5)
    assert world.ringing == {"103"}


def test_a_busy_member_is_left_out(office: MakeOffice) -> None:
    world = office(department("all at once"))
    caller, two, _three, _four, five = world.register("101", "102", "103", "104", "105")
    five.user = answers_after(0.5)
    two.call("105")
    world.until(lambda: two.connected)
    caller.call("600")
    world.advance(1.0)
    assert world.ringing == {"103", "104"}


def test_when_nobody_has_a_phone_on_the_caller_does_not_wait(office: MakeOffice) -> None:
    text = department("all at once", "    not_registered: employee 105\n")
    world = office(text)
    caller, _ = world.register("101", "105")
    caller.call("600")
    world.advance(0.5)
    assert world.ringing == {"105"}


def test_two_who_answer_in_the_same_instant_are_one_winner_and_one_bye(office: MakeOffice) -> None:
    world = office(department("all at once"))
    caller, two, three, four = world.register("101", "102", "103", "104")
    two.user = three.user = four.user = answers_after(3.0)
    caller.call("600")
    world.advance(3.5)
    assert len([handset for handset in (two, three, four) if handset.connected]) == 1
    assert caller.connected
    [call] = caller.phone.dialogs()
    assert call.state.value == "connected"
    assert not world.ringing


@pytest.mark.feature("F102", "F112")
def test_a_new_system_has_one_department_and_a_new_number_rings_it(office: MakeOffice) -> None:
    world = office("""
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
numbers:
  "+48 22 123 45 67":
""")
    assert list(world.loaded.configuration.departments) == ["sales"]
    caller, *_ = world.register("101", "102", "103")
    caller.call("+48221234567")
    world.advance(0.5)
    assert world.ringing >= {"102", "103"}


def test_any_number_of_departments_can_be_added(office: MakeOffice) -> None:
    people = "".join(f"  {n}: {{name: N{n}, password: p}}\n" for n in range(101, 111))
    groups = "".join(
        f"  group{n}: {{number: {n + 500}, members: [{n}]}}\n" for n in range(102, 111)
    )
    world = office(f"employees:\n{people}departments:\n{groups}")
    caller, last = world.register("101", "110")
    caller.call("610")
    world.advance(0.5)
    assert last.ringing


def test_who_takes_another_call_before_his_turn_is_passed_over(office: MakeOffice) -> None:
    world = office(department("in turn", "    timeout: 8s\n"))
    caller, _two, three, _four, five = world.register("101", "102", "103", "104", "105")
    five.user = answers_after(0.5)
    caller.call("600")
    world.advance(2.0)
    three.call("105")
    world.until(lambda: three.connected)
    world.advance(6.5)
    assert world.ringing == {"104"}, "103 is talking"
    assert three.invites == []


def test_the_busy_are_rung_where_nobody_is_to_be_skipped(office: MakeOffice) -> None:
    world = office(department("in turn", "    timeout: 8s\n    skip_busy: no\n"))
    caller, _two, three, _four, five = world.register("101", "102", "103", "104", "105")
    five.user = answers_after(0.5)
    caller.call("600")
    world.advance(2.0)
    three.call("105")
    world.until(lambda: three.connected)
    world.advance(6.5)
    assert world.ringing == {"103"}


def test_who_unregisters_before_his_turn_is_passed_over(office: MakeOffice) -> None:
    world = office(department("in turn", "    timeout: 8s\n"))
    caller, _two, three, _four = world.register("101", "102", "103", "104")
    caller.call("600")
    world.advance(2.0)
    three.unregister()
    world.advance(6.5)
    assert world.ringing == {"104"}
