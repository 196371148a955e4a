import threading

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from softswitch.storage.writer import Writer
from tests.unit.softswitch.storage.conftest import Complaints, Finish


class Disk:
    """Takes batches, or fails as told."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.failures: list[Exception] = []
        self.poison: set[int] = set()
        self.written = threading.Event()

    def write(self, items: list[int]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        if self.poison & set(items):
            raise IntegrityError("insert", {}, Exception("refused"))
        self.batches.append(list(items))
        self.written.set()

    @property
    def items(self) -> list[int]:
        return [item for batch in self.batches for item in batch]


@pytest.fixture
def disk() -> Disk:
    return Disk()


def locked() -> OperationalError:
    return OperationalError("insert", {}, Exception("database is locked"))


def test_what_waits_is_written_together_and_in_order(
    writer: Writer, disk: Disk, finish: Finish
) -> None:
    outbox = writer.outbox("numbers", disk.write)
    for number in range(5):
        outbox.put(number)
    assert finish() == 0
    assert disk.batches == [[0, 1, 2, 3, 4]]


def test_a_batch_has_a_limit(complaints: Complaints, disk: Disk) -> None:
    writer = Writer(lambda slug, detail: None, limit=2)
    outbox = writer.outbox("numbers", disk.write)
    for number in range(5):
        outbox.put(number)
    writer.start()
    assert writer.close() == 0
    assert disk.batches == [[0, 1], [2, 3], [4]]


def test_what_is_put_while_others_are_written_is_written_next() -> None:
    writer = Writer(lambda slug, detail: None, gap=0.0)
    written: list[int] = []
    is_done = threading.Event()

    def write(items: list[int]) -> None:
        written.extend(items)
        if items == [0]:
            outbox.put(1)
        else:
            is_done.set()

    outbox = writer.outbox("numbers", write)
    writer.start()
    outbox.put(0)
    assert is_done.wait(5.0)
    assert writer.close() == 0
    assert written == [0, 1]


def test_no_outbox_waits_for_another_that_never_gets_empty() -> None:
    writer = Writer(lambda slug, detail: None, limit=10, gap=0.001)
    written = threading.Event()

    def write_more(items: list[int]) -> None:
        if not written.is_set():
            for item in items:
                flood.put(item)

    def write(items: list[str]) -> None:
        written.set()

    flood = writer.outbox("flood", write_more)
    patient = writer.outbox("patient", write)
    for number in range(100):
        flood.put(number)
    patient.put("x")
    writer.start()
    assert written.wait(5.0)
    assert writer.close() == 0


def test_what_fails_at_the_end_keeps_nothing_else_from_being_written(disk: Disk) -> None:
    writer = Writer(lambda slug, detail: None, limit=2)

    def fail(items: list[int]) -> None:
        raise OSError(28, "No space left on device")

    writer.outbox("failing", fail).put(0)
    outbox = writer.outbox("numbers", disk.write)
    for number in range(10):
        outbox.put(number)
    writer.start()
    assert writer.close() == 1
    assert disk.items == list(range(10))


def test_what_is_independent_passes_what_fails(
    writer: Writer, complaints: Complaints, finish: Finish
) -> None:
    written: list[int] = []

    def write(items: list[int]) -> None:
        if 2 in items:
            raise PermissionError(13, "Permission denied")
        written.extend(items)

    outbox = writer.outbox("messages", write, is_independent=True)
    for number in (1, 2, 3):
        outbox.put(number)
    assert finish() == 1
    assert written == [1, 3]
    assert [slug for slug, _ in complaints] == ["storage-failing"]


def test_an_item_is_written_soon_without_more_items(writer: Writer, disk: Disk) -> None:
    outbox = writer.outbox("numbers", disk.write)
    writer.start()
    outbox.put(1)
    assert disk.written.wait(5.0)
    assert disk.items == [1]


def test_a_locked_database_is_tried_again_and_complained_about_once(
    writer: Writer, disk: Disk, complaints: Complaints
) -> None:
    outbox = writer.outbox("numbers", disk.write)
    disk.failures = [locked(), OSError(28, "No space left on device"), locked()]
    outbox.put(1)
    outbox.put(2)
    writer.start()
    assert disk.written.wait(5.0)
    assert writer.close() == 0
    assert disk.items == [1, 2]
    assert [slug for slug, _ in complaints] == ["storage-failing", "storage-well"]
    assert complaints[0][1]["waiting"] == 2


def test_what_is_written_again_says_so_and_what_was_lost(
    writer: Writer, disk: Disk, complaints: Complaints
) -> None:
    outbox = writer.outbox("numbers", disk.write, 2)
    writer.start()
    assert writer.troubles() == []
    disk.failures = [OSError(28, "No space left on device")]
    for number in range(2):
        outbox.put(number)
    assert disk.written.wait(5.0)
    assert writer.close() == 0
    [trouble] = writer.troubles()
    assert (trouble.kind, trouble.reason) == ("numbers", "No space left on device")
    assert trouble.until is not None
    assert trouble.until >= trouble.since
    assert (trouble.lost, trouble.waiting) == (0, 0)
    [(failing, _), (well, detail)] = complaints
    assert (failing, well) == ("storage-failing", "storage-well")
    assert (detail["kind"], detail["lost"]) == ("numbers", 0)


def test_what_fails_says_why_as_long_as_it_does_and_counts_what_is_lost(
    writer: Writer, disk: Disk, finish: Finish
) -> None:
    outbox = writer.outbox("numbers", disk.write, 2)
    for _ in range(3):
        outbox.put(0)
    assert outbox.refused == 1  # before the trouble began: not of it
    disk.failures = [locked()] * 100
    assert finish() == 2
    for _ in range(5):
        outbox.put(0)
    [trouble] = writer.troubles()
    assert (trouble.reason, trouble.until) == ("database is locked", None)
    assert (trouble.lost, trouble.waiting) == (5, 2)


def test_who_was_not_told_of_a_trouble_is_not_told_of_its_end(
    writer: Writer, disk: Disk, complaints: Complaints
) -> None:
    outbox = writer.outbox("numbers", disk.write)
    writer.start()
    for _ in range(2):
        disk.written.clear()
        disk.failures = [locked()]
        outbox.put(1)
        assert disk.written.wait(5.0)
    assert writer.close() == 0
    assert [slug for slug, _ in complaints] == ["storage-failing", "storage-well"]


def test_what_the_database_refuses_for_ever_is_dropped_alone(
    writer: Writer, disk: Disk, complaints: Complaints, finish: Finish
) -> None:
    outbox = writer.outbox("numbers", disk.write)
    disk.poison = {2}
    for number in (1, 2, 3):
        outbox.put(number)
    assert finish() == 0
    assert disk.items == [1, 3]
    assert outbox.refused == 1
    assert [slug for slug, _ in complaints] == ["storage-refused", "storage-lost"]


def test_a_full_outbox_refuses_counts_and_complains(
    writer: Writer, disk: Disk, complaints: Complaints, finish: Finish
) -> None:
    outbox = writer.outbox("numbers", disk.write, 2)
    for number in range(5):
        outbox.put(number)
    assert finish() == 0
    assert disk.items == [0, 1]
    assert complaints == [("storage-lost", {"kind": "numbers", "lost": 3})]


def test_closing_says_what_could_not_be_written(writer: Writer, disk: Disk, finish: Finish) -> None:
    outbox = writer.outbox("numbers", disk.write)
    disk.failures = [locked()] * 100
    outbox.put(1)
    assert finish() == 1
