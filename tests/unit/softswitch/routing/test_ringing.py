"""Who of a department rings, and when."""

from softswitch.routing.decide import decide
from softswitch.routing.plan import EnterVoicemail, HangUp, Outcome, Ring
from tests.support.configurations import Still
from tests.unit.softswitch.routing.office import NIGHT, call, company

ALL = Still(frozenset({"101", "102", "103", "104"}))


def group(rules: str, state: Still = ALL, caller: str = "+15550100") -> Ring:
    config = company(f"departments: {{sales: {{number: 600, {rules}}}}}")
    step = decide(config, call("600", caller), state).step
    assert isinstance(step, Ring)
    return step


def times(ring: Ring) -> list[tuple[str, float, float]]:
    return [(member.extension, member.delay, member.timeout) for member in ring.members]


def test_all_at_once_rings_everybody_until_the_end() -> None:
    ring = group("members: [101, 102], no_answer: {after: 30s}")
    assert times(ring) == [("101", 0, 30), ("102", 0, 30)]
    assert ring.timeout == 30


def test_without_a_time_a_member_rings_15_s() -> None:
    assert group("members: [101, 102]").timeout == 15
    assert group("ring: in turn, members: [101, 102]").timeout == 30
    assert group("ring: increasing, members: [101, 102], delay: 5s").timeout == 20


def test_in_turn_gives_each_its_own_time() -> None:
    members = "[101, {employee: 102, timeout: 5s}, {employee: 103, delay: 2s}]"
    ring = group(f"ring: in turn, timeout: 20s, members: {members}")
    assert times(ring) == [("101", 0, 20), ("102", 0, 5), ("103", 2, 20)]
    assert ring.timeout == 47


def test_increasing_counts_a_delay_from_the_start_and_the_others_from_the_one_before() -> None:
    members = "[101, 102, {employee: 103, delay: 13s}, 104]"
    ring = group(f"ring: increasing, delay: 10s, members: {members}, no_answer: {{after: 40s}}")
    assert times(ring) == [("101", 0, 40), ("102", 10, 40), ("103", 13, 40), ("104", 23, 40)]


def test_busy_members_are_left_out_and_nobody_waits_for_them() -> None:
    state = Still(ALL.present, frozenset({"101"}))
    ring = group("ring: increasing, delay: 10s, members: [101, 102, 103]", state)
    assert [(extension, delay) for extension, delay, _ in times(ring)] == [("102", 0), ("103", 10)]
    assert ring.left_out == {"101": Outcome.BUSY}


def test_who_has_a_delay_rings_at_once_when_those_before_are_not_there() -> None:
    state = Still(frozenset({"102"}))
    ring = group("members: [101, {employee: 102, delay: 20s}]", state)
    assert [(extension, delay) for extension, delay, _ in times(ring)] == [("102", 0)]
    assert ring.left_out == {"101": Outcome.NOT_REGISTERED}


def test_busy_members_ring_where_the_department_says_so() -> None:
    state = Still(ALL.present, frozenset({"101"}))
    assert len(group("skip_busy: no, members: [101, 102]", state).members) == 2


def test_a_member_who_calls_the_department_is_left_out() -> None:
    ring = group("members: [101, 102]", caller="101")
    assert [member.extension for member in ring.members] == ["102"]


def test_when_nobody_can_ring_the_call_goes_on_at_once() -> None:
    rules = "{number: 600, members: [101, 102], busy: voicemail office, not_registered: hang up}"
    config = company(f"departments: {{sales: {rules}}}")
    busy = decide(config, call("600"), Still(frozenset({"101"}), frozenset({"101"}))).step
    assert isinstance(busy, EnterVoicemail)
    assert decide(config, call("600"), Still()).step == HangUp(480, "not-registered")


def test_a_department_has_hours() -> None:
    rules = "{number: 600, members: [101], hours: office, closed: voicemail office}"
    config = company(f"departments: {{sales: {rules}}}")
    assert isinstance(decide(config, call("600"), ALL).step, Ring)
    assert isinstance(decide(config, call("600", at=NIGHT), ALL).step, EnterVoicemail)
