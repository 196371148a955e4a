"""What holds of every decision, on every configuration that an owner can write."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softswitch.routing.decide import HOP_LIMIT, decide, follow, redirected
from softswitch.routing.explain import Node, Way, explain, paths, walk
from softswitch.routing.hunt import Exhausted, Hunt, StartRinging, StopRinging
from softswitch.routing.model import Configuration, Dialled
from softswitch.routing.plan import (
    EnterMenu,
    EnterVoicemail,
    HangUp,
    Next,
    Outcome,
    Ring,
    RoutePlan,
)
from softswitch.routing.rehearsal import Reaction, rehearse
from tests.support.configurations import Still, calls, configurations, states

RINGS = {Outcome.BUSY, Outcome.NO_ANSWER, Outcome.NOT_REGISTERED, Outcome.REFUSED}

relaxed = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
"""Drawing a whole configuration takes long, and it goes through the loader."""


def onward(plan: RoutePlan) -> list[Next]:
    step = plan.step
    match step:
        case Ring() | EnterVoicemail():
            return list(step.on.values())
        case EnterMenu():
            return [*step.on.values(), *step.keys.values(), *step.dialled.values()]
        case _:
            return []


def trial(data: st.DataObject) -> tuple[Configuration, Dialled, Still]:
    config = data.draw(configurations())
    return config, data.draw(calls(config)), data.draw(states(config))


@relaxed
@given(st.data())
def test_every_call_has_a_plan_with_a_reason_and_every_walk_through_it_ends(
    data: st.DataObject,
) -> None:
    config, call, state = trial(data)
    plan = decide(config, call, state)
    for _ in range(HOP_LIMIT + 2):
        assert plan.because
        following = onward(plan)
        if not following:
            return
        plan = follow(config, data.draw(st.sampled_from(following)), call, state)
    raise AssertionError("this call is sent on for ever")


@relaxed
@given(st.data())
def test_the_same_call_has_the_same_plan(data: st.DataObject) -> None:
    config, call, state = trial(data)
    one, other = decide(config, call, state), decide(config, call, state)
    assert str(one.because) == str(other.because)
    assert onward(one) == onward(other)


@relaxed
@given(st.data())
def test_whoever_rings_has_a_phone_and_is_neither_busy_nor_the_caller(
    data: st.DataObject,
) -> None:
    config, call, state = trial(data)
    step = decide(config, call, state).step
    if not isinstance(step, Ring):
        return
    assert step.members
    assert set(step.on) == RINGS
    lenient = step.name.startswith("department") and not (
        config.departments[step.name.removeprefix("department ")].skip_busy
    )
    for member in step.members:
        assert state.registered(member.extension)
        assert lenient or not state.busy(member.extension)
        assert member.extension != call.caller


@relaxed
@given(st.data())
def test_a_phone_that_sends_a_call_on_cannot_make_it_circle(data: st.DataObject) -> None:
    config, call, _ = trial(data)
    state = Still(frozenset(config.employees))
    plan = decide(config, call, state)
    for _ in range(HOP_LIMIT + 2):
        step = plan.step
        if not isinstance(step, Ring):
            return
        following = step.on[Outcome.NO_ANSWER]
        by = step.members[0].extension
        to = data.draw(st.sampled_from([*sorted(config.employees), "999"]))
        plan = redirected(config, call, by, to, following.visited, following.hops, state)
        assert plan.because
    raise AssertionError("this call is sent on for ever")


@relaxed
@given(st.data())
def test_a_phone_sends_a_call_only_where_it_may_call_itself(data: st.DataObject) -> None:
    config, call, state = trial(data)
    by = data.draw(st.sampled_from(sorted(config.employees)))
    wild = st.text("0123456789*#+", max_size=8)
    to = data.draw(st.one_of(st.sampled_from(sorted(config.directory)), wild))
    sent_on = redirected(config, call, by, to, (), 0, state)
    own = decide(config, Dialled(to, by, call.at), state)
    if is_refused(own):
        assert is_refused(sent_on)


def is_refused(plan: RoutePlan) -> bool:
    return isinstance(plan.step, HangUp) and plan.step.reason in ("not-allowed", "unknown-number")


@relaxed
@given(st.data())
def test_the_tree_is_what_following_each_outcome_finds(data: st.DataObject) -> None:
    config, call, state = trial(data)
    tree = explain(config, call, state)
    for path in list(paths(tree, 3))[:40]:
        nodes = walk(tree, path)
        assert len(nodes) == len(path) + 1
        plan = decide(config, call, state)
        for way, node in zip(path, nodes[1:], strict=True):
            plan = follow(config, taken(plan, way), call, state)
            assert plan.because == node.plan.because
    assert no_larger(tree, 5000)


def taken(plan: RoutePlan, way: Way) -> Next:
    step = plan.step
    assert isinstance(step, Ring | EnterMenu | EnterVoicemail)
    if way.kind == "outcome":
        return step.on[Outcome(way.value)]
    assert isinstance(step, EnterMenu)
    return step.keys[way.value] if way.kind == "key" else step.dialled[way.value]


def no_larger(tree: Node, steps: int) -> bool:
    count, waiting = 0, [tree]
    while waiting:
        count += 1
        waiting += [branch.node for branch in waiting.pop().branches if branch.node is not None]
    return count <= steps


@relaxed
@given(st.data())
def test_a_hunt_rings_each_at_most_once_and_ends_within_its_time(data: st.DataObject) -> None:
    config, call, _ = trial(data)
    step = decide(config, call, Still(frozenset(config.employees))).step
    if not isinstance(step, Ring):
        return
    outcomes = st.sampled_from(sorted(RINGS))
    reactions = {
        member.extension: Reaction(Outcome(data.draw(outcomes)), data.draw(st.integers(0, 50)))
        for member in step.members
        if data.draw(st.booleans())
    }
    rehearsal = rehearse(step, reactions)
    assert rehearsal.seconds <= step.timeout
    assert rehearsal.outcome in step.on
    rang = [ringing.extension for ringing in rehearsal.ringing]
    assert len(rang) == len(set(rang))
    assert all(0 <= one.start <= one.stop <= rehearsal.seconds for one in rehearsal.ringing)


@relaxed
@given(st.data())
def test_whatever_a_hunt_starts_it_stops_or_hears_of(data: st.DataObject) -> None:
    config, call, _ = trial(data)
    step = decide(config, call, Still(frozenset(config.employees))).step
    if not isinstance(step, Ring):
        return
    now = 0.0
    ringing: set[str] = set()
    hunt = Hunt(step, now)
    outputs = hunt.start(now)
    while True:
        for output in outputs:
            match output:
                case StartRinging(extension):
                    assert extension not in ringing
                    ringing.add(extension)
                case StopRinging(extension):
                    ringing.remove(extension)
                case Exhausted():
                    assert not ringing
                    assert hunt.deadline is None
                    assert hunt.expire(now + 100) == []
                    return
        assert set(hunt.ringing) == ringing
        assert hunt.deadline is not None
        somebody_refuses = data.draw(st.booleans())
        if ringing and somebody_refuses:
            gone = data.draw(st.sampled_from(sorted(ringing)))
            ringing.remove(gone)
            outputs = hunt.refused(gone, Outcome.REFUSED, now)
        else:
            now = max(now, hunt.deadline)
            outputs = hunt.expire(now)
