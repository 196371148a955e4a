"""Reasons and steps as people say them."""

import pytest

from softswitch.routing import words
from softswitch.routing.plan import (
    EnterEcho,
    EnterVoicemail,
    HangUp,
    Member,
    Outcome,
    Prompt,
    Ring,
    Step,
    Strategy,
    Why,
)


def test_a_reason_says_where_its_rule_stands() -> None:
    why = Why("employees.101", "busy", ("101",), 7, "office.yaml")
    assert words.reason(why) == "101 is busy [employees.101, office.yaml:7]"


def test_a_reason_without_a_rule_is_words_alone() -> None:
    assert words.reason(Why("", "unknown", ("999",))) == "nothing has the number 999"


def test_a_verdict_without_a_template_is_said_as_it_is() -> None:
    assert words.reason(Why("", "blessed", ("101",))) == "blessed 101"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (HangUp(486, "busy"), "hang up: busy (486)"),
        (EnterEcho(300), "echo test"),
        (
            EnterVoicemail("office", Prompt(), 60, 5, {}),
            "voicemail office, a message of at most 60 s",
        ),
    ],
)
def test_a_step_is_a_line(step: Step, said: str) -> None:
    assert words.step(step) == said


def test_members_who_are_left_out_are_named() -> None:
    ring = Ring(
        "department sales",
        Strategy.INCREASING,
        (Member("102", 0, 40), Member("103", 10, 40)),
        40,
        {},
        {"101": Outcome.BUSY},
    )
    assert words.members(ring) == "102 after 0 s; 103 after 10 s; 101 is left out: busy"
