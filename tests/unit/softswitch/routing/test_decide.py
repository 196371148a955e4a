"""Where a call goes."""

import pytest
from msgspec.structs import replace

from softswitch.routing.decide import (
    HOP_LIMIT,
    decide,
    follow,
    redirected,
    returned,
    transferred,
)
from softswitch.routing.plan import (
    EnterEcho,
    EnterMenu,
    EnterVoicemail,
    Forwarded,
    HangUp,
    Outcome,
    Ring,
    RoutePlan,
    Step,
)
from tests.support.configurations import Still
from tests.unit.softswitch.routing.office import NIGHT, call, company

ALL = Still(frozenset({"101", "102", "103", "104"}))

MENUS = """
menus:
  main: {keys: {1: menu more, 2: employee 101, 9: menu main, "*": back}}
  more: {keys: {"*": back, 2: employee 101}, nothing_pressed: {to: menu main}, dial: [102]}
  last: {keys: {"*": back}, dial: none, invalid: {to: back}}
numbers: {"+48 22 1": menu main}
"""


def verdicts(plan: RoutePlan) -> list[str]:
    return [why.verdict for why in plan.because]


def box(step: Step) -> str:
    assert isinstance(step, EnterVoicemail)
    return step.box


def menu(step: Step) -> EnterMenu:
    assert isinstance(step, EnterMenu)
    return step


def test_an_extension_rings_for_its_time() -> None:
    plan = decide(company(), call("101"), ALL)
    assert isinstance(plan.step, Ring)
    assert [(m.extension, m.delay, m.timeout) for m in plan.step.members] == [("101", 0.0, 12.0)]
    assert plan.step.timeout == 12.0
    assert verdicts(plan) == ["dialled", "rings"]


def test_a_reason_names_the_rule_and_its_line() -> None:
    first = decide(company(), call("101"), ALL).because[0]
    assert (first.rule, first.file, first.line) == ("employees.101", "office.yaml", 3)


def test_what_is_kept_of_a_call_is_the_same_for_the_next() -> None:
    office = company()
    first, sent_on, again = (
        decide(office, replace(call("103"), hops=hops), ALL) for hops in (0, 3, 0)
    )
    assert first == again == decide(company(), call("103"), ALL)
    assert isinstance(first.step, Ring)
    assert isinstance(sent_on.step, Ring)
    assert sent_on.because == first.because
    hops = [{after.hops for after in step.on.values()} for step in (first.step, sent_on.step)]
    assert hops == [{1}, {4}]
    nobody = decide(office, call("103"), Still(frozenset({"101"})))
    assert verdicts(nobody) == ["dialled", "not registered", "rings"]


def test_a_number_that_nothing_has_ends_with_404() -> None:
    assert decide(company(), call("999"), ALL).step == HangUp(404, "unknown-number")


def test_who_has_no_phone_on_is_followed_at_once() -> None:
    plan = decide(company(), call("103"), Still(frozenset({"101"})))
    assert isinstance(plan.step, Ring)
    assert plan.step.name == "employee 101"
    assert verdicts(plan) == ["dialled", "not registered", "rings"]


def test_who_is_busy_is_followed_at_once() -> None:
    state = Still(ALL.present, frozenset({"101"}))
    step = decide(company(), call("101"), state).step
    assert isinstance(step, Ring)
    assert step.name == "employee 102"


def test_who_calls_oneself_is_busy() -> None:
    plan = decide(company(), call("102", caller="102"), ALL)
    assert box(plan.step) == "102"
    assert "self" in verdicts(plan)


def test_where_nothing_is_set_the_own_mailbox_answers_or_the_call_ends() -> None:
    config, nobody = company(), Still()
    assert box(decide(config, call("102"), nobody).step) == "102"
    ring = decide(config, call("103"), ALL).step
    assert isinstance(ring, Ring)
    after = {
        outcome: follow(config, following, call("103"), ALL).step
        for outcome, following in ring.on.items()
    }
    assert after[Outcome.BUSY] == HangUp(486, "busy")
    assert after[Outcome.NO_ANSWER] == HangUp(480, "no-answer")
    assert isinstance(after[Outcome.REFUSED], EnterEcho)


def test_outside_the_hours_the_call_goes_elsewhere() -> None:
    assert isinstance(decide(company(), call("104"), ALL).step, Ring)
    plan = decide(company(), call("104", at=NIGHT), ALL)
    assert box(plan.step) == "office"
    assert "closed" in verdicts(plan)


def test_a_continuation_reads_the_live_state_of_its_own_moment() -> None:
    config = company()
    plan = decide(config, call("103"), Still(frozenset({"103"})))
    assert isinstance(plan.step, Ring)
    following = plan.step.on[Outcome.NOT_REGISTERED]
    assert isinstance(follow(config, following, call("103"), ALL).step, Ring)
    assert (
        box(follow(config, following, call("103"), Still(ALL.present, ALL.present)).step) == "102"
    )


def test_a_destination_is_not_entered_twice() -> None:
    config = company(
        'numbers: {"+48 22 2": department round}\n'
        "departments: {round: {number: 600, members: [104], not_registered: number +48 22 2}}"
    )
    plan = decide(config, call("600"), Still())
    assert plan.step == HangUp(480, "loop")
    assert "loop" in verdicts(plan)


def test_a_number_leads_by_its_hours() -> None:
    rules = 'numbers: {"+48 22 1": {hours: office, open: employee 102, closed: voicemail office}}'
    config = company(rules)
    assert isinstance(decide(config, call("+48 22-1"), ALL).step, Ring)
    assert box(decide(config, call("+48221", at=NIGHT), ALL).step) == "office"


def test_a_number_with_nothing_set_rings_the_default_department() -> None:
    """F112."""
    config = company('numbers: {"+48 22 1":}\ndepartments: {sales: {members: [101, 102]}}')
    step = decide(config, call("+48221"), ALL).step
    assert isinstance(step, Ring)
    assert step.name == "department sales"


def test_without_any_department_everybody_rings() -> None:
    """F102."""
    step = decide(company('numbers: {"+48 22 1":}'), call("+48221"), ALL).step
    assert isinstance(step, Ring)
    assert [member.extension for member in step.members] == ["101", "102", "103", "104"]


def test_calls_above_the_limit_of_a_number_overflow() -> None:
    """F18."""
    config = company('numbers: {"+48 22 1": {open: echo, limit: 2, full: voicemail office}}')
    assert isinstance(decide(config, call("+48221"), Still(calls={"+48221": 1})).step, EnterEcho)
    assert box(decide(config, call("+48221"), Still(calls={"+48221": 2})).step) == "office"


def test_the_echo_test_has_a_code() -> None:
    assert isinstance(decide(company(), call("*43"), Still()).step, EnterEcho)


def test_a_menu_knows_where_its_keys_and_extensions_lead() -> None:
    config = company(MENUS)
    main = menu(decide(config, call("+48221"), ALL).step)
    assert set(main.keys) == {"1", "2", "9", "*"}
    assert main.extensions == {"101", "102", "103", "104"}
    assert (main.dialled["103"].kind, main.dialled["103"].name) == ("employee", "103")
    assert len(main.dialled) == len(list(main.dialled)) == 4
    with pytest.raises(KeyError):
        main.dialled["999"]


def test_back_leads_to_the_menu_before_and_from_the_first_to_its_beginning() -> None:
    config = company(MENUS)
    main = menu(decide(config, call("+48221"), ALL).step)
    more = menu(follow(config, main.keys["1"], call("+48221"), ALL).step)
    assert more.name == "more"
    again = menu(follow(config, more.keys["*"], call("+48221"), ALL).step)
    assert again.name == "main"
    assert menu(follow(config, again.keys["*"], call("+48221"), ALL).step).name == "main"


def test_a_caller_may_choose_the_same_thing_twice() -> None:
    config = company(MENUS)
    main = menu(decide(config, call("+48221"), ALL).step)
    again = menu(follow(config, main.keys["9"], call("+48221"), ALL).step)
    assert isinstance(follow(config, again.keys["2"], call("+48221"), ALL).step, Ring)


def test_a_menu_does_not_come_back_by_itself() -> None:
    config = company(MENUS)
    main = menu(decide(config, call("+48221"), ALL).step)
    more = menu(follow(config, main.keys["1"], call("+48221"), ALL).step)
    after = follow(config, more.on[Outcome.NOTHING_PRESSED], call("+48221"), ALL)
    assert after.step == HangUp(480, "loop")


def test_no_call_is_sent_on_for_ever_whatever_its_caller_presses() -> None:
    config = company(MENUS)
    step = decide(config, call("+48221"), ALL).step
    for _ in range(HOP_LIMIT):
        step = follow(config, menu(step).keys["9"], call("+48221"), ALL).step
    assert step == HangUp(480, "loop")


def test_a_call_that_a_phone_sends_on_is_decided_anew() -> None:
    config = company()
    plan = redirected(config, call("101"), "101", "102", ("employee 101",), 1, ALL)
    assert isinstance(plan.step, Ring)
    assert plan.step.name == "employee 102"
    assert plan.because[0].verdict == "moved"


def test_two_phones_that_send_calls_to_each_other_are_stopped() -> None:
    plan = redirected(company(), call("101"), "102", "101", ("employee 101",), 1, ALL)
    assert plan.step == HangUp(480, "loop")


def test_a_phone_may_not_send_a_call_to_what_the_directory_does_not_have() -> None:
    plan = redirected(company(), call("101"), "101", "+441632960", ("employee 101",), 1, ALL)
    assert plan.step == HangUp(403, "not-allowed")
    assert [(why.rule, why.verdict) for why in plan.because] == [
        ("employees.101", "moved"),
        ("employees.101", "may not"),
    ]


def test_a_phone_sends_a_call_as_its_own_and_cannot_reach_itself() -> None:
    config = company("departments: {all: {number: 600, members: [101, 102, 103]}}")
    plan = redirected(config, call("101", caller="103"), "101", "600", (), 1, ALL)
    assert isinstance(plan.step, Ring)
    assert [member.extension for member in plan.step.members] == ["102"]
    assert verdicts(plan)[1:3] == ["forwarder", "self"]


def test_who_sends_a_call_on_is_bound_by_the_hours_of_whom_it_goes_to() -> None:
    config = company()
    asked = call("101", at=NIGHT)
    plan = redirected(config, asked, "101", "104", (), 1, ALL)
    assert box(plan.step) == "office"
    assert verdicts(plan)[:2] == ["moved", "closed"]


def test_who_is_handed_on_goes_by_the_rules_of_whom_he_is_handed_to() -> None:
    plan = transferred(company(), call("102", caller="103"), "102", "101", 0, ALL)
    assert isinstance(plan.step, Ring)
    assert plan.step.name == "employee 101"
    assert verdicts(plan) == ["transferred", "rings"]


@pytest.mark.parametrize(("to", "step"), [
    ("102", HangUp(480, "loop")),
    ("103", HangUp(480, "loop")),
    ("+441632960", HangUp(404, "unknown-number")),
])  # fmt: skip
def test_nobody_is_handed_to_himself_or_back_or_to_nobody(to: str, step: Step) -> None:
    plan = transferred(company(), call("102", caller="103"), "102", to, 0, ALL)
    assert plan.step == step


def test_a_call_is_handed_on_so_often_and_no_more() -> None:
    asked = call("102", caller="103")
    often = transferred(company(), asked, "102", "101", HOP_LIMIT, ALL)
    assert isinstance(often.step, Ring)
    assert transferred(company(), asked, "102", "101", HOP_LIMIT + 1, ALL).step == HangUp(
        480, "loop"
    )


def test_a_caller_whom_nobody_took_comes_back() -> None:
    plan = returned(company(), call("101", caller="103"), "102", ALL)
    assert isinstance(plan.step, Ring)
    assert verdicts(plan) == ["returned", "rings"]
    gone = returned(company(), call("101", caller="103"), "199", ALL)
    assert gone.step == HangUp(404, "unknown-number")


def test_a_call_that_others_have_sent_on_too_often_goes_nowhere() -> None:
    came = replace(call("101"), hops=HOP_LIMIT)
    assert isinstance(decide(company(), came, ALL).step, Ring)
    came = replace(came, hops=HOP_LIMIT + 1)
    assert decide(company(), came, ALL).step == HangUp(480, "loop")


def test_a_plan_says_who_has_sent_the_call_on_before_its_step() -> None:
    busy = Still(ALL.present, frozenset({"101"}))
    assert decide(company(), call("101"), busy).forwarded == (Forwarded("101", "busy"),)
    away = Still(frozenset({"102"}), frozenset({"101"}))
    assert decide(company(), call("103"), away).forwarded == (
        Forwarded("103", "not registered"),
        Forwarded("101", "not registered"),
    )
    assert decide(company(), call("104", at=NIGHT), ALL).forwarded == (Forwarded("104", "closed"),)
    assert decide(company(), call("102"), ALL).forwarded == ()


def test_who_calls_himself_has_forwarded_nothing() -> None:
    assert decide(company(), call("101", caller="101"), ALL).forwarded == ()


def test_a_department_forwards_by_its_number_if_it_has_one() -> None:
    rules = "members: [103], not_registered: employee 102"
    for number, expected in (("number: 600,", (Forwarded("600", "not registered"),)), ("", ())):
        departments = (
            f"departments: {{sales: {{{number} {rules}}}}}\nnumbers: {{'+1': department sales}}"
        )
        plan = decide(company(departments), call("+1"), Still(frozenset({"102"})))
        assert plan.forwarded == expected


def test_how_a_number_rings_goes_with_the_call_and_a_department_says_it_for_itself() -> None:
    rules = """
departments: {sales: {members: [101], alert: sales}}
numbers: {"+1": {open: employee 102, alert: one}, "+2": {open: department sales, alert: two}}
"""
    plan = decide(company(rules), call("+1"), ALL)
    assert plan.alert == "<http://softswitch.invalid>;info=one"
    assert isinstance(plan.step, Ring)
    assert plan.step.alert == ""
    plan = decide(company(rules), call("+2"), ALL)
    assert isinstance(plan.step, Ring)
    assert plan.step.alert == "<http://softswitch.invalid>;info=sales"
