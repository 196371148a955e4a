import pytest

from benchmarks.row import percentile, steady


def test_percentile_of_nothing_is_zero() -> None:
    assert percentile([], 0.99) == 0.0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 51.0), (0.99, 100.0), (1.0, 100.0)])
def test_percentile_does_not_care_for_order(share: float, value: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == value


def test_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7.0


@pytest.mark.parametrize(("after", "is_steady"), [(100.0, True), (115.0, True), (116.0, False)])
def test_speed_may_change_by_fifteen_percent(after: float, *, is_steady: bool) -> None:
    assert steady(100.0, after) is is_steady


def test_a_machine_that_got_faster_has_changed_its_speed_too() -> None:
    assert not steady(100.0, 84.0)
