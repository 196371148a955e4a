"""When a leg ends of which the last report is under way."""

import pytest

from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.subscriptions.partings import PATIENCE, Partings
from softswitch.sip.transaction import Discard
from softswitch.sip.vocabulary import End
from softswitch.timerqueue import TimerQueue


def end(command: End, now: float) -> list[EndpointOutput]:
    return [Discard(f"{command.leg} ends at {now}")]


@pytest.fixture
def partings() -> Partings:
    return Partings(TimerQueue(), end)


def test_a_leg_without_a_report_ends_at_once(partings: Partings) -> None:
    assert partings.end(End("a"), 1.0) == [Discard("a ends at 1.0")]


def test_a_leg_ends_once_when_its_report_is_heard(partings: Partings) -> None:
    partings.reported("a", "s")
    assert partings.end(End("a"), 1.0) == []
    assert partings.end(End("a"), 1.5) == []
    assert partings.heard("s", 2.0) == [Discard("a ends at 2.0")]
    assert partings.heard("s", 3.0) == []
    assert not any(partings.counts().values())


def test_a_report_that_is_heard_ends_nothing_by_itself(partings: Partings) -> None:
    partings.reported("a", "s")
    assert partings.heard("s", 2.0) == []
    assert partings.end(End("a"), 3.0) == [Discard("a ends at 3.0")]


def test_after_a_while_a_leg_waits_no_longer() -> None:
    timers: TimerQueue[tuple[str, str]] = TimerQueue()
    partings = Partings(timers, end)
    partings.reported("a", "s")
    partings.end(End("a"), 1.0)
    assert timers.earliest == 1.0 + PATIENCE
    [(_, leg)] = timers.pop_due(3.0)
    assert partings.expire(leg, 3.0) == [Discard("a ends at 3.0")]
    assert partings.heard("s", 4.0) == []


def test_of_two_reports_about_a_leg_the_later_one_is_waited_for(partings: Partings) -> None:
    partings.reported("a", "s")
    partings.reported("a", "t")
    assert partings.end(End("a"), 1.0) == []
    assert partings.heard("s", 2.0) == []
    assert partings.heard("t", 3.0) == [Discard("a ends at 3.0")]
    assert not any(partings.counts().values())
