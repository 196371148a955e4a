"""The event log of the calls that are on: what their records would be made of after a crash."""

from collections.abc import Collection, Iterable, Sequence

import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, select

from softswitch.calls.facts import Logged
from softswitch.storage.database import METADATA
from softswitch.storage.rows import json_text

JOURNAL = Table(
    "journal",
    METADATA,
    Column("batch", Integer, primary_key=True),
    Column("entries", String, nullable=False, comment="JSON: of all calls, in order"),
)

FOLD_AFTER = 5_000
"""Entries that are written before those of ended calls are cleared away."""

_rows = msgspec.json.Decoder(list[Logged])

Log = Sequence[Logged]


class Journal:
    """Entries in the order in which they happened, a row for all that are written together.

    A row goes to the end of the table and needs no index, which makes it the cheapest way to
    the disk. Now and then the table is folded: cleared, and begun with the entries of the calls
    that are still on. So it stays short, and the cost of folding in proportion.
    """

    def __init__(self) -> None:
        self._open: dict[str, list[Logged]] = {}
        self._kept = 0  # entries at the last folding
        self._added = 0  # entries since

    def restore(self, connection: Connection) -> dict[str, Log]:
        """Return the logs of all calls in the table, by call."""
        rows = connection.execute(select(JOURNAL.c.entries).order_by(JOURNAL.c.batch)).scalars()
        logs: dict[str, list[Logged]] = {}
        for row in rows:
            for entry in _rows.decode(row):
                logs.setdefault(entry.call, []).append(entry)
        self._open = logs
        self._kept, self._added = 0, sum(map(len, logs.values()))
        return dict(logs)

    def write(self, connection: Connection, entries: Log) -> None:
        """Append `entries`; within a transaction, after whose end comes `written`."""
        if self._is_due():
            connection.execute(JOURNAL.delete())
            entries = [*self._all_open(), *entries]
        if entries:
            connection.execute(JOURNAL.insert(), {"entries": json_text(entries)})

    def written(self, entries: Log, ended: Collection[str]) -> None:
        """Learn that `entries` are in the table, and that the calls `ended` need theirs no more."""
        if self._is_due():
            self._kept, self._added = sum(map(len, self._open.values())), 0
        self._added += len(entries)
        for entry in entries:
            self._open.setdefault(entry.call, []).append(entry)
        for call in ended:
            self._open.pop(call, None)

    def _is_due(self) -> bool:
        return self._added > max(FOLD_AFTER, 2 * self._kept)

    def _all_open(self) -> Iterable[Logged]:
        return (entry for log in self._open.values() for entry in log)
