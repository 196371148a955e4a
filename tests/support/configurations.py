"""Hypothesis strategies of valid configurations, and of calls and moments to try them with.

A configuration is drawn as the mapping that a file would hold and goes through the real loader,
so that what is tested is what an owner can write. Only the YAML is left out, for it takes ten times
as long as the rest; `as_yaml` is for those who want it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from softswitch.configuration import Loaded
from softswitch.configuration.document import Document
from softswitch.configuration.load import from_document
from softswitch.routing.model import Configuration, Dialled

Mapped = dict[str, Any]

EXTENSIONS = ("101", "102", "103", "104", "105")
DEPARTMENTS = {"sales": "600", "service": "601", "night": "602"}
MENUS = ("main", "more", "other")
BOXES = ("office", "sales", "101", "102")
SCHEDULES = {
    "office": {"zone": "Europe/Warsaw", "open": ["mon-fri 09:00-18:00", "sat 10:00-14:00"]},
    "nights": {"zone": "America/New_York", "open": ["fri-mon 22:00-06:00", "wed 00:00-24:00"]},
}
NUMBERS = ("+48 22 123 45 67", "+48 22 123 45 68")
EPOCH = datetime(2026, 3, 23, tzinfo=UTC)
"""A Monday; summer time begins within the week."""


@dataclass(frozen=True, slots=True)
class Still:
    """A live state in which nothing changes."""

    present: frozenset[str] = frozenset()
    engaged: frozenset[str] = frozenset()
    calls: Mapping[str, int] | None = None

    def registered(self, extension: str) -> bool:
        return extension in self.present

    def busy(self, extension: str) -> bool:
        return extension in self.engaged

    def calls_to(self, number: str) -> int:
        return (self.calls or {}).get(number, 0)


def loaded(document: Mapped) -> Loaded:
    """Return the configuration as the loader makes it of the file's values."""
    read = Document("generated.yaml")
    read.root = document
    return from_document(read, Path("/etc/softswitch"))


def as_yaml(document: Mapped) -> str:
    """Return the file; JSON is YAML."""
    return json.dumps(document)


def seconds(least: int = 2, most: int = 40) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda number: f"{number}s")


class _Places:
    """What destinations of one configuration may name."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.extensions = EXTENSIONS[: draw(st.integers(2, len(EXTENSIONS)))]
        self.departments = tuple(DEPARTMENTS)[: draw(st.integers(0, len(DEPARTMENTS)))]
        self.menus = MENUS[: draw(st.integers(0, len(MENUS)))]
        self.boxes = tuple(draw(st.sets(st.sampled_from(BOXES))))
        self.numbers = NUMBERS[: draw(st.integers(0, len(NUMBERS)))]

    def anywhere(self, *, in_menu: bool = False) -> st.SearchStrategy[str]:
        return st.sampled_from(
            [
                "echo",
                "hang up",
                *(["back"] if in_menu else []),
                *(f"employee {name}" for name in self.extensions),
                *(f"department {name}" for name in self.departments),
                *(f"menu {name}" for name in self.menus),
                *(f"voicemail {name}" for name in self.boxes),
                *(f"number {name}" for name in self.numbers),
            ]
        )


def _some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Mapped]:
    """Any of the keys, or none of them."""
    return st.fixed_dictionaries({}, optional=keys)


def _with_hours(places: _Places, rule: Mapped, draw: st.DrawFn) -> Mapped:
    if draw(st.integers(0, 3)) == 0:
        rule["hours"] = draw(st.sampled_from(list(SCHEDULES)))
        rule["closed"] = draw(places.anywhere())
    return rule


def _reactions(places: _Places) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "no_answer": _some(after=seconds(), to=places.anywhere()),
        "busy": places.anywhere(),
        "not_registered": places.anywhere(),
        "refused": places.anywhere(),
    }


def _employees(places: _Places) -> st.SearchStrategy[Mapped]:
    @st.composite
    def employee(draw: st.DrawFn, extension: str) -> Mapped:
        rule = draw(_some(name=st.just(f"Person {extension}"), **_reactions(places)))
        rule["password"] = f"secret-of-{extension}"
        return _with_hours(places, rule, draw)

    return st.fixed_dictionaries({name: employee(name) for name in places.extensions})


def _departments(places: _Places) -> st.SearchStrategy[Mapped]:
    @st.composite
    def department(draw: st.DrawFn, name: str) -> Mapped:
        rule = draw(
            _some(
                delay=seconds(0, 15),
                timeout=seconds(),
                skip_busy=st.sampled_from(["yes", "no"]),
                **_reactions(places),
            )
        )
        rule["number"] = DEPARTMENTS[name]
        rule["ring"] = draw(st.sampled_from(["all at once", "in turn", "increasing"]))
        chosen = draw(st.lists(st.sampled_from(places.extensions), unique=True, min_size=1))
        rule["members"] = [draw(_member(extension)) for extension in chosen]
        return _with_hours(places, rule, draw)

    return st.fixed_dictionaries({name: department(name) for name in places.departments})


def _member(extension: str) -> st.SearchStrategy[Any]:
    own = st.fixed_dictionaries(
        {"employee": st.just(extension)},
        optional={"delay": seconds(0, 20), "timeout": seconds()},
    )
    return st.just(extension) | own


def _menus(places: _Places) -> st.SearchStrategy[Mapped]:
    anywhere = places.anywhere(in_menu=True)
    some_extensions = st.lists(st.sampled_from(places.extensions), unique=True)
    menu = st.fixed_dictionaries(
        {"greeting": st.just({"say": "Welcome."})},
        optional={
            "keys": st.dictionaries(st.sampled_from("0123456789*#"), anywhere, max_size=4),
            "dial": st.sampled_from(["extensions", "none"]) | some_extensions,
            "nothing_pressed": _some(after=seconds(1, 9), to=anywhere),
            "invalid": _some(tries=st.integers(1, 4).map(str), to=anywhere),
            "between_digits": seconds(1, 4),
        },
    )
    return st.fixed_dictionaries(dict.fromkeys(places.menus, menu))


def _numbers(places: _Places) -> st.SearchStrategy[Mapped]:
    @st.composite
    def number(draw: st.DrawFn) -> Mapped:
        rule = draw(_some(open=places.anywhere()))
        if draw(st.integers(0, 3)) == 0:
            rule |= {"limit": "2", "full": draw(places.anywhere())}
        return _with_hours(places, rule, draw)

    return st.fixed_dictionaries({name: number() for name in places.numbers})


@st.composite
def documents(draw: st.DrawFn) -> Mapped:
    """A configuration as the mapping that its file would hold."""
    places = _Places(draw)
    box = _some(greeting=st.just({"say": "Not now."}), maximum=seconds(), silence=seconds(2, 9))
    return {
        "employees": draw(_employees(places)),
        "departments": draw(_departments(places)),
        "numbers": draw(_numbers(places)),
        "menus": draw(_menus(places)),
        "voicemail": {name: draw(box) for name in places.boxes},
        "schedules": SCHEDULES,
    }


def configurations() -> st.SearchStrategy[Configuration]:
    return documents().map(lambda document: loaded(document).configuration)


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(0, 14 * 24 * 60).map(lambda minutes: EPOCH + timedelta(minutes=minutes))


def calls(config: Configuration) -> st.SearchStrategy[Dialled]:
    """Calls to every number that the configuration knows, and to one that it does not."""
    return st.builds(
        Dialled,
        st.sampled_from([*sorted(config.directory), "999"]),
        st.sampled_from([*sorted(config.employees), "+15550100"]),
        moments(),
    )


def states(config: Configuration) -> st.SearchStrategy[Still]:
    some = st.frozensets(st.sampled_from(sorted(config.employees)))
    numbers = sorted(config.numbers) or ["none"]
    return st.builds(
        Still,
        some,
        some,
        st.dictionaries(st.sampled_from(numbers), st.integers(0, 3)),
    )
