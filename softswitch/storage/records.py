"""What happened: the one record of each call that has ended, and its event log until then."""

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

import msgspec
from sqlalchemy import Column, Connection, Engine, Float, String, Table, delete, select

from softswitch.calls.cdr import COLUMNS, csv_row
from softswitch.calls.facts import Logged
from softswitch.calls.record import Closed, Record, rebuild
from softswitch.storage.csvfile import CsvFile
from softswitch.storage.database import METADATA
from softswitch.storage.journal import Journal
from softswitch.storage.rows import Row, json_text, replace_rows
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

KEPT = 400 * 86_400.0
"""Seconds that a record stays in the database: a year, and time to make a copy of it."""

MOST_FORGOTTEN = 500
"""Records that are deleted with one batch."""

LOOK = 3600.0
"""Seconds between two looks for records that are too old."""

MOST_ASKED = 500
"""Calls in one query."""

_record = msgspec.json.Decoder(Record)


class StoredRecords:
    """Event logs and records in the database, records in a CSV file too; written behind.

    A row of the CSV file is written before its record is committed: what is missing in the
    database after a crash is closed at the next start, and then its row is not written again.

    zone  of the times in the CSV file; None for the system's own, as other exchanges do
    """

    def __init__(
        self, engine: Engine, writer: Writer, csv_path: Path, zone: tzinfo | None = None
    ) -> None:
        self._engine = engine
        self._zone = zone
        self._csv = CsvFile(csv_path, COLUMNS)
        self._exported: set[str] = set()
        self._journal = Journal()
        self._look_at = 0.0  # Unix time
        outbox: Outbox[Logged | Closed] = writer.outbox("records", self._write)
        self.put = outbox.put
        """Takes an entry or a record."""

    def close_interrupted(self, alive: float = 0.0) -> list[Record]:
        """Return records of the calls that were going on when the switch was last killed, and file
        them. Raises ValueError when a log has lost its beginning.

        alive  Unix time at which the switch is known to have run
        """
        with self._engine.connect() as connection:
            logs = self._journal.restore(connection)
            filed = _filed(connection, list(logs))
        self._journal.written([], filed)
        records = [rebuild(log, alive) for call, log in logs.items() if call not in filed]
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

    def _write(self, items: Sequence[Logged | Closed]) -> None:
        records = {item.record.call: item.record for item in items if isinstance(item, Closed)}
        # Of a call that is recorded at once nobody will ask for the log.
        entries = [item for item in items if type(item) is Logged and item.call not in records]
        self._export(records)
        with self._engine.begin() as connection:
            self._journal.write(connection, entries)
            replace_rows(connection, CALLS, [_row(record) for record in records.values()])
            self._forget(connection, records)
        self._journal.written(entries, records)
        self._exported.difference_update(records)

    def _forget(self, connection: Connection, records: dict[str, Record]) -> None:
        """Delete some of the records that are older than KEPT, if it is time to look."""
        newest = max((record.end for record in records.values()), default=0.0)
        if newest >= self._look_at:
            old = select(CALLS.c.call).where(CALLS.c.start < newest - KEPT).limit(MOST_FORGOTTEN)
            found = connection.execute(delete(CALLS).where(CALLS.c.call.in_(old)))
            if found.rowcount < MOST_FORGOTTEN:
                self._look_at = newest + LOOK

    def _export(self, records: dict[str, Record]) -> None:
        new = {call: record for call, record in records.items() if call not in self._exported}
        if new:
            self._csv.append([csv_row(record, self._zone) for record in new.values()])
            self._exported.update(new)  # until committed: a retry comes here again


def _filed(connection: Connection, calls: Sequence[str]) -> set[str]:
    """Return which of `calls` have a record."""
    filed: set[str] = set()
    for begin in range(0, len(calls), MOST_ASKED):
        which = CALLS.c.call.in_(calls[begin : begin + MOST_ASKED])
        filed.update(connection.execute(select(CALLS.c.call).where(which)).scalars())
    return filed


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
