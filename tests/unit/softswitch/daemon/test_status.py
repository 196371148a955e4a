import asyncio
import os
from pathlib import Path

import pytest

from softswitch.daemon.listening import ListenerState
from softswitch.daemon.status import (
    SOCKET,
    CallInProgress,
    NotRunning,
    Registration,
    Status,
    StatusServer,
    Worker,
    ask,
    resident,
)

STATUS = Status(
    version="1.0",
    process=1,
    uptime=2.5,
    listeners=(ListenerState("udp 127.0.0.1:5060", "recvfrom"),),
    media_address="127.0.0.1",
    memory=50 << 20,
    registrations=(Registration("101", "sip:101@x", "udp 127.0.0.1:5070", "phone", 60.0),),
    calls=(CallInProgress("c1", "101", "600", "ring sales", 12.5),),
    workers=(Worker(7, "epoll", 2, 62, 90 << 20),),
    drops={"keep-alive": 3},
    faults={"KeyError at call.py:7": 1},
    waiting_writes=0,
)


async def test_a_running_switch_answers_whoever_may_read_its_directory(tmp_path: Path) -> None:
    server = StatusServer(tmp_path, lambda: STATUS)
    await server.start()
    assert (tmp_path / SOCKET).stat().st_mode & 0o777 == 0o600
    assert await asyncio.to_thread(ask, tmp_path) == STATUS
    await server.close()
    assert not (tmp_path / SOCKET).exists()


async def test_a_socket_left_by_a_killed_switch_is_replaced(tmp_path: Path) -> None:
    (tmp_path / SOCKET).touch()
    server = StatusServer(tmp_path, lambda: STATUS)
    await server.start()
    assert await asyncio.to_thread(ask, tmp_path) == STATUS
    await server.close()


def test_nobody_answers_where_no_switch_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no switch answers"):
        ask(tmp_path)


def test_the_memory_of_a_process_is_known_while_it_lives() -> None:
    assert 1 << 20 < resident(os.getpid()) < 4 << 30
    assert resident(0) == 0
