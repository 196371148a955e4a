"""What grows is told apart from what fills at the start."""

import pytest

from benchmarks.outcome import Outcome
from benchmarks.soak import ALLOWED_KIB, Look, findings, growth


def looks(daemon: list[int], descriptors: int = 50) -> list[Look]:
    return [Look(kib, 70_000, descriptors, 6) for kib in daemon]


def outcome() -> Outcome:
    made = Outcome()
    made.units = 20
    return made


def test_what_fills_at_the_start_has_not_grown() -> None:
    assert growth([10, 400, *[900] * 10]) == 0.0


def test_what_rises_to_the_end_has_grown_from_the_second_quarter_on() -> None:
    assert growth(list(range(0, 1600, 100))) == 800.0


def test_a_leak_is_no_result_and_says_from_where_to_where() -> None:
    steady = findings(looks([70_000] * 16), outcome(), 200)
    assert all(one.is_result for one in steady)
    assert (steady[-1].measure, steady[-1].value) == ("calls placed", 20)
    rising = findings(looks([70_000 + round(ALLOWED_KIB) * i for i in range(16)]), outcome(), 200)
    assert [one.measure for one in rising if not one.is_result] == [
        "KiB more in the signalling process"
    ]
    assert rising[0].note == f"grows: {70_000 + 4 * 2048} to {70_000 + 15 * 2048}"


def test_one_descriptor_more_is_a_leak() -> None:
    found = findings(looks([1] * 8) + looks([1] * 8, descriptors=51), outcome(), 200)
    assert [one.measure for one in found if not one.is_result] == ["descriptors more"]


def test_failures_and_a_short_run_say_nothing() -> None:
    failed = outcome()
    failed.fail("3 packets were lost")
    with pytest.raises(RuntimeError, match="1 failures: 3 packets were lost"):
        findings(looks([1] * 16), failed, 200)
    with pytest.raises(RuntimeError, match="7 looks say nothing"):
        findings(looks([1] * 7), outcome(), 200)
