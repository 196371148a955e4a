"""The disk is full while a caller leaves a message, or the database is not to be written."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from softswitch.calls.record import Cause
from softswitch.phone.events import Connected, HungUp
from tests.support.audio import read_wav
from tests.support.daemon import Daemon, employees, run
from tests.support.socket_phone import SocketPhone

RULES = (
    employees("101", "102")
    + """
departments:
  sales: {number: 600, members: [102], not_registered: voicemail sales}
voicemail:
  sales: {}
"""
)
SIZE = "64k"
"""Of the disk: four seconds of a message."""

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own at the place of the messages."""
    place = tmp_path / "state" / "voicemail"
    place.mkdir(parents=True)
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "softswitch-test", str(place)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


async def test_the_caller_is_told_and_the_switch_goes_on(small_disk: Path) -> None:
    with Daemon(small_disk.parent.parent, RULES) as daemon:
        async with (
            await SocketPhone("101", speaks=True).open(daemon.address) as caller,
            await SocketPhone("102", answers=0.0).open(daemon.address) as bob,
        ):
            await caller.register()
            caller.call("600")
            await caller.wait_for(HungUp, within=30.0)
            [record] = await asyncio.to_thread(daemon.wait_for_records, 1)
            notes = [note.kind for step in record.steps for note in step.notes]
            assert "message-failed" in notes
            assert record.cause is not Cause.CALLER_HUNG_UP
            for path, _ in daemon.messages("sales"):
                read_wav(path)  # what is listed is whole
            await bob.register()
            call = caller.call("102")
            await bob.wait_for(Connected)
            caller.hang_up(call)
            await bob.wait_for(HungUp)
            assert caller.complaints == bob.complaints == []
            daemon.kill()
            await asyncio.to_thread(daemon.restart)  # with a disk that is still full
            for path, _ in daemon.messages("sales"):
                read_wav(path)


async def test_people_learn_that_nothing_is_written_and_that_it_is_again(tmp_path: Path) -> None:
    with Daemon(tmp_path, RULES) as daemon:
        other = sqlite3.connect(daemon.state / "state.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with await SocketPhone("101").open(daemon.address) as phone:
            await phone.register()
            await asyncio.to_thread(daemon.wait_until_logged, "storage-failing")
            shown = run("status", "--state", str(daemon.state)).stdout
            assert "1 bindings: database is locked; nothing is lost" in shown
            other.execute("ROLLBACK")
            other.close()
            await asyncio.to_thread(daemon.wait_until_logged, "storage-well")
            shown = run("status", "--state", str(daemon.state)).stdout
            assert "bindings are written again for 0:00:0" in shown
            assert "database is locked; nothing is lost" in shown
