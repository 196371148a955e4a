"""Opening hours, and the edges of them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from softswitch.routing.hours import Week, parse

WARSAW = ZoneInfo("Europe/Warsaw")


def week(*lines: str) -> Week:
    return Week(WARSAW, parse(lines))


def local(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the week that begins on Monday, 5 January 2026."""
    return datetime(2026, 1, 4 + day, hour, minute, second, tzinfo=WARSAW)


def test_opening_time_is_open_and_closing_time_itself_is_closed() -> None:
    office = week("mon-fri 09:00-18:00")
    assert not office.is_open(local(1, 8, 59, 59))
    assert office.is_open(local(1, 9))
    assert office.is_open(local(1, 17, 59, 59))
    assert not office.is_open(local(1, 18))


def test_other_days_are_closed() -> None:
    office = week("mon-fri 09:00-18:00", "sat 10:00-14:00")
    assert office.is_open(local(6, 12))
    assert not office.is_open(local(7, 12))


def test_a_day_can_have_a_break() -> None:
    office = week("mon 09:00-13:00, 14:00-18:00")
    assert not office.is_open(local(1, 13, 30))
    assert office.is_open(local(1, 14))


def test_a_night_goes_on_into_the_next_day_and_the_next_week() -> None:
    night = week("sun 22:00-06:00")
    assert night.is_open(local(7, 23))
    assert night.is_open(local(1, 5, 59))
    assert not night.is_open(local(1, 6))


def test_days_may_go_around_the_weekend() -> None:
    days = week("sat-mon 10:00-11:00")
    assert [day for day in range(1, 8) if days.is_open(local(day, 10))] == [1, 6, 7]


def test_without_days_every_day_is_meant() -> None:
    daily = week("00:00-24:00")
    assert all(daily.is_open(local(day, hour)) for day in range(1, 8) for hour in (0, 12, 23))


def test_the_zone_is_the_schedule_s_through_summer_time() -> None:
    office = week("mon-fri 09:00-18:00")
    assert not office.is_open(datetime(2026, 1, 5, 7, 30, tzinfo=UTC))
    assert office.is_open(datetime(2026, 7, 6, 7, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    "line",
    ["", "mon", "mon-fry 09:00-18:00", "mon 9-18", "mon 25:00-26:00", "mon 09:60-10:00", "x" * 99],
)
def test_what_is_no_time_is_said_so(line: str) -> None:
    with pytest.raises(ValueError, match=r"expected|day"):
        parse([line])


def test_hours_that_end_where_they_begin_are_neither_a_day_nor_nothing() -> None:
    with pytest.raises(ValueError, match="round the clock is '00:00-24:00'"):
        parse(["mon 09:00-09:00"])
