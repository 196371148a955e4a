"""One record for each call, whatever becomes of it, and its event log says the same."""

from collections.abc import Callable

import pytest

from media.control import WorkerLost
from softswitch.calls.cdr import COLUMNS, csv_row
from softswitch.calls.facts import CallClosed
from softswitch.calls.record import Cause, rebuild
from tests.flows.conftest import MakeOffice
from tests.support.handset import Handset, answers_after, refuses_with, rings
from tests.support.office import Office

COMPANY = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
voicemail:
  desk: {greeting: {say: Hello}}
departments:
  sales: {number: 600, members: [102, 103], ring: in turn, timeout: 5s,
          no_answer: {after: 30s, to: voicemail desk}}
security: {call_duration: 100s}
"""
Story = Callable[[Office, Handset, Handset], None]


def callee_hangs_up(world: Office, one: Handset, two: Handset) -> None:
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected)
    world.advance(5.0)
    two.hang_up()


def caller_hangs_up(world: Office, one: Handset, two: Handset) -> None:
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected)
    world.advance(5.0)
    one.hang_up()


def caller_gives_up(world: Office, one: Handset, two: Handset) -> None:
    one.call("102")
    world.advance(3.0)
    one.hang_up()


def is_busy(world: Office, one: Handset, two: Handset) -> None:
    two.user = refuses_with(486)
    one.call("102")


def declines(world: Office, one: Handset, two: Handset) -> None:
    two.user = refuses_with(603)
    one.call("102")


def does_not_answer(world: Office, one: Handset, two: Handset) -> None:
    two.user = rings
    one.call("102")
    world.advance(25.0)


def is_not_there(world: Office, one: Handset, two: Handset) -> None:
    one.call("103")


def is_unknown(world: Office, one: Handset, two: Handset) -> None:
    one.call("999")


def lasts_too_long(world: Office, one: Handset, two: Handset) -> None:
    two.user = answers_after(1.0)
    one.call("102")
    world.advance(110.0)


def loses_its_worker(world: Office, one: Handset, two: Handset) -> None:
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected)
    world.advance(1.0)
    world.media_event(WorkerLost("killed"))


def leaves_a_message(world: Office, one: Handset, two: Handset) -> None:
    one.call("600")
    world.until(lambda: one.connected, within=20.0)
    world.advance(5.0)
    one.hang_up()


def echoes(world: Office, one: Handset, two: Handset) -> None:
    one.call("*43")
    world.advance(3.0)
    one.hang_up()


STORIES: list[tuple[Story, Cause, str, str, str, set[str]]] = [
    (callee_hangs_up, Cause.CALLEE_HUNG_UP, "callee", "ANSWERED", "talk", {"101", "102"}),
    (caller_hangs_up, Cause.CALLER_HUNG_UP, "caller", "ANSWERED", "talk", {"101", "102"}),
    (caller_gives_up, Cause.CANCELLED, "caller", "NO ANSWER", "ring", {"101", "102"}),
    (is_busy, Cause.PLAN, "switch", "BUSY", "ring", {"101", "102"}),
    (declines, Cause.PLAN, "switch", "NO ANSWER", "ring", {"101", "102"}),
    (does_not_answer, Cause.PLAN, "switch", "NO ANSWER", "ring", {"101", "102"}),
    (is_not_there, Cause.PLAN, "switch", "NO ANSWER", "routing", {"101"}),
    (is_unknown, Cause.PLAN, "switch", "FAILED", "routing", {"101"}),
    (lasts_too_long, Cause.MAXIMUM_DURATION, "switch", "ANSWERED", "talk", {"101", "102"}),
    (loses_its_worker, Cause.WORKER_LOST, "switch", "ANSWERED", "talk", {"101", "102"}),
    (leaves_a_message, Cause.CALLER_HUNG_UP, "caller", "ANSWERED", "voicemail", {"101", "102"}),
    (echoes, Cause.CALLER_HUNG_UP, "caller", "ANSWERED", "echo", {"101"}),
]


@pytest.mark.parametrize(
    ("story", "cause", "by", "disposition", "stage", "extensions"),
    STORIES,
    ids=[story[0].__name__ for story in STORIES],
)
def test_every_call_has_one_record_that_its_log_repeats(
    office: MakeOffice,
    story: Story,
    cause: Cause,
    by: str,
    disposition: str,
    stage: str,
    extensions: set[str],
) -> None:
    world = office(COMPANY)
    one, two = world.register("101", "102")
    story(world, one, two)
    world.advance(40.0)

    [record] = world.records
    assert (record.cause, record.by, record.disposition.value) == (cause, by, disposition)
    assert record.stage == stage
    assert {leg.extension for leg in record.legs} == extensions
    assert record.legs[0].extension == "101"
    assert record.steps
    assert all(step.because for step in record.steps)
    assert all(leg.end is not None for leg in record.legs)
    assert (record.caller, record.caller_name) == ("101", "One")

    log = [entry for entry in world.journal if entry.call == record.call]
    assert log == world.journal
    assert [entry.seq for entry in log] == list(range(1, len(log) + 1))
    assert sum(isinstance(entry.fact, CallClosed) for entry in log) == 1
    assert isinstance(log[-1].fact, CallClosed)
    assert rebuild(log) == record
    for end in range(1, len(log)):
        assert rebuild(log[:end]).call == record.call  # a log that broke off is a record too

    row = dict(zip(COLUMNS, csv_row(record), strict=True))
    assert (row["src"], row["dst"]) == ("101", record.dialled)
    assert row["disposition"] == disposition
    assert row["cause"].startswith(cause.value)
    assert (row["answer"] == "") == (disposition != "ANSWERED")


def test_the_columns_begin_as_those_of_asterisk() -> None:
    assert COLUMNS[:18] == tuple(
        [
            "accountcode",
            "src",
            "dst",
            "dcontext",
            "clid",
            "channel",
            "dstchannel",
            "lastapp",
            "lastdata",
            "start",
            "answer",
            "end",
            "duration",
            "billsec",
            "disposition",
            "amaflags",
            "uniqueid",
            "userfield",
        ]
    )


def test_times_of_a_record_are_those_of_the_call(office: MakeOffice) -> None:
    world = office(COMPANY)
    one, two = world.register("101", "102")
    began = world.epoch + world.now
    callee_hangs_up(world, one, two)
    world.advance(1.0)
    [record] = world.records
    assert record.start == pytest.approx(began, abs=0.01)
    assert record.answer == pytest.approx(began + 1.0, abs=0.02)
    assert record.end == pytest.approx(began + 6.0, abs=0.02)
    row = dict(zip(COLUMNS, csv_row(record), strict=True))
    assert (row["duration"], row["billsec"]) == ("6", "5")
