"""Companies by the hundred: configurations with much going on, from a seed.

Hypothesis' configurations are for finding what breaks; these are for comparing what happens, so
each has people and departments whose every outcome leads on, some of whom are closed, talking or
not there when the call begins, and a number that may be full.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from softswitch.configuration import Loaded
from softswitch.routing.model import Dialled
from tests.support.configurations import Still, loaded

PEOPLE = ("101", "102", "103", "104", "105", "106")
CALLER = "100"
OTHER_CALLER = "199"
"""Who keeps LINE full."""

DEPARTMENTS = {"sales": "600", "service": "601", "night": "602"}
STRATEGIES = ("all at once", "in turn", "increasing")
OUTCOMES = ("busy", "not_registered", "refused")
MAIN, LINE = "+48221234567", "+48221234568"
"""The company's number, and one that has a single line."""

SCHEDULES = {
    "day": {"zone": "Europe/Warsaw", "open": ["mon-fri 09:00-18:00"]},
    "night": {"zone": "Europe/Warsaw", "open": ["mon-fri 18:00-24:00", "mon-fri 00:00-09:00"]},
}
NOON = datetime.fromisoformat("2026-03-02T12:00:00+01:00")
"""A Monday: `day` is open and `night` is closed."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A company at the moment when somebody calls it."""

    loaded: Loaded
    number: str
    """Which is dialled."""

    present: tuple[str, ...]
    """Who has a telephone, the caller first."""

    talking: tuple[str, str] | None
    """Two who talk, one of whom has called the other."""

    line_is_full: bool

    @property
    def dialled(self) -> Dialled:
        return Dialled(self.number, CALLER, NOON)

    @property
    def state(self) -> Still:
        """The live state, as a decision reads it."""
        employees = self.loaded.configuration.employees
        engaged = [CALLER, *(self.talking or ()), *([OTHER_CALLER] if self.line_is_full else [])]
        return Still(
            frozenset(self.present),
            frozenset(number for number in engaged if employees[number].calls == 1),
            {LINE: 1} if self.line_is_full else {},
        )


def scene(dice: random.Random) -> Scene:
    document = company(dice)
    there = [number for number in PEOPLE if dice.random() < 0.8]
    reachable = [n for n in there if "hours" not in document["employees"][n]]
    talking = None
    if len(there) > 1 and reachable and dice.random() < 0.5:
        called = dice.choice(reachable)
        talking = dice.choice([number for number in there if number != called]), called
    return Scene(
        loaded(document),
        dice.choice([*DEPARTMENTS.values(), *DEPARTMENTS.values(), *PEOPLE, MAIN, MAIN, LINE]),
        (CALLER, OTHER_CALLER, *there),
        talking,
        line_is_full=dice.random() < 0.6,
    )


def company(dice: random.Random) -> dict[str, Any]:
    """Return a configuration as its file would hold it."""
    return {
        "employees": {
            CALLER: {"name": "Caller", "password": "p"},
            OTHER_CALLER: {"name": "Other caller", "password": "p"},
            **{number: _person(dice) for number in PEOPLE},
        },
        "departments": {name: _department(dice, name) for name in DEPARTMENTS},
        "menus": {
            "main": {
                "greeting": {"say": "Welcome"},
                "keys": {"7": _destination(dice), "8": _destination(dice)},
                "dial": [dice.choice(PEOPLE), "600"],
                "nothing_pressed": {"after": "3s", "to": _destination(dice)},
                "invalid": {"tries": str(dice.randint(1, 3)), "to": _destination(dice)},
            }
        },
        "voicemail": {"office": {"greeting": {"say": "Not now"}}},
        "numbers": {
            MAIN: _with_hours(dice, {"open": "menu main"}, often=0.5),
            LINE: {"open": "echo", "limit": "1", "full": _destination(dice)},
        },
        "schedules": SCHEDULES,
    }


def _destination(dice: random.Random) -> str:
    return dice.choice(
        [
            *(f"employee {number}" for number in PEOPLE),
            *(f"department {name}" for name in DEPARTMENTS),
            *(f"department {name}" for name in DEPARTMENTS),
            "voicemail office",
            "menu main",
            f"number {MAIN}",
            f"number {LINE}",
            f"number {LINE}",
            "hang up",
        ]
    )


def _person(dice: random.Random) -> dict[str, Any]:
    rule = {
        "password": "p",
        "calls": "2" if dice.random() < 0.2 else "1",
        "no_answer": {"after": _seconds(dice, 5, 20), "to": _destination(dice)},
        **{outcome: _destination(dice) for outcome in OUTCOMES},
    }
    return _with_hours(dice, rule, often=0.2)


def _department(dice: random.Random, name: str) -> dict[str, Any]:
    members = dice.sample(PEOPLE, dice.randint(2, 4))
    rule = {
        "number": DEPARTMENTS[name],
        "ring": dice.choice(STRATEGIES),
        "members": [_member(dice, number) for number in members],
        "delay": _seconds(dice, 2, 12),
        "timeout": _seconds(dice, 4, 15),
        "skip_busy": dice.choice(["yes", "yes", "no"]),
        "no_answer": {"after": _seconds(dice, 10, 40), "to": _destination(dice)},
        **{outcome: _destination(dice) for outcome in OUTCOMES},
    }
    return _with_hours(dice, rule, often=0.2)


def _with_hours(dice: random.Random, rule: dict[str, Any], *, often: float) -> dict[str, Any]:
    if dice.random() < often:
        rule |= {"hours": dice.choice(list(SCHEDULES)), "closed": _destination(dice)}
    return rule


def _member(dice: random.Random, number: str) -> Any:
    if dice.random() < 0.7:
        return number
    return {"employee": number, "delay": _seconds(dice, 1, 15)}


def _seconds(dice: random.Random, least: int, most: int) -> str:
    return f"{dice.randint(least, most)}s"
