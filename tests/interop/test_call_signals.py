"""`softswitch call` is told to end: it leaves no telephone ringing, and no registration."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from softswitch.calls.record import Cause
from softswitch.phone.events import Cancelled, HungUp
from tests.support.daemon import Daemon, employees, environment, softswitch
from tests.support.socket_phone import SocketPhone

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WITHIN = 10.0
"""Seconds in which a program on a busy machine ends that has nothing to wait for."""

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("signals"), employees("101", "102")) as daemon:
        yield daemon


@pytest.fixture
async def called(daemon: Daemon) -> AsyncIterator[SocketPhone]:
    async with await SocketPhone("102").open(daemon.address) as called:
        await called.register()
        yield called
        await called.unregister()


HEEDS_ALL = ("env", "--default-signal=INT,TERM,HUP")
"""Whoever runs the tests may ignore signals, and what they start would inherit that."""


class Caller:
    """The program, as somebody uses it who calls 102."""

    def __init__(self, daemon: Daemon) -> None:
        self.began = time.time()
        self._process = subprocess.Popen(
            (
                *HEEDS_ALL,
                *softswitch("call", "--as", "101", "--to", "102", "--config", str(daemon.config)),
            ),
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
        )

    async def say(self, words: str) -> None:
        """Wait until it says `words`."""
        said = self._process.stdout
        assert said is not None
        while words not in (line := await asyncio.to_thread(said.readline)):
            assert line, f"it has ended, and never said {words!r}"

    async def end(self, number: int) -> tuple[int, str]:
        """Send a signal, and return its exit code and what it said from then on."""
        self._process.send_signal(number)
        said, _ = await asyncio.to_thread(self._process.communicate, timeout=WITHIN)
        return self._process.returncode, said


@pytest.mark.parametrize("number", SIGNALS)
async def test_who_is_stopped_while_it_rings_cancels_and_unregisters(
    daemon: Daemon, called: SocketPhone, number: signal.Signals
) -> None:
    caller = Caller(daemon)
    await caller.say("ringing")
    assert daemon.registered() == {"101", "102"}
    code, said = await caller.end(number)
    await called.wait_for(Cancelled)
    assert daemon.registered() == {"102"}
    [record] = await asyncio.to_thread(daemon.wait_for_records, 1, since=caller.began)
    assert record.cause is Cause.CANCELLED
    assert code == 128 + number
    assert said == ("" if number == signal.SIGHUP else "hung up\n")


@pytest.mark.parametrize("number", SIGNALS)
async def test_who_is_stopped_while_they_talk_hangs_up_and_unregisters(
    daemon: Daemon, called: SocketPhone, number: signal.Signals
) -> None:
    called.answers = 0.0
    caller = Caller(daemon)
    await caller.say("answered")
    code, _ = await caller.end(number)
    await called.wait_for(HungUp)
    assert daemon.registered() == {"102"}
    [record] = await asyncio.to_thread(daemon.wait_for_records, 1, since=caller.began)
    assert record.cause is Cause.CALLER_HUNG_UP
    assert code == 128 + number


async def test_who_is_stopped_where_nobody_answers_is_gone_soon(daemon: Daemon) -> None:
    """The switch stands still, so that neither the call nor the registration can be ended."""
    caller = Caller(daemon)
    await caller.say("registered")
    daemon.signal(signal.SIGSTOP)
    try:
        code, _ = await caller.end(signal.SIGTERM)
    finally:
        daemon.signal(signal.SIGCONT)
    assert code == 128 + signal.SIGTERM
