"""Who may pick up whose calls."""

import pytest

from softswitch.routing.rights import may_pick_up
from tests.unit.softswitch.routing.office import company

SALES = "departments: {sales: {number: 600, members: [101, 102]}}"


@pytest.mark.parametrize(
    ("by", "of", "may"),
    [
        ("101", "101", True),
        ("101", "102", True),
        ("102", "101", True),
        ("103", "101", False),
        ("103", "103", True),
        ("", "101", False),
    ],
)
def test_calls_of_the_own_department_may_be_picked_up(by: str, of: str, may: bool) -> None:
    assert may_pick_up(company(SALES), by, of) is may
