import csv
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from softswitch.calls.cdr import COLUMNS
from softswitch.calls.facts import CallEnded, CallOffered, Fact, LegAnswered, Logged
from softswitch.calls.record import Cause, Closed, rebuild
from softswitch.storage.records import KEPT, StoredRecords
from softswitch.storage.writer import Writer
from tests.unit.softswitch.storage.conftest import Finish


@pytest.fixture
def csv_path(tmp_path: Path) -> Path:
    return tmp_path / "cdr.csv"


@pytest.fixture
def records(engine: Engine, writer: Writer, csv_path: Path) -> StoredRecords:
    return StoredRecords(engine, writer, csv_path)


def log(call: str, *facts: Fact) -> list[Logged]:
    offered = CallOffered("a1", "101", "101", "Ann \udcff", "600", "x@y", "127.0.0.1:5070")
    return [Logged(call, seq, 1000.0 + seq, fact) for seq, fact in enumerate((offered, *facts), 1)]


ENDED = CallEnded(Cause.CALLER_HUNG_UP, "", "caller", 200)


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_call_is_kept_as_record_and_row(
    records: StoredRecords, csv_path: Path, finish: Finish
) -> None:
    entries = log("c1", LegAnswered("a1"), ENDED)
    for entry in entries:
        records.put(entry)
    records.put(Closed(rebuild(entries)))
    assert finish() == 0
    stored = records.record("c1")
    assert stored is not None
    assert (stored.cause, stored.caller_name) == (Cause.CALLER_HUNG_UP, "Ann ?")
    header, row = rows(csv_path)
    assert header == list(COLUMNS)
    assert dict(zip(header, row, strict=True))["call_id"] == "c1"
    assert records.close_interrupted() == []


def test_a_call_that_was_going_on_at_a_crash_is_closed_at_the_next_start(
    engine: Engine, records: StoredRecords, csv_path: Path, finish: Finish
) -> None:
    for entry in log("c1", LegAnswered("a1")):
        records.put(entry)
    finish()
    writer = Writer(lambda slug, detail: None)
    restarted = StoredRecords(engine, writer, csv_path)
    [record] = restarted.close_interrupted()
    assert (record.call, record.cause, record.end) == ("c1", Cause.SWITCH_STOPPED, 1002.0)
    writer.start()
    assert writer.close() == 0
    assert restarted.record("c1") == record
    assert [row[COLUMNS.index("call_id")] for row in rows(csv_path)] == ["call_id", "c1"]
    assert restarted.close_interrupted() == []


def test_a_call_whose_record_missed_only_the_database_is_not_in_the_csv_file_twice(
    engine: Engine, records: StoredRecords, csv_path: Path, finish: Finish
) -> None:
    for entry in log("c1"):
        records.put(entry)
    finish()
    csv_path.write_text("header\n...,c1,...\n")
    writer = Writer(lambda slug, detail: None)
    restarted = StoredRecords(engine, writer, csv_path)
    restarted.close_interrupted()
    writer.start()
    assert writer.close() == 0
    assert restarted.record("c1") is not None
    assert csv_path.read_text() == "header\n...,c1,...\n"


def later(entries: list[Logged], seconds: float) -> list[Logged]:
    return [msgspec.structs.replace(entry, at=entry.at + seconds) for entry in entries]


def test_records_are_forgotten_after_more_than_a_year(
    records: StoredRecords, finish: Finish
) -> None:
    for call, at in (("old", 0.0), ("recent", 10 * 86_400.0), ("new", KEPT + 86_400.0)):
        records.put(Closed(rebuild(later(log(call, ENDED), at))))
    assert finish() == 0
    kept = [call for call in ("old", "recent", "new") if records.record(call) is not None]
    assert kept == ["recent", "new"]


def test_a_locked_database_does_not_repeat_rows_of_the_csv_file(
    engine: Engine, records: StoredRecords, csv_path: Path, writer: Writer
) -> None:
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        records.put(Closed(rebuild(log("c1", ENDED))))
        writer.start()
        assert writer.close() == 1
    assert len(rows(csv_path)) == 2


def test_an_unknown_call_has_no_record(records: StoredRecords) -> None:
    assert records.record("nobody") is None
