"""Many rows in one statement.

A batch travels as one JSON text that SQLite takes apart itself. The thread that writes then
gives up the interpreter lock once for the whole batch and not once a row: while the switch is
busy, each time that it wants the lock back costs a switch interval (5 ms).
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import (
    Column,
    Delete,
    Insert,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
)

Scalar = str | int | float | None
Row = Sequence[Scalar]
Parameters = dict[str, str]


def replace_rows(table: Table) -> Insert:
    """Return a statement that inserts rows of all columns, in place of those with the same key."""
    names = [column.name for column in table.columns]
    source = _columns(len(names))
    return insert(table).prefix_with("OR REPLACE").from_select(names, source)


def delete_rows(*columns: Column[str]) -> Delete:
    """Return a statement that deletes every row whose `columns` equal one of the rows."""
    source = _columns(len(columns))
    return delete(columns[0].table).where(tuple_(*columns).in_(source))


def parameters(rows: Sequence[Row]) -> Parameters:
    """Return what a statement of this module is executed with."""
    return {"rows": json_text(rows)}


def json_text(value: object) -> str:
    """Return `value`, of Structs and plain values, as JSON.

    Text that is not Unicode (a phone may send any bytes) is stored with question marks.
    """
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_printable(msgspec.to_builtins(value))).decode()


def _printable(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_printable(key): _printable(part) for key, part in value.items()}
        case list() | tuple():
            return [_printable(part) for part in value]
        case _:
            return value


def _columns(count: int) -> Select[tuple[Scalar, ...]]:
    each = func.json_each(bindparam("rows")).table_valued("value")
    return select(*(func.json_extract(each.c.value, f"$[{index}]") for index in range(count)))
