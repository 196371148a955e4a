"""The CSV row of a record."""

import time
from collections.abc import Iterator
from datetime import UTC
from zoneinfo import ZoneInfo

import msgspec
import pytest

from softswitch.calls.cdr import COLUMNS, csv_row
from softswitch.sip.vocabulary import Ended
from tests.unit.softswitch.calls.office import CALLER, Office


def row(office: Office) -> dict[str, str]:
    return dict(zip(COLUMNS, csv_row(office.record), strict=True))


def answered_call() -> Office:
    office = Office()
    office.call("102")
    office.wait(1.5)
    office.ring(office.leg_of("102"))
    office.wait(2.5)
    office.answer(office.leg_of("102"))
    office.wait(60.0)
    office.say(Ended(CALLER, "bye"))
    office.settle()
    return office


def test_the_first_columns_are_asterisks() -> None:
    assert COLUMNS[:18] == (
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
    )


def test_an_answered_call() -> None:
    columns = row(answered_call())
    expected = {
        "src": "101",
        "dst": "102",
        "clid": '"Person 101" <101>',
        "channel": "SIP/101-c1",
        "dstchannel": "SIP/102-c1-1",
        "lastapp": "Dial",
        "lastdata": "employee 102",
        "start": "2026-11-23 09:00:00",
        "answer": "2026-11-23 09:00:04",
        "end": "2026-11-23 09:01:04",
        "duration": "64",
        "billsec": "60",
        "disposition": "ANSWERED",
        "call_id": "c1",
        "route": "ring employee 102",
        "wait": "4",
        "pdd_ms": "1500",
        "end_stage": "talk",
        "cause": "caller-hung-up",
    }
    assert {name: columns[name] for name in expected} == expected


def test_a_call_that_nobody_took_has_no_answer() -> None:
    office = Office()
    office.call("102")
    office.refuse(office.leg_of("102"), 486)
    office.settle()
    columns = row(office)
    assert (columns["answer"], columns["billsec"]) == ("", "0")
    assert (columns["disposition"], columns["cause"]) == ("BUSY", "plan busy")


def test_times_are_those_of_a_zone() -> None:
    columns = csv_row(answered_call().record, ZoneInfo("Europe/Warsaw"))
    assert columns[COLUMNS.index("start")] == "2026-11-23 10:00:00"


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_without_a_zone_times_are_those_of_the_system() -> None:
    columns = csv_row(answered_call().record, None)
    assert columns[COLUMNS.index("start")] == "2026-11-23 18:00:00"


@pytest.mark.parametrize(
    ("dialled", "cell"),
    [
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("+1+cmd|x", "'+1+cmd|x"),
        ("-2", "'-2"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("+4930123456", "+4930123456"),
        ("*72", "*72"),
        ("102", "102"),
    ],
)
def test_what_a_telephone_dials_is_no_formula(dialled: str, cell: str) -> None:
    record = msgspec.structs.replace(answered_call().record, dialled=dialled)
    assert csv_row(record, UTC)[COLUMNS.index("dst")] == cell
