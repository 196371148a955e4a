import asyncio
import json
import socket
from pathlib import Path

import pytest

from softswitch.daemon.control import (
    SOCKET,
    BanInForce,
    BansWanted,
    ControlServer,
    NotRunning,
    NotUnderstood,
    StatusWanted,
    Unban,
    ask,
)
from softswitch.daemon.status import Status
from tests.unit.softswitch.daemon.test_status import STATUS

BAN = BanInForce("192.0.2.7:5060", 1.0, 59.0, 1, "101")


def make(directory: Path) -> ControlServer:
    return ControlServer(
        directory,
        {
            StatusWanted: lambda _: STATUS,
            BansWanted: lambda _: [BAN],
            Unban: lambda order: [BAN] if order.address == BAN.address else [],
        },
    )


def say(directory: Path, line: bytes) -> bytes:
    """Write to the socket what no command would, and return what is answered."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5.0)
        client.connect(str(directory / SOCKET))
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)
        parts = []
        while part := client.recv(65536):
            parts.append(part)
    return b"".join(parts)


async def test_a_running_switch_answers_whoever_may_read_its_directory(tmp_path: Path) -> None:
    server = make(tmp_path)
    await server.start()
    assert (tmp_path / SOCKET).stat().st_mode & 0o777 == 0o600
    assert await asyncio.to_thread(ask, tmp_path, StatusWanted(), Status) == STATUS
    await server.close()
    assert not (tmp_path / SOCKET).exists()


async def test_each_question_has_its_answer(tmp_path: Path) -> None:
    server = make(tmp_path)
    await server.start()
    bans = list[BanInForce]
    assert await asyncio.to_thread(ask, tmp_path, BansWanted(), bans) == [BAN]
    assert await asyncio.to_thread(ask, tmp_path, Unban(BAN.address), bans) == [BAN]
    assert await asyncio.to_thread(ask, tmp_path, Unban("192.0.2.8"), bans) == []
    await server.close()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"status\n",
        b"{}\n",
        b'{"do": "dance"}\n',
        b'{"do": "unban"}\n',
        b'{"do": "unban", "address": 7}\n',
        b"\xff\n",
        b'{"do": "status"}',
        b"x" * 200_000,
    ],
)
async def test_what_is_no_question_is_answered_with_what_is_wrong(
    tmp_path: Path, line: bytes
) -> None:
    server = make(tmp_path)
    await server.start()
    answer = await asyncio.to_thread(say, tmp_path, line)
    assert list(json.loads(answer)) == ["error"]
    assert await asyncio.to_thread(ask, tmp_path, StatusWanted(), Status) == STATUS
    await server.close()


async def test_an_answer_of_another_kind_is_said_to_be_so(tmp_path: Path) -> None:
    server = make(tmp_path)
    await server.start()
    with pytest.raises(NotUnderstood, match="another version"):
        await asyncio.to_thread(ask, tmp_path, BansWanted(), Status)
    await server.close()


async def test_a_socket_left_by_a_killed_switch_is_replaced(tmp_path: Path) -> None:
    (tmp_path / SOCKET).touch()
    server = make(tmp_path)
    await server.start()
    assert await asyncio.to_thread(ask, tmp_path, StatusWanted(), Status) == STATUS
    await server.close()


def test_nobody_answers_where_no_switch_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no switch answers"):
        ask(tmp_path, StatusWanted(), Status)
