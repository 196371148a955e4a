"""sipp against the real daemon: what it keeps of calls, and what only the switch does for them.

Calls themselves are in `test_sipp_regression.py`.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from softswitch.calls.record import Cause, Disposition, Record
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.sipp import PASSWORD, Desk, register

RULES = """
employees:
  101: {password: long-enough, calls: 100}
  102: {password: long-enough, calls: 100}
  103: {password: long-enough}
  104: {password: long-enough}
"""

pytestmark = [pytest.mark.interop, pytest.mark.sipp, pytest.mark.slow]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("sipp")
    with Daemon(folder, RULES, "--log-level", "debug") as daemon:
        yield daemon


@pytest.fixture(scope="module")
def ports() -> dict[str, list[int]]:
    """Of the phones in all tests: the binding of one takes the place of the one before."""
    return {"102": [free_port()], "104": [free_port()]}


@pytest.fixture
def desk(daemon: Daemon, tmp_path: Path, ports: dict[str, list[int]]) -> Iterator[Desk]:
    with Desk(daemon, daemon.server, tmp_path, ports) as desk:
        yield desk


def play(desk: Desk, caller: str, phone: str, **named: int | bool | str) -> Record:
    """Play two scenarios, which have to end as they say; return the call's record."""
    began = time.time()
    desk.phone(phone)
    desk.caller(caller, **named)  # type: ignore[arg-type]
    desk.finish()
    [record] = desk.daemon.wait_for_records(1, since=began)
    return record


def test_a_phone_registers(daemon: Daemon, tmp_path: Path) -> None:
    register("103", PASSWORD, daemon.server, tmp_path, port=free_port())
    assert "103" in daemon.registered()


@pytest.mark.parametrize("transport", ["u1", "t1"], ids=["udp", "tcp"])
def test_a_call_is_recorded(desk: Desk, transport: str) -> None:
    record = play(desk, "caller", "phone", transport=transport)
    assert record.cause is Cause.CALLER_HUNG_UP
    assert (record.extension, record.answered_by) == ("101", "102")


def test_a_call_that_was_given_up_is_recorded(desk: Desk) -> None:
    record = play(desk, "caller_who_gives_up", "phone_that_is_cancelled")
    assert record.cause is Cause.CANCELLED


def test_a_call_that_the_answer_crossed_counts_as_given_up(desk: Desk) -> None:
    record = play(desk, "caller_who_gives_up", "phone_that_answers_anyway")
    assert record.cause is Cause.CANCELLED


def test_a_call_to_a_busy_phone_is_recorded(desk: Desk) -> None:
    record = play(desk, "caller_to_nobody", "phone_that_is_busy", status=486)
    assert record.disposition is Disposition.BUSY


def test_a_session_of_half_a_minute_is_too_brief(desk: Desk) -> None:
    play(desk, "caller_in_a_hurry", "phone")


def test_a_phone_refreshes_the_session_itself(desk: Desk) -> None:
    record = play(desk, "caller_for_a_while", "phone_that_refreshes")
    assert record.cause is Cause.CALLER_HUNG_UP


def test_a_lamp_shows_a_call(desk: Desk) -> None:
    watcher = desk.caller("watcher_of_a_call")
    watcher.wait_until_traced("^NOTIFY ")
    desk.phone("phone")
    desk.caller("caller")
    desk.finish()


def test_two_calls_are_joined(desk: Desk) -> None:
    """Who talked with both is left out, and the others talk until one hangs up."""
    desk.phone("phone_that_is_joined_and_hangs_up", "102")
    desk.phone("phone_that_is_joined", "104")
    held = desk.caller("caller_who_is_hung_up_on", "104")
    desk.caller("caller_who_joins", "102", dialog=quote(held.dialog(), safe=""))
    desk.finish()
