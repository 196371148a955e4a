"""sipp against the real daemon: calls, refusals and races by messages that are not ours."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from softswitch.calls.record import Cause, Disposition, Record
from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.sipp import Sipp, credentials, register

PASSWORD = "long-enough"
RULES = """
employees:
  101: {password: long-enough, calls: 100}
  102: {password: long-enough, calls: 100}
  103: {password: long-enough}
  104: {password: long-enough}
departments:
  nobody here: {number: 600, members: [103]}
"""

pytestmark = [pytest.mark.interop, pytest.mark.sipp, pytest.mark.slow]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("sipp"), RULES) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def phone_port() -> int:
    """The port of every phone 102: the binding of one takes the place of the one before."""
    return free_port()


class Desk:
    """Two extensions played by sipp: 101 calls, 102 is called."""

    def __init__(self, daemon: Daemon, folder: Path, phone_port: int) -> None:
        self.daemon = daemon
        self._folder = folder
        self._port = phone_port

    def call(
        self,
        caller: str = "caller",
        phone: str = "phone",
        *,
        calls: int = 1,
        rate: int = 10,
        transport: str = "u1",
        status: int = 0,
        counts_copies: bool = False,
    ) -> list[Record]:
        """Play two scenarios, which have to end as they say; return the calls' records."""
        began = time.time()
        register("102", PASSWORD, self.daemon.server, self._folder, port=self._port)
        called = Sipp(phone, self.daemon.server, self._folder, "102", port=self._port, calls=calls)
        try:
            Sipp(
                caller,
                self.daemon.server,
                self._folder,
                *("101", credentials("101", PASSWORD), "102"),
                calls=calls,
                rate=rate,
                transport=transport,
                status=status,
                counts_copies=counts_copies,
            ).finish()
            called.finish()
        finally:
            called.stop()
        return self.daemon.wait_for_records(calls, since=began)


@pytest.fixture
def desk(daemon: Daemon, tmp_path: Path, phone_port: int) -> Desk:
    return Desk(daemon, tmp_path, phone_port)


def test_a_phone_registers(daemon: Daemon, tmp_path: Path) -> None:
    register("104", PASSWORD, daemon.server, tmp_path, port=free_port())
    assert "104" in daemon.registered()


@pytest.mark.parametrize("transport", ["u1", "t1"], ids=["udp", "tcp"])
def test_a_phone_calls_another(desk: Desk, transport: str) -> None:
    [record] = desk.call(transport=transport)
    assert record.cause is Cause.CALLER_HUNG_UP
    assert (record.extension, record.answered_by) == ("101", "102")


def test_a_caller_gives_up(desk: Desk) -> None:
    [record] = desk.call("caller_who_gives_up", "phone_that_is_cancelled")
    assert record.cause is Cause.CANCELLED


def test_a_lost_ack_is_asked_for_again(desk: Desk) -> None:
    [record] = desk.call("caller_who_loses_an_ack", counts_copies=True)
    assert record.cause is Cause.CALLER_HUNG_UP


def test_a_busy_phone_is_told_to_the_caller(desk: Desk) -> None:
    [record] = desk.call("caller_to_nobody", "phone_that_is_busy", status=486)
    assert record.disposition is Disposition.BUSY


@pytest.mark.parametrize(
    ("number", "password", "status"),
    [("199", PASSWORD, 404), ("103", PASSWORD, 480), ("600", PASSWORD, 480), ("102", "guess", 401)],
    ids=["nobody has it", "no phone is on", "nobody of a department", "a wrong password"],
)
def test_a_call_is_refused(
    daemon: Daemon, tmp_path: Path, number: str, password: str, status: int
) -> None:
    fields = ("101", credentials("101", password), number)
    Sipp("caller_to_nobody", daemon.server, tmp_path, *fields, status=status).finish()


def test_fifty_calls_at_25_a_second_all_succeed(desk: Desk) -> None:
    records = desk.call(calls=50, rate=25)
    assert [record.cause for record in records] == [Cause.CALLER_HUNG_UP] * 50


@pytest.mark.parametrize("transport", ["u1", "t1"], ids=["udp", "tcp"])
def test_a_lamp_is_lit_kept_and_put_out(daemon: Daemon, tmp_path: Path, transport: str) -> None:
    fields = ("101", credentials("101", PASSWORD), "102")
    Sipp(
        "watcher", daemon.server, tmp_path, *fields, calls=20, rate=20, transport=transport
    ).finish()
