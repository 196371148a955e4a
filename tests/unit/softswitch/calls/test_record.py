"""The event log and the record that is built from it."""

import msgspec
import pytest

from softswitch.calls.facts import CallOffered, LegPlaced, Logged, Noted
from softswitch.calls.record import Cause, Disposition, rebuild
from softswitch.sip.vocabulary import Ended
from tests.unit.softswitch.calls.office import CALLER, EPOCH, Office


@pytest.fixture
def log() -> list[Logged]:
    """The log of a call that 102 has answered after 3 s and ended after 63 s."""
    office = Office()
    office.call("600")
    office.wait(1.0)
    office.ring(office.leg_of("102"))
    office.wait(2.0)
    leg = office.leg_of("102")
    office.answer(leg)
    office.wait(60.0)
    office.say(Ended(leg, "bye"))
    office.settle()
    assert office.record == rebuild(office.asked(Logged))
    return office.asked(Logged)


def test_entries_are_numbered_from_one_and_timed_by_the_wall_clock(log: list[Logged]) -> None:
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    assert (log[0].at, log[-1].at) == (EPOCH, EPOCH + 63.0)
    assert {entry.call for entry in log} == {"c1"}


def test_an_entry_names_its_kind_and_its_leg(log: list[Logged]) -> None:
    assert [(entry.kind, entry.leg) for entry in log[:3]] == [
        ("CallOffered", CALLER),
        ("StepEntered", ""),
        ("LegPlaced", "c1-1"),
    ]


def test_the_record_is_a_tree_of_legs_and_steps(log: list[Logged]) -> None:
    record = rebuild(log)
    assert [(leg.leg, leg.extension, leg.outcome) for leg in record.legs] == [
        (CALLER, "101", "answered"),
        ("c1-1", "102", "answered"),
        ("c1-2", "103", "487"),
    ]
    (step,) = record.steps
    assert (step.step, step.name) == ("ring", "department sales")
    assert step.because
    assert record.legs[0].media is not None


def test_the_record_has_every_time_and_one_cause(log: list[Logged]) -> None:
    record = rebuild(log)
    assert record.ringing == EPOCH + 1.0
    assert record.answer == EPOCH + 3.0
    assert (record.start, record.end) == (EPOCH, EPOCH + 63.0)
    assert (record.cause, record.by, record.status) == (Cause.CALLEE_HUNG_UP, "callee", 200)
    assert (record.answered_by, record.stage) == ("102", "talk")


def test_a_log_that_breaks_off_is_a_call_that_the_switch_ended(log: list[Logged]) -> None:
    last_words = [entry.kind for entry in log].index("CallEnded")
    for length in range(1, last_words):
        record = rebuild(log[:length])
        assert record.cause is Cause.SWITCH_STOPPED
        assert record.end == log[length - 1].at
        assert record.reason == "end-unknown"
        assert rebuild(log[:length], EPOCH - 5.0) == record
        assert rebuild(log[:length], EPOCH + 500.0).end == EPOCH + 500.0


def test_the_end_of_a_call_that_was_told_is_kept_however_long_the_switch_ran(
    log: list[Logged],
) -> None:
    assert rebuild(log, EPOCH + 500.0) == rebuild(log)


def test_entries_survive_storage(log: list[Logged]) -> None:
    decoder = msgspec.json.Decoder(Logged)
    assert [decoder.decode(msgspec.json.encode(entry)) for entry in log] == log


def test_a_log_without_its_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        rebuild([])
    with pytest.raises(ValueError, match="begins with Noted"):
        rebuild([Logged("c1", 1, 0.0, Noted("x"))])


def test_an_unknown_leg_in_a_damaged_log_is_passed_over(log: list[Logged]) -> None:
    damaged = [entry for entry in log if not isinstance(entry.fact, LegPlaced)]
    assert isinstance(damaged[0].fact, CallOffered)
    assert [leg.leg for leg in rebuild(damaged).legs] == [CALLER]


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        (486, Disposition.BUSY),
        (600, Disposition.BUSY),
        (480, Disposition.NO_ANSWER),
        (603, Disposition.NO_ANSWER),
        (503, Disposition.NO_ANSWER),  # the telephone was not to be reached: 480 to the caller
    ],
)
def test_what_a_telephone_says_becomes_a_disposition(status: int, disposition: Disposition) -> None:
    office = Office()
    office.call("102")
    office.refuse(office.leg_of("102"), status)
    office.settle()
    assert office.record.disposition is disposition


def test_an_unknown_number_has_failed() -> None:
    office = Office()
    office.call("999")
    office.settle()
    assert office.record.disposition is Disposition.FAILED
    assert office.record.stage == "routing"
