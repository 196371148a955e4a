"""sipp against a listener that passes calls on: what cannot be asked of the switch too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.ports import free_port
from tests.support.sipp import Desk

RULES = """
employees:
  101: {password: long-enough}
  102: {password: long-enough}
  104: {password: long-enough}
"""

pytestmark = [pytest.mark.interop, pytest.mark.sipp, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[Daemon]:
    more = [f"{{on: 'udp {server}', mode: proxy}}"]
    with Daemon(tmp_path_factory.mktemp("proxy"), RULES, more=more) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def desk(daemon: Daemon, server: str, tmp_path: Path, port: int) -> Iterator[Desk]:
    with Desk(daemon, server, tmp_path, {"102": [port]}, challenge=407) as desk:
        yield desk


@pytest.mark.parametrize("listener", ["the same", "another"])
def test_a_phone_calls_another(desk: Desk, listener: str) -> None:
    """By another listener, each side has a Record-Route of its own."""
    desk.phone("phone", behind=desk.daemon.server if listener == "another" else "")
    desk.caller("caller")
    desk.finish()
    assert desk.daemon.records() == []


def test_a_redirection_is_left_to_the_caller(desk: Desk) -> None:
    desk.phone("phone_that_forwards", "102", "104")
    desk.caller("caller_to_nobody", status=302)
    desk.finish()
