"""What is valid and still looks like a mistake."""

import pytest

from softswitch.routing.check import check
from tests.unit.softswitch.routing.office import company


def complaints(more: str) -> list[str]:
    return [finding.message for finding in check(company(more))]


def test_an_ordinary_company_has_no_warnings() -> None:
    assert complaints("") == []


def test_two_people_who_send_calls_to_each_other_are_a_circle() -> None:
    found = complaints(
        "menus: {main: {greeting: {say: Hi}, nothing_pressed: {to: menu more}},\n"
        "        more: {greeting: {say: Hi}, nothing_pressed: {to: menu main}}}\n"
        'numbers: {"+48 22 1": menu main}'
    )
    assert found == [
        "menus.more.nothing_pressed.to: calls that nobody takes go in a circle, and end: "
        "menu main -> menu more -> menu main"
    ]


def test_a_way_back_by_key_is_no_circle() -> None:
    greeting = "greeting: {say: Hi}, nothing_pressed: {to: echo}"
    assert not complaints(
        f"menus: {{main: {{{greeting}, keys: {{1: menu more}}}},\n"
        f"        more: {{{greeting}, keys: {{9: menu main, 1: back}}}}}}\n"
        'numbers: {"+48 22 1": menu main}'
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("menus: {lost: {greeting: {say: Hi}}}", "menus.lost: no call comes here"),
        ("departments: {lost: {members: [101]}}", "has no number and no call comes here"),
        ("departments: {empty: {number: 600}}", "has no members"),
        (
            "departments: {slow: {number: 600, ring: in turn, no_answer: {after: 20s},"
            " timeout: 20s, members: [101, 102]}}",
            "102 rings only when others refuse",
        ),
        (
            "departments: {slow: {number: 600, ring: increasing, no_answer: {after: 20s},"
            " members: [101, 102, 103]}}",
            "103 rings only when others refuse",
        ),
        (
            'menus: {main: {dial: none}}\nnumbers: {"+48 22 1": menu main}',
            "has no greeting",
        ),
        (
            'menus: {main: {dial: none}}\nnumbers: {"+48 22 1": menu main}',
            "has no keys, and no extension",
        ),
        (
            "departments: {short: {number: 7, members: [101]}}\n"
            'menus: {main: {greeting: {say: Hi}, keys: {7: echo}}}\nnumbers: {"+48 1": menu main}',
            "the key 7 is an extension too",
        ),
    ],
)
def test_a_surprise_is_a_warning(more: str, words: str) -> None:
    assert any(words in message for message in complaints(more))
