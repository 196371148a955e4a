"""Killed with -9 and started again: what the switch knows then."""

import asyncio
import os
import random
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from softswitch.calls.record import Cause, Disposition
from softswitch.phone.events import Connected, HungUp, Incoming, Registered
from tests.support.audio import read_wav
from tests.support.daemon import Daemon, employees
from tests.support.socket_phone import SocketPhone

EXTENSIONS = [str(number) for number in range(200, 300)]
KEPT_AFTER = 0.2
"""Seconds from its answer after which a registration survives whatever happens."""

APART = 0.005
"""Seconds between one phone's registration and the next one's."""

MAILBOX = (
    employees("101", "102")
    + """
departments:
  sales: {number: 600, members: [102], not_registered: voicemail sales}
voicemail:
  sales: {}
"""
)

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.mark.parametrize("seed", range(5))
async def test_registrations_survive_and_phones_are_called_without_registering_anew(
    tmp_path: Path, seed: int
) -> None:
    moment = random.Random(seed).uniform(KEPT_AFTER + 0.05, 0.7)
    async with AsyncExitStack() as stack:
        daemon = stack.enter_context(Daemon(tmp_path, employees(*EXTENSIONS)))
        phones = [
            await stack.enter_async_context(await SocketPhone(number).open(daemon.address))
            for number in EXTENSIONS
        ]
        registering = asyncio.create_task(_register_one_after_another(phones))
        await asyncio.wait([registering], timeout=moment)
        killed = time.monotonic()
        daemon.kill()
        registering.cancel()
        kept = {
            phone.number: phone
            for phone in phones
            if any(at < killed - KEPT_AFTER for at in phone.times(Registered))
        }
        await asyncio.to_thread(daemon.restart)
        assert kept
        assert set(kept) <= daemon.registered()
        caller, *_, called = kept.values()
        called.answers = 0.0
        call = caller.call(called.number)
        await called.wait_for(Incoming)
        await caller.wait_for(Connected)
        caller.hang_up(call)
        await called.wait_for(HungUp)
        assert len(called.events(Registered)) == 1
        assert caller.complaints == called.complaints == []


async def _register_one_after_another(phones: list[SocketPhone]) -> None:
    start = asyncio.get_running_loop().time()
    ready = asyncio.Event()
    for count, phone in enumerate(phones, 1):
        phone.begin_to_register()
        asyncio.get_running_loop().call_at(start + count * APART, ready.set)
        await ready.wait()
        ready.clear()


@pytest.mark.parametrize("also_workers", [False, True], ids=["the daemon", "everything"])
@pytest.mark.parametrize("seed", range(2))
async def test_a_message_that_is_cut_off_is_there_after_the_restart(
    tmp_path: Path, seed: int, *, also_workers: bool
) -> None:
    seconds = random.Random(seed).uniform(0.5, 1.5)
    with Daemon(tmp_path, MAILBOX) as daemon:
        caller = await SocketPhone("101", speaks=True).open(daemon.address)
        await caller.register()
        caller.call("600")
        await caller.wait_for(Connected)
        await asyncio.to_thread(daemon.wait_for_recording, "sales", seconds)
        if also_workers:
            daemon.kill_everything()
        else:
            daemon.kill()
        caller.close()
        await asyncio.to_thread(daemon.restart)
        [(path, message)] = daemon.wait_for_messages("sales", 1)
        kept = read_wav(path)
        assert (message.caller, message.state) == ("101", "new")
        assert len(kept) >= 8000 * seconds
        assert message.duration == pytest.approx(len(kept) / 8000, abs=0.001)
        assert list(path.parent.glob("*.part")) == []
        [record] = daemon.wait_for_records(1)
        assert record.cause is Cause.SWITCH_STOPPED


async def test_a_call_that_was_cut_lasted_at_least_as_long_as_the_switch_is_known_to_have_run(
    tmp_path: Path,
) -> None:
    with Daemon(tmp_path, employees("101", "102")) as daemon:
        caller = await SocketPhone("101").open(daemon.address)
        called = await SocketPhone("102").open(daemon.address)
        called.answers = 0.0
        for phone in (caller, called):
            await phone.register()
        caller.call("102")
        await caller.wait_for(Connected)
        connected = time.time()
        await asyncio.to_thread(daemon.wait_until_alive, connected + 2.0)
        daemon.kill()
        killed = time.time()
        caller.close()
        called.close()
        await asyncio.to_thread(daemon.restart)
        [record] = await asyncio.to_thread(daemon.wait_for_records, 1)
        assert (record.cause, record.reason) == (Cause.SWITCH_STOPPED, "end-unknown")
        assert record.disposition is Disposition.ANSWERED
        assert connected + 2.0 <= record.end <= killed
        assert "switch-stopped end-unknown" in (daemon.state / "cdr.csv").read_text()


async def test_a_message_whose_worker_dies_is_there_at_once_with_what_was_said(
    tmp_path: Path,
) -> None:
    with Daemon(tmp_path, MAILBOX) as daemon:
        caller = await SocketPhone("101", speaks=True).open(daemon.address)
        await caller.register()
        caller.call("600")
        await caller.wait_for(Connected)
        await asyncio.to_thread(daemon.wait_for_recording, "sales", 1.0)
        [worker] = daemon.status().workers
        os.kill(worker.process, signal.SIGKILL)
        await caller.wait_for(HungUp)
        caller.close()
        [(path, message)] = await asyncio.to_thread(daemon.wait_for_messages, "sales", 1)
        kept = read_wav(path)
        assert len(kept) >= 8000 * 1.0
        assert message.duration == pytest.approx(len(kept) / 8000, abs=0.001)
        assert message.caller == "101"
        assert list(path.parent.glob("*.part")) == []
        [record] = await asyncio.to_thread(daemon.wait_for_records, 1)
        assert record.cause is Cause.WORKER_LOST
        notes = [note.kind for step in record.steps for note in step.notes]
        assert "message-failed" in notes
