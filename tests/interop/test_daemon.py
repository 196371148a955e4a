"""The daemon as a process: start, stop, and what is left of it when it is killed."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from softswitch.daemon.status import SOCKET, Status, ask
from softswitch.phone.events import PhoneOutput, Registered
from softswitch.phone.live import LivePhone
from tests.support.ports import free_port

pytestmark = pytest.mark.slow

EXTENSIONS = [str(number) for number in range(200, 300)]
PASSWORD = "long-enough"
WITHIN = 20.0
"""Seconds in which the daemon starts and stops."""

KEPT_AFTER = 0.2
"""Seconds from its answer after which a registration survives whatever happens."""


class Daemon:
    """One process of the switch, and the configuration that it runs on."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = ("127.0.0.1", port)
        self.state = folder / "state"
        self.config = folder / "office.yaml"
        rtp = free_port()
        employees = "".join(f"  {number}: {{password: {PASSWORD}}}\n" for number in EXTENSIONS)
        self.config.write_text(
            f"employees:\n{employees}state: state\n"
            f"network: {{listen: [udp 127.0.0.1:{port}, tcp 127.0.0.1:{port}], "
            f"rtp: {rtp}-{rtp + 1}}}\n"
        )
        self.errors = ""

    async def start(self) -> int | None:
        """Return None when the switch is up, or its exit code when it does not come up."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "softswitch.daemon", "run", str(self.config)),
            *("--workers", "1", "--log-level", "warning"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(WITHIN):
            async for line in self._process.stdout:
                if b" call --as " in line:
                    return None
            return await self._ended()

    async def kill(self) -> None:
        self._process.kill()
        await self._ended()

    async def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return await self._ended()

    async def close(self) -> None:
        if self._process.returncode is None:
            await self.kill()

    async def status(self) -> Status:
        return await asyncio.to_thread(ask, self.state)

    async def _ended(self) -> int:
        async with asyncio.timeout(WITHIN):
            _, errors = await self._process.communicate()
            self.errors += errors.decode()
            assert self._process.returncode is not None
            return self._process.returncode


MakeDaemon = Callable[[Path], Daemon]


@pytest.fixture
async def make_daemon() -> AsyncIterator[MakeDaemon]:
    made: list[Daemon] = []

    def make(folder: Path) -> Daemon:
        folder.mkdir(exist_ok=True)
        made.append(Daemon(folder, free_port()))
        return made[-1]

    yield make
    for daemon in made:
        await daemon.close()


class Desk:
    """Phones that register, and when each of them knew that it was registered."""

    def __init__(self) -> None:
        self.phones: list[LivePhone] = []
        self.acknowledged: dict[str, float] = {}

    async def register(self, daemon: Daemon, number: str) -> None:
        def hear(event: PhoneOutput) -> None:
            if isinstance(event, Registered):
                self.acknowledged[number] = time.monotonic()

        phone = await LivePhone.open(number, PASSWORD, daemon.address, hear)
        self.phones.append(phone)
        phone.carry(phone.agent.register(phone.now()))

    def close(self) -> None:
        for phone in self.phones:
            phone.close()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not happened():  # noqa: ASYNC110 - the phones have no event for it
            await asyncio.sleep(0.01)


async def test_a_switch_starts_serves_and_stops(
    make_daemon: MakeDaemon, tmp_path: Path, desk: Desk
) -> None:
    daemon = make_daemon(tmp_path)
    assert await daemon.start() is None, daemon.errors
    await desk.register(daemon, "201")
    await until(lambda: "201" in desk.acknowledged)
    status = await daemon.status()
    assert [one.extension for one in status.registrations] == ["201"]
    assert len(status.workers) == 1
    assert await daemon.stop() == 0
    assert not (daemon.state / SOCKET).exists()


async def test_nobody_else_reads_what_a_switch_keeps(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    daemon = make_daemon(tmp_path)
    assert await daemon.start() is None, daemon.errors
    await daemon.stop()
    found = [daemon.state, *daemon.state.rglob("*")]
    assert "state.db" in {path.name for path in found}
    assert [path for path in found if path.stat().st_mode & 0o077] == []


async def test_a_stopped_switch_knows_its_phones_when_it_starts_again(
    make_daemon: MakeDaemon, tmp_path: Path, desk: Desk
) -> None:
    daemon = make_daemon(tmp_path)
    assert await daemon.start() is None
    await desk.register(daemon, "201")
    await until(lambda: "201" in desk.acknowledged)
    await daemon.stop()
    assert await daemon.start() is None
    assert [one.extension for one in (await daemon.status()).registrations] == ["201"]


@pytest.mark.parametrize("moment", [0.05, 0.21, 0.33, 0.5])
async def test_a_killed_switch_knows_every_registration_that_it_acknowledged(
    make_daemon: MakeDaemon, tmp_path: Path, desk: Desk, moment: float
) -> None:
    daemon = make_daemon(tmp_path)
    assert await daemon.start() is None

    async def everybody_registers() -> None:
        for number in EXTENSIONS:
            await desk.register(daemon, number)
            await asyncio.sleep(0.005)

    arriving = asyncio.create_task(everybody_registers())
    await asyncio.sleep(KEPT_AFTER + moment)
    killed = time.monotonic()
    await daemon.kill()
    arriving.cancel()
    with contextlib.suppress(asyncio.CancelledError, OSError):
        await arriving
    desk.close()
    assert await daemon.start() is None
    known = {one.extension for one in (await daemon.status()).registrations}
    kept = {number for number, at in desk.acknowledged.items() if at < killed - KEPT_AFTER}
    assert kept
    assert kept <= known


async def test_a_port_that_is_taken_is_said_in_words(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    first, second = make_daemon(tmp_path / "one"), make_daemon(tmp_path / "two")
    assert await first.start() is None
    taken = "{}:{}".format(*first.address)
    second.config.write_text(
        second.config.read_text().replace("{}:{}".format(*second.address), taken)
    )
    assert await second.start() == 3
    assert f"cannot listen on udp {taken}" in second.errors


async def test_a_second_switch_on_the_same_state_is_refused(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    first, second = make_daemon(tmp_path / "one"), make_daemon(tmp_path / "two")
    second.config.write_text(
        second.config.read_text().replace("state: state", f"state: {first.state}")
    )
    assert await first.start() is None
    assert await second.start() == 3
    assert "another switch (process" in second.errors


async def test_a_configuration_that_is_wrong_ends_the_start_with_its_line(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    daemon = make_daemon(tmp_path)
    daemon.config.write_text("employes: {}\n")
    assert await daemon.start() == 1
    assert f"{daemon.config}:1:1: error" in daemon.errors


async def test_a_media_worker_that_dies_is_replaced(
    make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    daemon = make_daemon(tmp_path)
    assert await daemon.start() is None
    [lost] = (await daemon.status()).workers
    os.kill(lost.process, signal.SIGKILL)
    async with asyncio.timeout(WITHIN):
        while True:
            [worker] = (await daemon.status()).workers
            if worker.process != lost.process and worker.free_ports:
                break
            await asyncio.sleep(0.05)
    assert await daemon.stop() == 0
