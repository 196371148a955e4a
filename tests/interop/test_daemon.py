"""The daemon as a process: what it takes up when it starts, and what it does in distress."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from media.net import CHOICES
from softswitch.calls.record import Cause
from softswitch.phone.events import Connected, HungUp, Incoming
from tests.support.audio import read_wav
from tests.support.daemon import Daemon, employees
from tests.support.socket_phone import SocketPhone

MAILBOX = (
    employees("101", "102")
    + """
departments:
  sales: {number: 600, members: [102], not_registered: voicemail sales}
voicemail:
  sales: {}
"""
)

SPOKEN = 1.0
"""Seconds of a message before its worker dies."""

AT_ONCE = 2.5
"""Seconds in which a process that waits for nobody ends; ending its workers takes most of it."""

pytestmark = [pytest.mark.interop, pytest.mark.slow]


async def test_a_stopped_switch_knows_its_phones_when_it_starts_again(tmp_path: Path) -> None:
    with Daemon(tmp_path, employees("101", "102")) as daemon:
        async with await SocketPhone("101").open(daemon.address) as phone:
            await phone.register()
            assert await asyncio.to_thread(daemon.stop_at_once) == 0
            await asyncio.to_thread(daemon.restart)
            assert daemon.registered() == {"101"}


def test_a_configuration_that_is_wrong_ends_the_start_with_its_line(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, "employes: {}")
    daemon.begin()
    assert daemon.wait() == 1
    assert f"{daemon.config}:1:1: error" in daemon.log()


async def test_a_switch_that_is_asked_twice_waits_for_no_phone_that_is_gone(
    tmp_path: Path,
) -> None:
    """An answer that nobody acknowledges is repeated for 32 seconds: a caller is in between."""
    with Daemon(tmp_path, employees("101", "102")) as daemon:
        alice = await SocketPhone("101").open(daemon.address)
        await alice.register()
        async with await SocketPhone("102").open(daemon.address) as bob:
            await bob.register()
            alice.call("102")
            ringing = await bob.wait_for(Incoming)
            alice.close()
            bob.answer(ringing.call)
            await bob.wait_for(Connected)
            daemon.signal(signal.SIGTERM)
            await asyncio.to_thread(daemon.wait_until_logged, "draining")
            asked = time.monotonic()
            daemon.signal(signal.SIGTERM)
            assert await asyncio.to_thread(daemon.wait) == 0
            assert time.monotonic() - asked < AT_ONCE
            await bob.wait_for(HungUp)
        assert [record.cause for record in daemon.records()] == [Cause.STOPPING]


def test_a_media_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with Daemon(tmp_path, employees("101"), "--workers", "1") as daemon:
        [lost] = daemon.status().workers
        os.kill(lost.process, signal.SIGKILL)
        worker = daemon.wait_for_another_worker(lost.process)
        assert worker.free_ports


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
async def test_the_call_of_a_worker_that_is_lost_ends_with_its_cause_and_the_next_is_answered(
    tmp_path: Path, number: signal.Signals
) -> None:
    with Daemon(tmp_path, employees("101", "102"), "--workers", "1") as daemon:
        async with (
            await SocketPhone("101").open(daemon.address) as alice,
            await SocketPhone("102").open(daemon.address) as bob,
        ):
            await alice.register()
            await bob.register()
            alice.call("102")
            bob.answer((await bob.wait_for(Incoming)).call)
            await alice.wait_for(Connected)
            [lost] = daemon.status().workers
            assert lost.backend in CHOICES
            os.kill(lost.process, number)
            await alice.wait_for(HungUp)
            await bob.wait_for(HungUp)
            await asyncio.to_thread(daemon.wait_for_another_worker, lost.process)
            alice.call("102")
            incoming = await bob.wait_for(Incoming, count=2)
            bob.answer(incoming.call)
            await alice.wait_for(Connected, count=2)
        assert daemon.records()[0].cause == Cause.WORKER_LOST


async def test_what_a_worker_recorded_when_it_died_is_a_message_at_once(tmp_path: Path) -> None:
    with Daemon(tmp_path, MAILBOX, "--workers", "1") as daemon:
        async with await SocketPhone("101", speaks=True).open(daemon.address) as caller:
            await caller.register()
            caller.call("600")
            await caller.wait_for(Connected)
            await asyncio.to_thread(daemon.wait_for_recording, "sales", SPOKEN)
            os.kill(daemon.status().workers[0].process, signal.SIGKILL)
            [(path, message)] = await asyncio.to_thread(daemon.wait_for_messages, "sales", 1)
            kept = read_wav(path)
            assert message.caller == "101"
            assert len(kept) >= 8000 * SPOKEN
            assert message.duration == pytest.approx(len(kept) / 8000, abs=0.001)
            assert list(path.parent.glob("*.part")) == []
            await asyncio.to_thread(daemon.wait_until_logged, "recording-recovered")
