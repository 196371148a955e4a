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
from softswitch.storage.rows import Row, delete_rows, json_text, replace_rows
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
    Column("seq", Integer, primary_key=True, comment="of the first entry"),
    Column("entries", String, nullable=False, comment="JSON: those that were written together"),
    sqlite_with_rowid=False,
)
OPEN_CALLS = Table(
    "open_calls",
    METADATA,
    Column("call", String, primary_key=True, comment="has events and no record yet"),
)

_entries = msgspec.json.Decoder(list[Logged])
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
            query = select(EVENTS.c.entries).select_from(joined)
            lines = connection.execute(query.order_by(EVENTS.c.call, EVENTS.c.seq)).scalars().all()
        logs: dict[str, list[Logged]] = {}
        for line in lines:
            entries = _entries.decode(line)
            logs.setdefault(entries[0].call, []).extend(entries)
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
        query = select(EVENTS.c.entries).where(EVENTS.c.call == call).order_by(EVENTS.c.seq)
        with self._engine.connect() as connection:
            lines = connection.execute(query).scalars().all()
        return [entry for line in lines for entry in _entries.decode(line)]

    def _write(self, entries: Sequence[Logged | Closed]) -> None:
        logs: dict[str, list[Logged]] = {}
        opened: dict[str, None] = {}
        records: dict[str, Record] = {}
        for entry in entries:
            if isinstance(entry, Closed):
                records[entry.record.call] = entry.record
                continue
            log = logs.get(entry.call)
            if log is None:
                logs[entry.call] = [entry]
            else:
                log.append(entry)
            if entry.seq == 1:
                opened[entry.call] = None
        self._export(records)
        with self._engine.begin() as connection:
            events = [(call, log[0].seq, json_text(log)) for call, log in logs.items()]
            replace_rows(connection, EVENTS, events)
            begun = [(call,) for call in opened if call not in records]
            replace_rows(connection, OPEN_CALLS, begun)
            replace_rows(connection, CALLS, [_row(record) for record in records.values()])
            ended = [(call,) for call in records if call not in opened]
            delete_rows(connection, [OPEN_CALLS.c.call], ended)
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
