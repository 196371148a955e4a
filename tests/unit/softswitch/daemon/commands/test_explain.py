from datetime import UTC, datetime
from pathlib import Path

import pytest

from softswitch.configuration.load import parse
from softswitch.daemon.commands.explain import Supposed, moment
from softswitch.routing.model import Configuration

WITH_SCHEDULE = """
    employees: {101: {password: long-enough, hours: office, closed: hang up}}
    schedules: {office: {zone: Europe/Warsaw, open: [mon-fri 09:00-18:00]}}
"""


def configuration(text: str) -> Configuration:
    return parse(text, Path("/nowhere"), {}).configuration


def test_a_time_without_a_zone_is_the_schedules() -> None:
    at = moment(configuration(WITH_SCHEDULE), "2026-01-05T12:00")
    assert at == datetime(2026, 1, 5, 11, 0, tzinfo=UTC)


def test_a_time_with_a_zone_is_taken_as_it_is() -> None:
    at = moment(configuration(WITH_SCHEDULE), "2026-01-05T12:00+00:00")
    assert at == datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def test_now_is_told_in_the_zone_of_the_schedule() -> None:
    zone = next(iter(configuration(WITH_SCHEDULE).schedules.values())).week.zone
    assert moment(configuration(WITH_SCHEDULE), None).tzinfo == zone


def test_a_time_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected a time such as 2026-12-24T18:30, not 'noon'"):
        moment(configuration(WITH_SCHEDULE), "noon")


def test_everybody_is_there_and_free_unless_supposed_otherwise() -> None:
    state = Supposed(busy=["102"], unregistered=["103"])
    assert [state.registered(number) for number in ("101", "102", "103")] == [True, True, False]
    assert [state.busy(number) for number in ("101", "102", "103")] == [False, True, False]
    assert state.calls_to("600") == 0
