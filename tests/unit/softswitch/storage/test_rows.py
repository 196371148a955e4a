from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select

from softswitch.storage.rows import BLOCKS, Row, delete_rows, replace_rows

FRUIT = Table(
    "fruit",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("count", Integer),
)


def stored(engine: Engine, *batches: list[Row], deleted: list[Row] | None = None) -> list[Row]:
    with engine.begin() as connection:
        FRUIT.create(connection)
        for batch in batches:
            replace_rows(connection, FRUIT, batch)
        if deleted is not None:
            delete_rows(connection, [FRUIT.c.name], deleted)
        return [tuple(row) for row in connection.execute(select(FRUIT).order_by(FRUIT.c.name))]


def test_a_row_with_the_same_key_is_replaced(engine: Engine) -> None:
    rows = stored(engine, [("apple", 1), ("pear", None)], [("apple", 2)])
    assert rows == [("apple", 2), ("pear", None)]


def test_rows_are_deleted_by_key(engine: Engine) -> None:
    assert stored(engine, [("apple", 1), ("pear", 2)], deleted=[("apple",)]) == [("pear", 2)]


def test_text_that_is_not_unicode_is_stored_with_question_marks(engine: Engine) -> None:
    assert stored(engine, [("ap\udcffple", 1)]) == [("ap?ple", 1)]


def test_any_number_of_rows_is_written_and_deleted(engine: Engine) -> None:
    rows: list[Row] = [(f"{number:04}", number) for number in range(2 * BLOCKS[0] + 23)]
    keys: list[Row] = [(name,) for name, _ in rows[5:]]
    assert stored(engine, rows, deleted=keys) == rows[:5]
