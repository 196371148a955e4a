"""What happened: the event log of each call while it goes on, and its one record when it ends."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Column, Engine, Float, Integer, String, Table, select

from softswitch.calls.cdr import COLUMNS, csv_row
from softswitch.calls.facts import Logged
from softswitch.calls.record import Closed, Record, rebuild
from softswitch.storage.csvfile import CsvFile
from softswitch.storage.database import METADATA
from softswitch.storage.rows import Row, delete_rows, json_text, parameters, replace_rows
from softswitch.storage.writer import Outbox, Writer

CALLS = Table(
    "calls",
    METADATA,
    Column("call", String, primary_key=True),
    Column("start", Float, nullable=False, index=True, comment="seconds since 1970"),
    Column("end", Float, nullable=False),
    Column("caller", String, nullable=False),
    Column("dialled", String, nullable=False),
    Column("answered_by", String, nullable=False),
    Column("disposition", String, nullable=False),
    Column("cause", String, nullable=False),
    Column("record", String, nullable=False, comment="JSON"),
)
EVENTS = Table(
    "events",
    METADATA,
    Column("call", String, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("entry", String, nullable=False, comment="JSON"),
    sqlite_with_rowid=False,
)
OPEN_CALLS = Table(
    "open_calls",
    METADATA,
    Column("call", String, primary_key=True, comment="has events and no record yet"),
)

_ADD_CALLS = replace_rows(CALLS)
_ADD_EVENTS = replace_rows(EVENTS)
_ADD_OPEN = replace_rows(OPEN_CALLS)
_REMOVE_OPEN = delete_rows(OPEN_CALLS.c.call)

_entry = msgspec.json.Decoder(Logged)
_record = msgspec.json.Decoder(Record)


class StoredRecords:
    """Events and records in the database, records in a CSV file too; written behind.

    A row of the CSV file is written before its record is committed: what is missing in the
    database after a crash is closed at the next start, and then its row is not written again.
    """

    def __init__(self, engine: Engine, writer: Writer, csv_path: Path) -> None:
        self._engine = engine
        self._csv = CsvFile(csv_path, COLUMNS)
        self._exported: set[str] = set()
        self._outbox: Outbox[Logged | Closed] = writer.outbox("records", self._write)

    def put(self, entry: Logged | Closed) -> None:
        self._outbox.put(entry)

    def close_interrupted(self) -> list[Record]:
        """Return records of the calls that were going on when the switch was last killed, and file
        them. Raises ValueError when a log has lost its beginning."""
        with self._engine.connect() as connection:
            joined = EVENTS.join(OPEN_CALLS, EVENTS.c.call == OPEN_CALLS.c.call)
            query = select(EVENTS.c.entry).select_from(joined)
            lines = connection.execute(query.order_by(EVENTS.c.call, EVENTS.c.seq)).scalars().all()
        logs: dict[str, list[Logged]] = {}
        for line in lines:
            entry = _entry.decode(line)
            logs.setdefault(entry.call, []).append(entry)
        records = [rebuild(log) for log in logs.values()]
        for record in records:
            if self._csv.mentions(record.call):
                self._exported.add(record.call)
            self.put(Closed(record))
        return records

    def record(self, call: str) -> Record | None:
        """Return the record of a call, if it has been written."""
        with self._engine.connect() as connection:
            text = connection.execute(
                select(CALLS.c.record).where(CALLS.c.call == call)
            ).scalar_one_or_none()
        return None if text is None else _record.decode(text)

    def log(self, call: str) -> list[Logged]:
        """Return what has been written of a call's event log, in order."""
        query = select(EVENTS.c.entry).where(EVENTS.c.call == call).order_by(EVENTS.c.seq)
        with self._engine.connect() as connection:
            return [_entry.decode(line) for line in connection.execute(query).scalars()]

    def _write(self, entries: Sequence[Logged | Closed]) -> None:
        events: list[Row] = []
        opened: dict[str, None] = {}
        records: dict[str, Record] = {}
        for entry in entries:
            if isinstance(entry, Closed):
                records[entry.record.call] = entry.record
            else:
                events.append((entry.call, entry.seq, json_text(entry)))
                if entry.seq == 1:
                    opened[entry.call] = None
        self._export(records)
        with self._engine.begin() as connection:
            if events:
                connection.execute(_ADD_EVENTS, parameters(events))
            if begun := [(call,) for call in opened if call not in records]:
                connection.execute(_ADD_OPEN, parameters(begun))
            if records:
                rows = [_row(record) for record in records.values()]
                connection.execute(_ADD_CALLS, parameters(rows))
            if ended := [(call,) for call in records if call not in opened]:
                connection.execute(_REMOVE_OPEN, parameters(ended))
        self._exported.difference_update(records)

    def _export(self, records: dict[str, Record]) -> None:
        new = {call: record for call, record in records.items() if call not in self._exported}
        if new:
            self._csv.append([csv_row(record) for record in new.values()])
            self._exported.update(new)  # until committed: a retry comes here again


def _row(record: Record) -> Row:
    return (
        record.call,
        record.start,
        record.end,
        record.caller,
        record.dialled,
        record.answered_by,
        record.disposition,
        record.cause,
        json_text(record),
    )
