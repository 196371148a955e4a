"""What `explain` promises is what telephones see, for two hundred companies."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from softswitch.routing.explain import Branch, Node, Way, explain, paths, walk
from softswitch.routing.plan import EnterMenu, Outcome, Ring
from softswitch.routing.rehearsal import Reaction, rehearse
from tests.support.companies import Scene, scene
from tests.support.performance import (
    Act,
    Performance,
    agree,
    kind_and_name,
    promised,
    registrations,
)

DEPTH = 4
COMPANIES = 200
AT_ONCE = 10
"""Companies in one test."""

MIXED = 8
"""Calls to each company in which every telephone does something of its own."""

LEAST = {
    "uniform": 10_000,
    "deep": 5_000,
    "all at once": 5_000,
    "in turn": 2_000,
    "increasing": 2_000,
    "closed": 2_000,
    "full": 2_000,
    "busy": 1_000,
    "rings who is busy": 1_000,
    "tried again": 500,
    "loop": 2_000,
    "nobody": 100,
    "too far": 20,
    "key": 2_000,
    "extension": 2_000,
    **{f"outcome {outcome}": 2_000 for outcome in ("busy", "no answer", "refused")},
    "outcome not registered": 2_000,
    "outcome nothing pressed": 500,
    "outcome invalid": 500,
    "outcome failed": 200,
    "mixed at odds": 500,
    "mixed full": 100,
    "mixed closed": 100,
    "mixed rings who is busy": 100,
}
"""Ways on which each of these happens, at least, among those that are acted out."""

REACTIONS = (Outcome.BUSY, Outcome.REFUSED, Outcome.NOT_REGISTERED)
MOMENT = 0.37
"""Of a second: so no telephone refuses in the instant in which its time is over."""


def tree_of(where: Scene) -> Node:
    return explain(where.loaded.configuration, where.dialled, where.state)


def uniform(tree: Node) -> Iterator[tuple[Act, ...]]:
    """Yield every sequence of outcomes; all telephones of a step do the same."""
    for ways in paths(tree, DEPTH):
        yield tuple(Act(way) for way in ways)


def mixed(tree: Node, dice: random.Random) -> tuple[Act, ...]:
    """Return a way through the tree on which each telephone reacts for itself."""
    acts: list[Act] = []
    node = tree
    while len(acts) < DEPTH:
        onward = {branch.way: branch for branch in node.branches if branch.node is not None}
        if not onward:
            break
        act = _any_act(node, list(onward.values()), dice)
        acts.append(act)
        after = onward[act.way].node
        assert after is not None
        node = after
    return tuple(acts)


def _any_act(node: Node, onward: list[Branch], dice: random.Random) -> Act:
    ring = node.plan.step
    if not isinstance(ring, Ring):
        return Act(dice.choice(onward).way)
    reactions: dict[str, Reaction] = {}
    for member in ring.members:
        match dice.randrange(4):
            case 0:
                reactions[member.extension] = Reaction(dice.choice(REACTIONS))
            case 1 | 2:
                after = dice.randint(0, 9) + MOMENT
                reactions[member.extension] = Reaction(dice.choice(REACTIONS), after)
            case _:
                pass  # it rings
    return Act(Way("outcome", rehearse(ring, reactions).outcome), reactions)


def compare(seed: int, folder: Path) -> int:
    """Act out every sequence of outcomes of one call; return how many there were."""
    where = scene(random.Random(seed))
    place = folder / str(seed)
    place.mkdir()
    bindings = registrations(where, place)
    tree = tree_of(where)
    every = list(uniform(tree))
    dice = random.Random(seed)
    ways = [*every]
    for acts in (mixed(tree, dice) for _ in range(MIXED)):
        if acts not in ways:  # in a small company it often is
            ways.append(acts)
    for acts in ways:
        nodes = walk(tree, [act.way for act in acts])
        assert len(nodes) == len(acts) + 1
        play = Performance(where, bindings, place, nodes, acts)
        play.run()
        assert_as_explained(play, f"company {seed}, call to {where.number}, {acts}")
    return len(every)


def assert_as_explained(play: Performance, told: str) -> None:
    steps = [(kind, name) for _, kind, name in play.steps]
    assert steps == [kind_and_name(node.plan.step) for node in play.nodes], told
    for index, act in enumerate(play.acts):
        node: Node = play.nodes[index]
        if isinstance(node.plan.step, Ring):
            observed, expected = play.observed(index), promised(node, act)
            assert agree(observed, expected), f"{told}: {observed} is not {expected}"


def test_a_few_companies_are_as_explained(tmp_path: Path) -> None:
    assert sum(compare(seed, tmp_path) for seed in range(4, 8)) > 50


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, COMPANIES, AT_ONCE))
def test_every_sequence_of_outcomes_is_as_explained(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + AT_ONCE):
        assert compare(seed, tmp_path) >= 1


@pytest.mark.slow
def test_what_is_acted_out_leaves_nothing_out() -> None:
    found: Counter[str] = Counter()
    for seed in range(COMPANIES):
        where = scene(random.Random(seed))
        tree = tree_of(where)
        for acts in uniform(tree):
            found["uniform"] += 1
            found.update(_events(where, tree, acts))
        dice = random.Random(seed)
        for acts in (mixed(tree, dice) for _ in range(MIXED)):
            found.update(f"mixed {event}" for event in _events(where, tree, acts))
    assert {event: found[event] for event, least in LEAST.items() if found[event] < least} == {}


def _events(where: Scene, tree: Node, acts: tuple[Act, ...]) -> set[str]:
    """Return what happens on one way that would be missed if it never happened."""
    events: set[str] = set()
    nodes = walk(tree, [act.way for act in acts])
    if len(acts) == DEPTH:
        events.add("deep")
    for node in nodes:
        events.update(why.verdict for why in node.plan.because)
        step = node.plan.step
        if isinstance(step, Ring):
            events.add(step.strategy)
            if any(where.state.busy(member.extension) for member in step.members):
                events.add("rings who is busy")
    for node, act in zip(nodes, acts, strict=False):
        step = node.plan.step
        events.add(f"{act.way.kind} {act.way.value if act.way.kind == 'outcome' else ''}".strip())
        if isinstance(step, EnterMenu) and act.way.value == "invalid" and step.tries > 1:
            events.add("tried again")
        if isinstance(step, Ring) and act.reactions is not None:
            doing = {reaction.outcome for reaction in act.reactions.values()}
            if len(doing) > 1 or len(act.reactions) < len(step.members):
                events.add("at odds")
    return events
