"""What `explain` promises is what telephones see, for two hundred companies."""

import random
from datetime import datetime
from pathlib import Path

import pytest

from softswitch.routing.explain import Node, explain, paths, walk
from softswitch.routing.model import Dialled
from softswitch.routing.plan import Ring
from tests.support.companies import CALLER, PEOPLE, company, load, number_to_call
from tests.support.configurations import Still
from tests.support.performance import Performance, agree, kind_and_name, promised

DEPTH = 4
COMPANIES = 200
AT_ONCE = 10
"""Companies in one test."""

NOON = datetime.fromisoformat("2026-03-02T12:00:00+01:00")


def compare(seed: int, folder: Path) -> int:
    """Act out every sequence of outcomes of one call; return how many there were."""
    dice = random.Random(seed)
    loaded = load(company(dice))
    present = frozenset({CALLER, *(number for number in PEOPLE if dice.random() < 0.8)})
    number = number_to_call(dice)
    tree = explain(
        loaded.configuration,
        Dialled(number, CALLER, NOON),
        Still(present, frozenset({CALLER})),
    )
    count = 0
    for ways in paths(tree, DEPTH):
        nodes = walk(tree, ways)
        assert len(nodes) == len(ways) + 1
        place = folder / f"{seed}-{count}"
        place.mkdir()
        play = Performance(loaded, place, NOON, CALLER, present, nodes, ways)
        play.run(number)
        told = f"company {seed}, call to {number}, {[way.value for way in ways]}"
        assert_as_explained(play, told)
        count += 1
    return count


def assert_as_explained(play: Performance, told: str) -> None:
    steps = [(kind, name) for _, kind, name in play.steps]
    assert steps == [kind_and_name(node.plan.step) for node in play.nodes], told
    for index, way in enumerate(play.ways):
        node: Node = play.nodes[index]
        if isinstance(node.plan.step, Ring):
            observed, expected = play.observed(index), promised(node, way)
            assert agree(observed, expected), f"{told}: {observed} is not {expected}"


def test_a_few_companies_are_as_explained(tmp_path: Path) -> None:
    assert sum(compare(seed, tmp_path) for seed in range(3)) > 50


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, COMPANIES, AT_ONCE))
def test_every_sequence_of_outcomes_is_as_explained(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + AT_ONCE):
        assert compare(seed, tmp_path) >= 1
