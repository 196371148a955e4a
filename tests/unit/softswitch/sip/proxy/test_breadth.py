import pytest

from softswitch.sip.errors import ParseError
from softswitch.sip.proxy.breadth import breadth_of, shares
from tests.unit.softswitch.sip.speaking import request


@pytest.mark.parametrize(("text", "breadth"), [("0", 0), ("7", 7), ("900", 60)])
def test_a_request_says_how_many_branches_it_may_have(text: str, breadth: int) -> None:
    assert breadth_of(request("INVITE", headers=[("Max-Breadth", text)])) == breadth


def test_a_request_that_says_nothing_may_have_sixty() -> None:
    assert breadth_of(request("INVITE")) == 60


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ParseError):
        breadth_of(request("INVITE", headers=[("Max-Breadth", "-1")]))


@pytest.mark.parametrize(
    ("breadth", "branches", "parts"),
    [(60, 1, [60]), (5, 3, [2, 2, 1]), (3, 3, [1, 1, 1]), (2, 3, [1, 1]), (0, 3, [])],
)
def test_nobody_gets_nothing_and_nothing_is_left(
    breadth: int, branches: int, parts: list[int]
) -> None:
    assert shares(breadth, branches) == parts
