"""Whatever people do, and whatever the network does to it: in the end everybody agrees about every
call, and nothing of it is left."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.storms.agreement import disagreements, leftovers
from tests.storms.manners import answers
from tests.storms.paths import PAIRS, Paths, watched
from tests.storms.required import EXEMPT, REQUIRED
from tests.storms.storm import Storm, company
from tests.storms.talk import Stage

MANY = 1000
SHOWN = 8
"""Of what is wrong."""


def mode_of(seed: int) -> str:
    """Of ten switches two are a proxy to their telephones, and three let speech pass them by."""
    return {4: "proxy", 9: "proxy", 1: "direct", 3: "direct", 6: "direct"}.get(seed % 10, "switch")


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
    exempt = {pair for pairs in EXEMPT.values() for pair in pairs}
    assert not PAIRS - paths.pairs - exempt, f"never seen: {sorted(PAIRS - paths.pairs - exempt)}"


def test_a_difference_is_found(tmp_path: Path) -> None:
    """Whatever is looked at can be seen to differ."""
    paths = Paths()
    with watched(paths):
        storm = Storm(company(tmp_path, "switch"), tmp_path, 0, paths, "switch")
        one, two = storm.phones[0], storm.phones[1]
        two.manner = answers(1.0)
        for phone in storm.phones:
            phone.register(3600)
        storm.office.advance(1.0)
        talk = one.call(two.number)
        watcher = storm.phones[2].subscribe(two.number)
        storm.office.advance(10.0)
    assert talk.stage is Stage.CONNECTED
    assert talk.peer is not None
    assert list(disagreements(storm)) == []
    talk.way = True, False
    assert len(list(disagreements(storm))) == 3, "the switch, and both ends"
    talk.way = True, True
    talk.local_tag, kept = "another", talk.local_tag
    assert "tag another" in next(disagreements(storm))
    talk.local_tag, talk.peer.cseq = kept, 99
    assert "CSeq 99" in next(disagreements(storm))
    talk.peer.cseq, talk.stage = None, Stage.ENDED
    assert "with nobody" in next(disagreements(storm))
    talk.stage = Stage.CONNECTED
    watcher.body = b""
    assert "is shown 0 calls" in next(disagreements(storm))
    watcher.state = "terminated"
    assert "subscription is terminated" in next(disagreements(storm))
    assert any("is not over" in left for left in leftovers(storm))
    assert any("the endpoint keeps" in left for left in leftovers(storm))
    assert any("1 calls have 0 records" in left for left in leftovers(storm))


def test_a_difference_between_the_phones_of_a_proxy_is_found(tmp_path: Path) -> None:
    paths = Paths()
    with watched(paths):
        storm = Storm(company(tmp_path, "proxy"), tmp_path, 0, paths, "proxy")
        one, two = storm.phones[0], storm.phones[1]
        two.manner = answers(1.0)
        for phone in storm.phones:
            phone.register(3600)
        storm.office.advance(1.0)
        talk = one.call(two.number)
        storm.office.advance(10.0)
    [beyond] = [each for each in two.talks if each.call_id == talk.call_id]
    assert talk.peer is not None
    assert beyond.peer is not None
    assert list(disagreements(storm)) == []
    beyond.stage = Stage.ENDED
    assert "the other is ENDED" in next(disagreements(storm))
    beyond.stage = Stage.CONNECTED
    beyond.peer.tag, kept = "another", beyond.peer.tag
    [one_way, other_way] = disagreements(storm)
    assert "is another to the other" in one_way
    assert "is with no telephone" in other_way
    beyond.peer.tag, beyond.peer.cseq = kept, 99
    assert "is 99 to the other" in next(disagreements(storm))
    beyond.peer.cseq = None
    two.is_dead = True
    assert list(disagreements(storm)) == [], "who is dead cannot say"


def test_a_difference_is_found_where_speech_passes_the_switch_by(tmp_path: Path) -> None:
    paths = Paths()
    with watched(paths):
        storm = Storm(company(tmp_path, "direct"), tmp_path, 0, paths, "direct")
        one, two = storm.phones[0], storm.phones[1]
        two.manner = answers(1.0)
        for phone in storm.phones:
            phone.register(3600)
        storm.office.advance(1.0)
        talk = one.call(two.number)
        storm.office.advance(10.0)
    [beyond] = [talk for talk in two.talks if talk.stage is Stage.CONNECTED]
    assert talk.media == (beyond.host, beyond.port)
    assert beyond.media == (talk.host, talk.port)
    assert list(disagreements(storm)) == []
    talk.way = True, False
    assert len(list(disagreements(storm))) == 2, "both ends"
    talk.way, talk.media = (True, True), ("10.0.1.99", 30000)
    assert "has no stream that sends to it" in next(disagreements(storm))
    assert any("which sends to ('10.0.1.99', 30000)" in what for what in disagreements(storm))
