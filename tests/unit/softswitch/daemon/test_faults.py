"""What is said of an exception that nobody foresaw."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from softswitch.daemon.faults import GAP, LONGEST_INPUT, MOST_PLACES, Faults
from softswitch.daemon.logs import start_logs


def misread() -> None:
    int("x")


class Desk:
    """Faults on a clock that stands, and the lines that come of them."""

    def __init__(self) -> None:
        self.now = 0.0
        self._stream = io.StringIO()
        log, self._writer = start_logs("info", as_json=True, stream=self._stream)
        self.faults = Faults(log, lambda: self.now)

    def trip(self, what: Callable[[], object], *arguments: object) -> None:
        try:
            what()
        except (ValueError, ZeroDivisionError, KeyError) as error:
            self.faults.report(error, arguments)

    def lines(self) -> list[dict[str, Any]]:
        self._writer.close()
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.lines()


def test_a_fault_is_written_down_with_its_traceback_and_its_input(desk: Desk) -> None:
    desk.trip(lambda: 1 // 0, b"INVITE sip:101@x", ("udp", 5060))
    [line] = desk.lines()
    assert line["event"] == "fault"
    assert "ZeroDivisionError at test_faults.py:" in line["place"]
    assert "1 // 0" in line["traceback"]
    assert line["input"] == "b'INVITE sip:101@x' ('udp', 5060)"


def test_faults_are_counted_by_place(desk: Desk) -> None:
    for _ in range(3):
        desk.trip(misread)
    desk.trip(lambda: int("y"))
    assert list(desk.faults.counts.values()) == [3, 1]


def test_the_same_fault_is_written_down_once_a_minute(desk: Desk) -> None:
    for _ in range(5):
        desk.trip(misread)
    desk.now = GAP
    desk.trip(misread)
    assert [line["count"] for line in desk.lines()] == [1, 6]


def test_a_large_input_is_cut(desk: Desk) -> None:
    desk.trip(misread, bytes(60_000))
    assert len(desk.lines()[0]["input"]) == LONGEST_INPUT


def test_places_are_told_apart_up_to_a_number(desk: Desk) -> None:
    source = "\n".join(f"def f{n}(): raise ValueError" for n in range(MOST_PLACES + 50))
    names: dict[str, Callable[[], object]] = {}
    exec(source, names)
    for n in range(MOST_PLACES + 50):
        desk.trip(names[f"f{n}"])
    assert len(desk.faults.counts) == MOST_PLACES + 1
    assert desk.faults.counts["elsewhere"] == 50
