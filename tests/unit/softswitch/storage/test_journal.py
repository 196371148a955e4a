import pytest
from sqlalchemy import Engine, func, select

from softswitch.calls.facts import Logged, Noted
from softswitch.storage.journal import FOLD_AFTER, JOURNAL, Journal


@pytest.fixture
def journal() -> Journal:
    return Journal()


def entry(call: str, seq: int) -> Logged:
    return Logged(call, seq, 1000.0 + seq, Noted("said", f"\udcff{seq}"))


def write(engine: Engine, journal: Journal, *entries: Logged, ended: tuple[str, ...] = ()) -> None:
    with engine.begin() as connection:
        journal.write(connection, entries)
    journal.written(entries, ended)


def restored(engine: Engine) -> dict[str, list[int]]:
    """Return what the next run finds: the numbers of the entries, by call."""
    with engine.connect() as connection:
        logs = Journal().restore(connection)
    return {call: [entry.seq for entry in log] for call, log in logs.items()}


def rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(JOURNAL)).scalar_one()


def test_the_logs_of_calls_that_happen_together_are_told_apart(
    engine: Engine, journal: Journal
) -> None:
    write(engine, journal, entry("c1", 1), entry("c2", 1))
    write(engine, journal, entry("c2", 2), entry("c1", 2), entry("c1", 3))
    assert restored(engine) == {"c1": [1, 2, 3], "c2": [1, 2]}


def test_nothing_to_say_is_no_row(engine: Engine, journal: Journal) -> None:
    write(engine, journal)
    assert rows(engine) == 0


def test_folding_keeps_calls_that_are_on_and_clears_those_that_have_ended(
    engine: Engine, journal: Journal
) -> None:
    write(engine, journal, entry("long", 1))
    write(engine, journal, *(entry("short", seq) for seq in range(1, FOLD_AFTER)))
    write(engine, journal, entry("long", 2), ended=("short",))
    assert rows(engine) == 3
    write(engine, journal, entry("new", 1))
    assert rows(engine) == 1
    assert restored(engine) == {"long": [1, 2], "new": [1]}


def test_a_folding_that_fails_is_tried_again(engine: Engine, journal: Journal) -> None:
    write(engine, journal, *(entry("c1", seq) for seq in range(1, FOLD_AFTER + 2)), ended=())
    with engine.connect() as connection:
        journal.write(connection, [entry("c1", FOLD_AFTER + 2)])  # and no commit
    write(engine, journal, entry("c1", FOLD_AFTER + 2))
    assert restored(engine) == {"c1": list(range(1, FOLD_AFTER + 3))}
    assert rows(engine) == 1


def test_many_open_calls_are_not_folded_over_and_over(engine: Engine, journal: Journal) -> None:
    for _ in range(3):
        write(engine, journal, *(entry("c1", seq) for seq in range(FOLD_AFTER)))
    write(engine, journal, entry("c1", 0))
    before = rows(engine)
    write(engine, journal, entry("c1", 0))
    assert rows(engine) == before + 1


def test_what_was_restored_is_folded_too(engine: Engine, journal: Journal) -> None:
    write(engine, journal, *(entry("old", seq) for seq in range(1, FOLD_AFTER + 1)))
    successor = Journal()
    with engine.connect() as connection:
        successor.restore(connection)
    write(engine, successor, entry("new", 1), ended=("old",))
    write(engine, successor, entry("new", 2))
    assert restored(engine) == {"new": [1, 2]}
