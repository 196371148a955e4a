from softswitch.sip.guard import Overload
from softswitch.sip.settings import OverloadSettings


def make(lag: float = 0.2) -> Overload:
    return Overload(OverloadSettings(lag=lag, backlog=0.5, looks=3, quiet=1.0))


def fed(overload: Overload, *lags: float, begin: float = 0.0, backlog: float = 0.0) -> list[bool]:
    """Feed one look after another, a tenth of a second apart, and return what it says to each."""
    said = []
    for number, lag in enumerate(lags):
        overload.note(lag, backlog, begin + number / 10)
        said.append(overload.is_on)
    return said


def test_it_begins_when_so_many_looks_in_a_row_find_too_much() -> None:
    overload = make()
    assert fed(overload, 0.3, 0.3, 0.0, 0.3, 0.3, 0.3) == [False] * 5 + [True]
    assert overload.since == 0.5
    assert overload.lag == 0.3


def test_one_long_halt_is_enough() -> None:
    assert fed(make(), 0.5, 0.0, 0.7) == [False, False, True]


def test_a_queue_that_fills_up_counts_as_much_as_time() -> None:
    assert fed(make(), 0.0, 0.0, 0.0, backlog=0.5) == [False, False, True]


def test_it_ends_after_a_while_of_little_work_and_not_before() -> None:
    overload = make()
    fed(overload, 0.3, 0.3, 0.3)
    assert fed(overload, *[0.15] * 30, begin=1.0) == [True] * 30  # between the two bounds
    assert fed(overload, *[0.01] * 10, 0.15, begin=4.0) == [True] * 11
    assert fed(overload, *[0.01] * 12, begin=6.0) == [True] * 10 + [False] * 2
    assert overload.since is None


def near(overload: Overload, *lags: float, begin: float = 0.0, backlog: float = 0.0) -> list[bool]:
    said = []
    for number, lag in enumerate(lags):
        fed(overload, lag, begin=begin + number / 10, backlog=backlog)
        said.append(overload.is_near)
    return said


def test_strangers_are_to_go_when_it_is_half_as_late() -> None:
    overload = make()
    assert near(overload, 0.1, 0.1, 0.0, 0.1, 0.1, 0.1) == [False] * 5 + [True]
    assert not overload.is_on
    assert near(make(), 0.4) == [True]  # one halt that is half of what is enough
    assert near(make(), 0.0, 0.0, 0.0, backlog=0.25) == [False, False, True]


def test_strangers_may_come_again_after_a_while_of_little_work() -> None:
    overload = make()
    near(overload, 0.7)
    assert overload.is_on
    assert near(overload, *[0.01] * 11, begin=1.0) == [True] * 10 + [False]
    assert not overload.is_on


def test_it_never_begins_where_it_is_off() -> None:
    assert fed(make(lag=0.0), *[100.0] * 5, backlog=1.0) == [False] * 5
    assert near(make(lag=0.0), *[100.0] * 5, backlog=1.0) == [False] * 5
