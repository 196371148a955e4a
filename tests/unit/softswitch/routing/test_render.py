"""Explanations on paper."""

import json

from softswitch.routing import render
from softswitch.routing.explain import explain
from tests.support.configurations import Still
from tests.unit.softswitch.routing.office import call, company

ALL = Still(frozenset({"101", "102", "103", "104"}))
MENU = """
menus: {main: {keys: {1: department sales, "*": back}, nothing_pressed: {to: echo}}}
departments: {sales: {number: 600, ring: in turn, members: [101, 103], no_answer: {to: echo}}}
numbers: {"+48 22 1": menu main}
"""


def test_text_says_what_is_done_and_why_and_what_comes_of_it() -> None:
    text = render.text(explain(company(), call("102"), ALL))
    assert text.splitlines()[:3] == [
        "ring employee 102, for 20 s",
        "    because 102 was dialled [employees.102, office.yaml:4]",
        "    because 102 can be reached, and rings for 20 s [employees.102, office.yaml:4]",
    ]
    assert "  no answer after 20 s (102 rings 0-20 s), busy, not registered, refused ->" in text
    assert "      voicemail 102, a message of at most 300 s" in text


def test_text_says_who_rings_when() -> None:
    text = render.text(explain(company(MENU), call("+48221"), ALL))
    assert "no answer after 30 s (101 rings 0-15 s, 103 rings 15-30 s)" in text
    assert "key * -> main, as above" in text
    assert "dialled 101, 102, 103, 104, 600 -> as from any phone" in text


def test_json_holds_the_same_tree() -> None:
    tree = json.loads(render.as_json(explain(company(MENU), call("600"), ALL)))
    assert tree["kind"] == "Ring"
    assert tree["because"][0]["line"] == 11
    branch = next(b for b in tree["branches"] if b["outcome"] == "no answer")
    assert branch["ringing"][1] == {"extension": "103", "start": 15.0, "stop": 30.0}
    assert branch["then"]["step"] == "echo test"


def test_a_graph_has_a_box_for_each_step_and_arrows_with_words() -> None:
    graph = render.mermaid(explain(company(MENU), call("+48221"), ALL)).splitlines()
    assert graph[0] == "flowchart TD"
    assert '    s1["menu main"]' in graph
    assert any('-->|"key 1"|' in line for line in graph)
    assert len({line for line in graph if "echo test" in line}) == 1
