"""sipp against a listener that passes calls on: the scenarios of `test_sipp.py`, and forks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.sipp import Sipp, credentials, register

PASSWORD = "long-enough"
RULES = """
employees:
  101: {password: long-enough}
  102: {password: long-enough}
  103: {password: long-enough}
departments:
  nobody here: {number: 600, members: [103]}
security:
  extension_calls_per_second: 100
"""

pytestmark = [pytest.mark.interop, pytest.mark.sipp, pytest.mark.slow]


class Proxy:
    """A daemon with one listener more than usual, whose calls are passed on."""

    def __init__(self, daemon: Daemon, server: str, folder: Path) -> None:
        self.daemon = daemon
        self.server = server
        self._folder = folder
        self._running: list[Sipp] = []

    def phone(self, scenario: str, *, behind: str = "", port: int = 0, calls: int = 1) -> Sipp:
        """Return a phone 102 that plays a scenario; `behind` is where it registers."""
        server, port = behind or self.server, port or free_port()
        register("102", PASSWORD, server, self._folder, port=port)
        phone = Sipp(scenario, server, self._folder, "102", port=port, calls=calls)
        self._running.append(phone)
        return phone

    def caller(self, scenario: str = "caller", to: str = "102", **named: int | bool) -> Sipp:
        fields = ("101", credentials("101", PASSWORD), to)
        caller = Sipp(scenario, self.server, self._folder, *fields, challenge=407, **named)  # type: ignore[arg-type]
        self._running.append(caller)
        return caller

    def stop(self) -> None:
        for one in self._running:
            one.stop()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """A switch of its own for each test, so that nobody is registered yet."""
    server = f"127.0.0.1:{free_port()}"
    with Daemon(
        tmp_path / "switch", RULES, more=[f"{{on: 'udp {server}', mode: proxy}}"]
    ) as daemon:
        proxy = Proxy(daemon, server, tmp_path)
        try:
            yield proxy
        finally:
            proxy.stop()


@pytest.mark.parametrize("listener", ["the same", "another"])
def test_a_phone_calls_another(proxy: Proxy, listener: str) -> None:
    """By another listener, each side has a Record-Route of its own."""
    behind = proxy.daemon.server if listener == "another" else ""
    phone = proxy.phone("phone", behind=behind)
    proxy.caller().finish()
    phone.finish()
    assert proxy.daemon.records() == []


def test_a_caller_gives_up(proxy: Proxy) -> None:
    phone = proxy.phone("phone_that_is_cancelled_by_a_proxy")
    proxy.caller("caller_who_gives_up").finish()
    phone.finish()


def test_a_lost_ack_is_asked_for_again_by_the_phone_itself(proxy: Proxy) -> None:
    phone = proxy.phone("phone")
    proxy.caller("caller_who_loses_an_ack", counts_copies=True).finish()
    phone.finish()


def test_a_busy_phone_is_told_to_the_caller(proxy: Proxy) -> None:
    phone = proxy.phone("phone_that_is_busy")
    proxy.caller("caller_to_nobody", status=486).finish()
    phone.finish()


@pytest.mark.parametrize(
    ("number", "status"),
    [("199", 404), ("103", 480), ("600", 480)],
    ids=["nobody has it", "no phone is on", "nobody of a department"],
)
def test_a_call_is_refused(proxy: Proxy, number: str, status: int) -> None:
    proxy.caller("caller_to_nobody", number, status=status).finish()


def test_fifty_calls_at_25_a_second_all_succeed(proxy: Proxy) -> None:
    phone = proxy.phone("phone", calls=50)
    proxy.caller(calls=50, rate=25).finish()
    phone.finish()


def test_of_two_phones_the_slower_one_is_cancelled(proxy: Proxy) -> None:
    slow = proxy.phone("phone_that_is_cancelled_by_a_proxy")
    quick = proxy.phone("phone")
    proxy.caller("caller_of_two").finish()
    quick.finish()
    slow.finish()


def test_a_phone_writes_to_another(proxy: Proxy) -> None:
    phone = proxy.phone("phone_that_reads")
    proxy.caller("message", status=200).finish()
    phone.finish()


def test_a_text_for_a_phone_that_is_not_on_cannot_be_delivered(proxy: Proxy) -> None:
    proxy.caller("message", "103", status=480).finish()
