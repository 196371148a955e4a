"""Texts that mean something."""

import pytest

from softswitch.configuration.values import nearest, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20), ("1m", 60), ("1.5 h", 5400), ("500ms", 0.5), ("1d", 86400)]
)
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["20", "s", "-1s", "1 week", "2d", ""])
def test_what_is_no_duration_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_duration(text)


def test_the_nearest_word_is_offered_when_one_is_near() -> None:
    assert nearest("employe", ["employee", "menu"]) == "; did you mean 'employee'?"
    assert nearest("zebra", ["employee", "menu"]) == ""
