"""The whole tree of a call."""

from softswitch.routing.explain import Node, Way, explain, paths, walk
from softswitch.routing.plan import EnterMenu, EnterVoicemail, HangUp, Outcome, Ring
from tests.support.configurations import Still
from tests.unit.softswitch.routing.office import call, company

ALL = Still(frozenset({"101", "102", "103", "104"}))
NO_ANSWER = Way("outcome", Outcome.NO_ANSWER)


def branch_names(node: Node) -> list[str]:
    return [branch.way.value for branch in node.branches]


def test_every_outcome_of_a_ringing_phone_is_a_branch() -> None:
    tree = explain(company(), call("101"), ALL)
    assert set(branch_names(tree)) == {"no answer", "busy", "not registered", "refused"}


def test_a_path_of_outcomes_can_be_walked() -> None:
    busy = Way("outcome", Outcome.BUSY)
    ring, other, box = walk(explain(company(), call("101"), ALL), [busy, NO_ANSWER])
    assert isinstance(ring.plan.step, Ring)
    assert isinstance(other.plan.step, Ring)
    assert other.plan.step.name == "employee 102"
    assert isinstance(box.plan.step, EnterVoicemail)


def test_a_walk_ends_where_things_cannot_turn_out_so() -> None:
    assert len(walk(explain(company(), call("101"), ALL), [Way("key", "1")])) == 1


def test_the_times_of_a_branch_are_the_hunt_s() -> None:
    config = company("departments: {sales: {number: 600, ring: in turn, members: [101, 102]}}")
    tree = explain(config, call("600"), ALL)
    branches = {branch.way: branch.rehearsal for branch in tree.branches}
    rehearsal = branches[NO_ANSWER]
    assert rehearsal is not None
    assert [(one.extension, one.start, one.stop) for one in rehearsal.ringing] == [
        ("101", 0, 15),
        ("102", 15, 30),
    ]
    at_once = branches[Way("outcome", Outcome.BUSY)]
    assert at_once is not None
    assert at_once.seconds == 0


def test_an_outcome_that_those_left_out_forbid_is_no_branch() -> None:
    config = company("departments: {sales: {number: 600, members: [101, 102]}}")
    tree = explain(config, call("600"), Still(ALL.present, frozenset({"101"})))
    assert set(branch_names(tree)) == {"no answer", "busy"}


def test_keys_and_extensions_of_a_menu_are_branches_and_the_way_back_is_cut() -> None:
    config = company(
        'menus: {main: {keys: {1: menu more}}, more: {keys: {"*": back}, dial: none}}\n'
        'numbers: {"+48 22 1": menu main}'
    )
    tree = explain(config, call("+48221"), ALL)
    assert isinstance(tree.plan.step, EnterMenu)
    assert {way.way.kind for way in tree.branches} == {"key", "outcome", "extension"}
    more = walk(tree, [Way("key", "1")])[1]
    back = next(branch for branch in more.branches if branch.way.value == "*")
    assert back.node is None
    assert back.cut == "main, as above"


def test_a_tree_that_grows_too_large_is_cut_and_says_so() -> None:
    tree = explain(company(), call("101"), ALL, largest=2)
    cut = [branch.cut for branch in tree.branches if branch.node is None]
    assert cut == ["the tree has 2 steps"] * 3


def test_every_path_ends_in_a_last_step() -> None:
    tree = explain(company(), call("103"), ALL)
    for path in paths(tree, 20):
        last = walk(tree, path)[-1].plan.step
        assert isinstance(last, HangUp) or not walk(tree, path)[-1].branches


def test_paths_are_as_long_as_asked_at_most() -> None:
    tree = explain(company(), call("101"), ALL)
    assert {len(path) for path in paths(tree, 1)} == {1}
