"""Companies by the hundred: configurations with much going on, from a seed.

Hypothesis' configurations are for finding what breaks; these are for comparing what happens, so
each has people and departments whose every outcome leads on.
"""

import random
from typing import Any

from softswitch.configuration import Loaded
from tests.support.configurations import loaded

PEOPLE = ("101", "102", "103", "104", "105", "106")
CALLER = "100"
DEPARTMENTS = {"sales": "600", "service": "601", "night": "602"}
STRATEGIES = ("all at once", "in turn", "increasing")
OUTCOMES = ("busy", "not_registered", "refused")


def company(dice: random.Random) -> dict[str, Any]:
    """Return a configuration as its file would hold it."""
    return {
        "employees": {
            CALLER: {"name": "Caller", "password": "p"},
            **{number: _person(dice) for number in PEOPLE},
        },
        "departments": {name: _department(dice, name) for name in DEPARTMENTS},
        "menus": {
            "main": {
                "greeting": {"say": "Welcome"},
                "keys": {"7": _destination(dice), "8": _destination(dice)},
                "dial": [dice.choice(PEOPLE), "600"],
                "nothing_pressed": {"after": "3s", "to": _destination(dice)},
                "invalid": {"tries": "1", "to": _destination(dice)},
            }
        },
        "voicemail": {"office": {"greeting": {"say": "Not now"}}},
        "numbers": {"+48221234567": "menu main"},
    }


def number_to_call(dice: random.Random) -> str:
    return dice.choice([*DEPARTMENTS.values(), *DEPARTMENTS.values(), *PEOPLE, "+48221234567"])


def load(document: dict[str, Any]) -> Loaded:
    return loaded(document)


def _destination(dice: random.Random) -> str:
    return dice.choice(
        [
            *(f"employee {number}" for number in PEOPLE),
            *(f"department {name}" for name in DEPARTMENTS),
            *(f"department {name}" for name in DEPARTMENTS),
            "voicemail office",
            "menu main",
            "hang up",
        ]
    )


def _person(dice: random.Random) -> dict[str, Any]:
    return {
        "password": "p",
        "no_answer": {"after": _seconds(dice, 5, 20), "to": _destination(dice)},
        **{outcome: _destination(dice) for outcome in OUTCOMES},
    }


def _department(dice: random.Random, name: str) -> dict[str, Any]:
    members = dice.sample(PEOPLE, dice.randint(2, 4))
    return {
        "number": DEPARTMENTS[name],
        "ring": dice.choice(STRATEGIES),
        "members": [_member(dice, number) for number in members],
        "delay": _seconds(dice, 2, 12),
        "timeout": _seconds(dice, 4, 15),
        "no_answer": {"after": _seconds(dice, 10, 40), "to": _destination(dice)},
        **{outcome: _destination(dice) for outcome in OUTCOMES},
    }


def _member(dice: random.Random, number: str) -> Any:
    if dice.random() < 0.7:
        return number
    return {"employee": number, "delay": _seconds(dice, 1, 15)}


def _seconds(dice: random.Random, least: int, most: int) -> str:
    return f"{dice.randint(least, most)}s"
