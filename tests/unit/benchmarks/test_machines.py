"""The whole switch without sockets: what was asked of it is done, and is on its account."""

import itertools
from collections import Counter

import pytest

from benchmarks.machines import AFTERWARDS, UNIT, workload


@pytest.mark.parametrize("name", UNIT)
def test_a_round_goes_well_and_leaves_nothing(name: str) -> None:
    load = workload(name, units=3)
    before = load.outcome.units
    load.round()
    load.ground.rest(AFTERWARDS)
    assert load.outcome.units - before == 3
    assert load.outcome.failures == load.outcome.retransmissions == 0
    assert not any(load.ground.switch.endpoint.counts().values())
    assert load.ground.took["BYE" if name != "register" else "REGISTER with digest"] > 0.0


def test_functions_are_counted_by_kind_and_nearly_alike_in_each_round() -> None:
    load = workload("register", units=3)
    rounds = []
    for _ in range(2):
        counted = load.ground.counted = Counter()
        load.round()
        rounds.append({kind: count for kind, count in counted.items() if "REGISTER" in kind})
    for one, other in itertools.pairwise(rounds):
        assert one == pytest.approx(other, rel=0.05)  # timers that surface differ
    assert 0 < rounds[0]["REGISTER"] < rounds[0]["REGISTER with digest"]
