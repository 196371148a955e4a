"""Many rows in one statement.

The thread that writes gives up the interpreter lock for each step of a statement, and while the
switch is busy each time that it wants the lock back costs a switch interval (5 ms). So rows go
in blocks, one step each. Blocks have a few sizes only, so that SQLite has their statements ready.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
from sqlalchemy import Column, Connection, Table

BLOCKS = (256, 128, 64, 32, 16, 8, 4, 2, 1)

Scalar = str | int | float | None
Row = Sequence[Scalar]


def replace_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows of all columns of `table`, in place of those with the same key."""
    for block in _blocks(rows):
        statement = _replacing(table, len(block))
        connection.exec_driver_sql(statement, _parameters(block))


def delete_rows(
    connection: Connection, columns: Sequence[Column[str]], rows: Sequence[Row]
) -> None:
    """Delete every row whose `columns` equal one of `rows`."""
    for block in _blocks(rows):
        statement = _deleting(tuple(columns), len(block))
        connection.exec_driver_sql(statement, _parameters(block))


def json_text(value: object) -> str:
    """Return `value`, of Structs and plain values, as JSON."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_unicode(msgspec.to_builtins(value))).decode()


def _blocks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    begin = 0
    for size in BLOCKS:
        while len(rows) - begin >= size:
            yield rows[begin : begin + size]
            begin += size


@cache
def _replacing(table: Table, count: int) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"INSERT OR REPLACE INTO {table.name} ({names}) {_values(len(table.columns), count)}"


@cache
def _deleting(columns: tuple[Column[str], ...], count: int) -> str:
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"DELETE FROM {columns[0].table} WHERE ({names}) IN ({_values(len(columns), count)})"


def _values(columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"VALUES {', '.join([row] * rows)}"


def _parameters(rows: Sequence[Row]) -> tuple[Scalar, ...]:
    return tuple(_unicode_text(value) for row in rows for value in row)


def _unicode_text(value: Scalar) -> Scalar:
    """Put question marks for what is not Unicode: a phone may send any bytes."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def _unicode(value: object) -> object:
    match value:
        case str():
            return _unicode_text(value)
        case dict():
            return {_unicode(key): _unicode(part) for key, part in value.items()}
        case list() | tuple():
            return [_unicode(part) for part in value]
        case _:
            return value
