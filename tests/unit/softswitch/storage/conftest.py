"""A database in a fresh folder, and a writer that is started and ended."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from softswitch.storage.database import open_database
from softswitch.storage.writer import Writer

Complaints = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def complaints() -> Complaints:
    return []


@pytest.fixture
def writer(complaints: Complaints) -> Iterator[Writer]:
    """Not started: what is put waits until `close` or `start`."""
    writer = Writer(lambda slug, detail: complaints.append((slug, detail)), gap=0.001, pause=0.001)
    yield writer
    writer.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "state.db", busy_timeout=0.02)
    yield engine
    engine.dispose()


Finish = Callable[[], int]


@pytest.fixture
def finish(writer: Writer) -> Finish:
    """Write all that waits, and return how many could not be written."""

    def finish() -> int:
        writer.start()
        return writer.close()

    return finish
