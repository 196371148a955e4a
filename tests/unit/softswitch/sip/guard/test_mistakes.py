from softswitch.sip.guard import Mistakes
from softswitch.sip.settings import BanSettings
from tests.unit.softswitch.sip.speaking import flow

HOUR = 3600.0


def make(failures: int = 10) -> Mistakes:
    return Mistakes(BanSettings(failures=failures))


def test_the_third_in_a_row_is_enough_and_so_is_every_further_one() -> None:
    mistakes = make()
    assert [mistakes.are_enough(flow(), "101", "a", 30.0 * n) for n in range(5)] == (
        [False] * 2 + [True] * 3
    )


def test_those_of_another_user_call_or_port_are_another_row() -> None:
    mistakes = make()
    for port, user, call_id in ((1, "101", "a"), (1, "101", "b"), (1, "102", "a"), (2, "101", "a")):
        assert not any(mistakes.are_enough(flow(port), user, call_id, 0.0) for _ in range(2))


def test_the_right_password_ends_the_row() -> None:
    mistakes = make()
    for _ in range(3):
        assert not mistakes.are_enough(flow(), "101", "a", 0.0)
        assert not mistakes.are_enough(flow(), "101", "a", 0.0)
        mistakes.forget(flow(), "101", "a")
    assert len(mistakes) == 0


def test_a_row_is_forgotten_an_hour_after_its_last() -> None:
    mistakes = make()
    assert [mistakes.are_enough(flow(), "101", "a", HOUR * n) for n in range(4)] == [False] * 4


def test_where_a_ban_comes_early_the_refusal_comes_before_it() -> None:
    strict = make(failures=3)
    assert [strict.are_enough(flow(), "101", "a", 0.0) for _ in range(2)] == [False, True]


def test_the_rows_that_were_quiet_longest_are_forgotten_when_there_are_too_many() -> None:
    mistakes = make()
    for number in range(10_001):
        mistakes.are_enough(flow(), "101", str(number), 0.0)
    assert len(mistakes) == 10_000
