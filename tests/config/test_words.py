"""Whatever is written into any key, the answer is in the words of the file."""

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from softswitch.configuration.errors import ConfigurationError
from softswitch.configuration.load import parse
from softswitch.configuration.problems import sections_of
from softswitch.configuration.schema import Root

FILE: dict[str, Any] = {
    "employees": {
        "101": {"password": "long-enough", "no_answer": {}},
        "102": {"password": "long-enough"},
    },
    "departments": {"sales": {"number": "600", "members": [{"employee": "101"}], "no_answer": {}}},
    "numbers": {"+48221234567": {"open": "employee 101"}},
    "menus": {"main": {"greeting": {"say": "x"}, "nothing_pressed": {}, "invalid": {}}},
    "voicemail": {"box": {"greeting": {"say": "x"}}},
    "schedules": {"day": {"zone": "Europe/Warsaw", "open": ["mon-fri 09:00-18:00"]}},
    "features": {},
    "network": {"listen": [{"on": "udp 0.0.0.0:5060"}]},
    "security": {"bans": {}},
    "state": "state",
}
"""A file with every kind of section."""

WRONG = ["foo", 5, True, "", None, [], ["foo"], [[]], {"a": "b"}, "two\nlines", "a" * 300]
INTERNALS = re.compile(
    r"function-|tagged-union|literal|input should|validator|discriminator|unable to|NoneType|"
    r"\b(?:str|int|bool|dict|tuple|pydantic|lambda)\b",
    re.IGNORECASE,
)


def at(route: tuple[str | int, ...], within: Any) -> Any:
    for part in route:
        within = within[part]
    return within


def keys(
    model: type[BaseModel] = Root, route: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every key that the file may have."""
    section = at(route, FILE)
    for name, field in model.model_fields.items():
        yield (*route, name)
        for inner in sections_of(field):
            place, written = (*route, name), section.get(name)
            if isinstance(written, dict) and not set(written) & set(inner.model_fields):
                place = (*place, next(iter(written))) if written else place
            elif isinstance(written, list):
                place = (*place, 0)
            if written is not None:
                yield from keys(inner, place)


KEYS = list(keys())


def complaints(route: tuple[str | int, ...], wrong: object) -> list[tuple[tuple[int, int], str]]:
    """Return the place and the words of whatever is wrong when `wrong` is written there."""
    document = copy.deepcopy(FILE)
    at(route[:-1], document)[route[-1]] = wrong
    try:
        parse(json.dumps(document), Path(), {}, "f")
    except ConfigurationError as error:
        return [((found.line, found.column), found.message) for found in error.findings]
    return []


def test_every_section_is_walked_through() -> None:
    assert len(KEYS) > 110
    assert {"session_timer", "dial", "overload", "echo", "zone", "tries", "failures"} <= {
        route[-1] for route in KEYS
    }


@pytest.mark.parametrize("route", KEYS, ids=lambda route: ".".join(map(str, route)))
def test_what_is_wrong_is_said_in_words_of_the_file(route: tuple[str | int, ...]) -> None:
    for wrong in WRONG:
        found = complaints(route, wrong)
        for _, words in found:
            assert not INTERNALS.search(words.replace("'true'", "")), (wrong, words)
            place, _, _ = words.partition(": ")
            assert not {"list", "word"} & set(place.split(".")), (wrong, words)
        places = Counter(place for place, words in found if "is missing" not in words)
        assert max(places.values(), default=0) <= 1, (wrong, found)


@pytest.mark.parametrize(
    ("route", "wrong", "words"),
    [
        (
            ("security", "session_timer"),
            "foo",
            "security.session_timer: expected a duration such as '20s' or '1m', not 'foo'; or off",
        ),
        (
            ("security", "session_timer"),
            "10s",
            "security.session_timer: expected whole seconds, and 90 at least, not '10s'; or off",
        ),
        (
            ("security", "overload"),
            5,
            "security.overload: expected a duration such as '20s' or '1m', not '5'; or off",
        ),
        (
            ("features", "echo"),
            "foo",
            "features.echo: expected digits, * and #, such as '*43', not 'foo'; or off",
        ),
        (
            ("network", "advertise"),
            5,
            "network.advertise: expected an address such as '203.0.113.5', not '5'; "
            "or 'stun stun.example.org'",
        ),
        (
            ("network", "follow_redirects"),
            "maybe",
            "network.follow_redirects: expected yes or no, not 'maybe'",
        ),
        (
            ("menus", "main", "dial"),
            ["foo"],
            "menus.main.dial.0: expected digits, such as 101, not 'foo'",
        ),
        (
            ("menus", "main", "dial"),
            "foo",
            "menus.main.dial: 'foo' is no choice; a list of numbers is one; "
            "expected extensions, none",
        ),
        (
            ("menus", "main", "dial"),
            {"a": "b"},
            "menus.main.dial: expected a single value, not a list or a mapping",
        ),
    ],
)
def test_where_one_of_several_is_expected_all_are_named(
    route: tuple[str | int, ...], wrong: object, words: str
) -> None:
    assert [found for _, found in complaints(route, wrong)] == [words]


def test_what_may_be_off_can_be_off() -> None:
    for route in (("security", "session_timer"), ("security", "overload"), ("features", "echo")):
        assert complaints(route, "off") == []
    assert complaints(("menus", "main", "dial"), ["101"]) == []


def test_a_prompt_with_a_name_too_long_for_a_file_is_missing(tmp_path: Path) -> None:
    document = FILE | {"voicemail": {"box": {"greeting": {"play": "a" * 3000}}}}
    [warning] = [
        warning
        for warning in parse(json.dumps(document), tmp_path, {}, "f").warnings
        if "there is no file" in warning.message
    ]
    assert "callers hear two beeps" in warning.message
