"""Whatever people do, and whatever the network does to it: in the end everybody agrees about every
call, and nothing of it is left."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.storms.agreement import disagreements, leftovers
from tests.storms.paths import Paths, watched
from tests.storms.required import REQUIRED
from tests.storms.storm import Storm, company

MANY = 1000
SHOWN = 8
"""Of what is wrong."""


def mode_of(seed: int) -> str:
    """Every fifth switch is a proxy to its telephones."""
    return "proxy" if seed % 5 == 4 else "switch"


def weather(seed: int, folder: Path, paths: Paths) -> str:
    """Let one storm blow; return what is wrong after it, with the ladder, or nothing."""
    mode = mode_of(seed)
    storm = Storm(company(folder, mode), folder, seed, paths, mode)
    try:
        storm.blow()
        wrong = list(disagreements(storm))
        storm.end()
        wrong += leftovers(storm)
    except Exception as error:
        error.add_note(f"seed {seed}\n{storm.ladder.show('')}")
        raise
    if not wrong:
        return ""
    what = "\n".join(wrong[:SHOWN])
    return f"seed {seed}, {mode}:\n{what}\n{storm.ladder.show(what)}"


def test_after_a_storm_everybody_agrees_and_nothing_is_left(tmp_path: Path, seed: int) -> None:
    paths = Paths()
    with watched(paths):
        wrong = weather(seed, tmp_path, paths)
    assert not wrong, wrong


def test_a_storm_blows_twice_in_the_same_way(tmp_path: Path) -> None:
    taken: list[Counter[str]] = []
    for _ in range(2):
        paths = Paths()
        with watched(paths):
            weather(7, tmp_path, paths)
        taken.append(paths.taken)
    assert taken[0] == taken[1]
    assert sum(taken[0].values()) > 100


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_storms_take_every_path(tmp_path: Path) -> None:
    paths = Paths()
    wrong: list[str] = []
    with watched(paths):
        for seed in range(MANY):
            found = weather(seed, tmp_path, paths)
            if found:
                wrong.append(found)
    sys.stdout.write("".join(f"{count:8}  {kind}\n" for kind, count in sorted(paths.taken.items())))
    assert not wrong, f"{len(wrong)} of {MANY} went wrong; the first: {wrong[0]}"
    never = [kind for kind in REQUIRED if not paths.taken[kind]]
    assert not never, f"never taken: {never}"
