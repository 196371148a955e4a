"""Numbers as people write them."""

import pytest

from softswitch.routing.numbers import normal


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+48 22 123-45-67", "+48221234567"),
        ("(022) 123.45/67", "0221234567"),
        ("007", "007"),
        ("*43", "*43"),
        ("", ""),
    ],
)
def test_what_is_written_for_the_eye_is_left_out(written: str, dialled: str) -> None:
    assert normal(written) == dialled
