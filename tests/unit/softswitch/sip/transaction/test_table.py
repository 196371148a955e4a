"""The table: machines found by key, woken when due, forgotten in time."""

from softswitch.sip.flow import Flow
from softswitch.sip.transaction.request_server import RequestServer
from softswitch.sip.transaction.table import Table
from softswitch.sip.transaction.timers import TimerValues
from tests.unit.softswitch.sip.transaction.traffic import TCP, UDP


def server(key: str, flow: Flow = UDP, timers: TimerValues = TimerValues()) -> RequestServer:  # noqa: B008
    return RequestServer(key, flow, timers)


def test_what_is_filed_is_found() -> None:
    table: Table[RequestServer] = Table(10)
    machine = server("a")
    table.file(machine)
    assert table.find("a") is machine
    assert table.find("b") is None
    assert (table.live, table.lingering) == (1, 0)


def test_an_answered_one_lingers_and_then_is_forgotten_in_silence() -> None:
    table: Table[RequestServer] = Table(10)
    machine = server("a")
    table.file(machine)
    machine.respond(200, b"200", 1.0)
    table.file(machine)
    assert (table.live, table.lingering) == (0, 1)
    assert table.find("a") is machine
    assert table.deadline == 33.0
    assert list(table.pop_due(33.0)) == []
    assert table.find("a") is None
    assert table.deadline is None


def test_filing_a_lingering_one_again_changes_nothing() -> None:
    table: Table[RequestServer] = Table(10)
    machine = server("a")
    machine.respond(200, b"200", 1.0)
    table.file(machine)
    table.file(machine)
    assert table.lingering == 1
    assert list(table.pop_due(33.0)) == []
    assert table.lingering == 0


def test_the_earliest_of_several_durations_is_the_deadline() -> None:
    table: Table[RequestServer] = Table(10)
    for key, t1 in (("slow", 0.5), ("fast", 0.1)):
        machine = server(key, timers=TimerValues(t1=t1))
        machine.respond(200, b"200", 0.0)
        table.file(machine)
    assert table.deadline == 6.4
    assert list(table.pop_due(6.4)) == []
    assert table.find("fast") is None
    assert table.find("slow") is not None


def test_too_many_lingering_push_out_the_oldest() -> None:
    table: Table[RequestServer] = Table(2)
    for key in ("a", "b", "c"):
        machine = server(key)
        machine.respond(200, b"200", 1.0)
        table.file(machine)
    assert table.find("a") is None
    assert table.find("b") is not None
    assert table.lingering == 2


def test_live_ones_are_known_by_their_connection() -> None:
    table: Table[RequestServer] = Table(10)
    one, other = server("a", TCP), server("b", TCP._replace(connection=4))
    for machine in (one, other, server("c")):
        table.file(machine)
    assert table.of_flow(TCP) == [one]
    one.respond(200, b"200", 1.0)
    table.file(one)
    assert table.of_flow(TCP) == []
    assert table.find("a") is None
    assert table.of_flow(UDP) == []
