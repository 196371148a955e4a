import io
import json
from typing import Any, get_args

import msgspec
import pytest

from softswitch.calls.facts import (
    CallEnded,
    CallOffered,
    Fact,
    LegJoined,
    LegLeft,
    LegPlaced,
    Logged,
    StepEntered,
)
from softswitch.calls.record import rebuild
from softswitch.daemon.logs import CallLog, start_logs
from softswitch.routing.plan import Why
from softswitch.sip.outputs import CallPassedOn


def lines(*entries: Logged, level: str = "debug") -> list[dict[str, Any]]:
    stream = io.StringIO()
    log, writer = start_logs(level, as_json=True, stream=stream)
    calls = CallLog(log, level)
    for entry in entries:
        calls.entry(entry)
    writer.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


RECORD = rebuild(
    [
        Logged("c1", 1, 1.0, CallOffered("a6", "100", "100", "", "101", "i", "10.0.0.1:5060")),
        Logged("c1", 2, 3.5, CallEnded("lost", "", "switch", 487)),
    ]
)
PLACED = Logged("c1", 2, 1.0, LegPlaced("a7", "101", "sip:101@x"))


def test_a_line_about_a_call_carries_its_id() -> None:
    [line] = lines(PLACED)
    assert line.pop("timestamp")
    assert line == {
        "event": "LegPlaced",
        "level": "debug",
        "call": "c1",
        "leg": "a7",
        "extension": "101",
        "uri": "sip:101@x",
    }


def test_who_goes_to_another_call_and_who_comes_from_one_is_a_line_too() -> None:
    joined, left = lines(
        Logged("c2", 2, 1.0, LegJoined("a7", "101", "10.0.0.1:5060", "c1")),
        Logged("c1", 2, 1.0, LegLeft("a7", "c2")),
    )
    assert (joined["event"], joined["call"], joined["other_call"]) == ("LegJoined", "c2", "c1")
    assert (left["event"], left["call"], left["other_call"]) == ("LegLeft", "c1", "c2")


@pytest.mark.parametrize("kind", get_args(Fact))
def test_no_fact_has_a_word_that_a_line_has_already(kind: type) -> None:
    own = {field.name for field in msgspec.structs.fields(kind)}
    taken = {"event", "level", "timestamp"}
    if kind not in (LegJoined, LegLeft):
        taken.add("call")
    assert not own & taken


def test_a_step_says_which_rules_led_to_it() -> None:
    because = (Why("departments.sales", "department", ("sales",), 7),)
    [line] = lines(Logged("c1", 2, 1.0, StepEntered("ring", "department sales", because)))
    assert line["because"] == ["departments.sales: department"]


def test_a_call_that_was_passed_on_is_one_line_too() -> None:
    stream = io.StringIO()
    log, writer = start_logs("info", as_json=True, stream=stream)
    CallLog(log, "info").passed_on(
        CallPassedOn("abc@phone", "101", "102", 200, 2.0, 61.5, is_lost=False)
    )
    writer.close()
    [line] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["event"], line["call"], line["status"]) == ("call-passed-on", "abc@phone", 200)
    assert (line["caller"], line["dialled"], line["lost"]) == ("101", "102", False)
    assert (line["rang"], line["seconds"]) == (2.0, 61.5)


def test_a_call_is_one_line_at_level_info() -> None:
    stream = io.StringIO()
    log, writer = start_logs("info", as_json=True, stream=stream)
    calls = CallLog(log, "info")
    calls.entry(PLACED)
    calls.closed(RECORD)
    writer.close()
    [line] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["event"], line["call"], line["seconds"]) == ("call", "c1", 2.5)
    assert (line["caller"], line["dialled"], line["cause"]) == ("100", "101", "lost")


def test_calls_are_silent_above_level_info() -> None:
    stream = io.StringIO()
    log, writer = start_logs("warning", as_json=True, stream=stream)
    calls = CallLog(log, "warning")
    calls.entry(PLACED)
    calls.closed(RECORD)
    writer.close()
    assert stream.getvalue() == ""


def test_a_name_that_is_not_unicode_is_written_with_question_marks() -> None:
    [line] = lines(Logged("c1", 2, 1.0, LegPlaced("a7", "101", "sip:\udcff@x")))
    assert line["uri"] == "sip:?@x"


def test_people_read_lines_without_json() -> None:
    stream = io.StringIO()
    log, writer = start_logs("debug", as_json=False, stream=stream)
    CallLog(log, "debug").entry(PLACED)
    writer.close()
    assert "LegPlaced" in stream.getvalue()
    assert "call=c1" in stream.getvalue()


def test_nothing_that_a_telephone_says_steers_a_terminal() -> None:
    stream = io.StringIO()
    log, writer = start_logs("info", as_json=False, stream=stream)
    log.info("registered", contact="sip:\x1b]0;owned\x07\x9b2J\u202e\udcff@x\nforged")
    log.error("fault", traceback="Traceback:\n  here\x1b[2J")
    writer.close()
    first, second = stream.getvalue().splitlines()
    assert "sip:?]0;owned??2J??@x?forged" in first
    assert "Traceback:" in second
    assert second.isprintable()
