from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, select

from softswitch.storage.rows import Row, delete_rows, parameters, replace_rows

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
            connection.execute(replace_rows(FRUIT), parameters(batch))
        if deleted is not None:
            connection.execute(delete_rows(FRUIT.c.name), parameters(deleted))
        return [tuple(row) for row in connection.execute(select(FRUIT).order_by(FRUIT.c.name))]


def test_a_row_with_the_same_key_is_replaced(engine: Engine) -> None:
    rows = stored(engine, [("apple", 1), ("pear", None)], [("apple", 2)])
    assert rows == [("apple", 2), ("pear", None)]


def test_rows_are_deleted_by_key(engine: Engine) -> None:
    assert stored(engine, [("apple", 1), ("pear", 2)], deleted=[("apple",)]) == [("pear", 2)]


def test_text_that_is_not_unicode_is_stored_with_question_marks(engine: Engine) -> None:
    assert stored(engine, [("ap\udcffple", 1)]) == [("ap?ple", 1)]
