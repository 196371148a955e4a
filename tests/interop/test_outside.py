"""Our own address by STUN, of a server that this test is."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from structlog.testing import CapturingLogger

from softswitch.configuration.settings import StunServer
from softswitch.daemon.addresses import Question
from softswitch.daemon.outside import Outside
from softswitch.transport.stun import (
    SUCCESS,
    XOR_MAPPED_ADDRESS,
    Message,
    mapped_address,
    parse,
)
from softswitch.transport.stun_query import StunFailed, ask
from tests.support.daemon import Daemon, employees
from tests.support.socket_phone import SocketPhone

pytestmark = pytest.mark.interop


@dataclass
class Server(asyncio.DatagramProtocol):
    """Says that whoever asks is at `address`, but for the first `deaf` times."""

    address: str = "203.0.113.5"
    deaf: int = 0
    asked: int = 0
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        self.asked += 1
        if request is None or self.asked <= self.deaf:
            return
        value = mapped_address(self.address, 1234, request.transaction)
        answer = Message(SUCCESS, request.transaction, ((XOR_MAPPED_ADDRESS, value),))
        assert self.transport is not None
        self.transport.sendto(b"noise", addr)
        self.transport.sendto(bytes(answer), addr)

    @property
    def question(self) -> Question:
        assert self.transport is not None
        return Question(StunServer(*self.transport.get_extra_info("sockname")[:2]), "127.0.0.1")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: server, local_addr=("127.0.0.1", 0)
    )
    yield server
    transport.close()


async def test_a_server_tells_from_where_we_come(server: Server) -> None:
    question = server.question
    assert await ask(question.server, question.source) == "203.0.113.5"


async def test_a_question_that_gets_lost_is_asked_again(server: Server) -> None:
    server.deaf = 1
    question = server.question
    assert await ask(question.server, question.source) == "203.0.113.5"
    assert server.asked == 2


async def test_a_server_that_is_not_there_is_said(server: Server) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = nobody.getsockname()
    with pytest.raises(StunFailed, match="refused"):
        await ask(gone, "127.0.0.1")


async def test_a_source_that_is_not_ours_is_said(server: Server) -> None:
    with pytest.raises(StunFailed, match="assign"):
        await ask(server.question.server, "192.0.2.1")


@dataclass
class Told:
    answers: list[Mapping[Question, str]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, answers: Mapping[Question, str]) -> None:
        self.answers.append(answers)
        self.news.set()


Follow = Callable[[Question], Outside]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def log() -> CapturingLogger:
    return CapturingLogger()


@pytest.fixture
async def follow(told: Told, log: CapturingLogger) -> AsyncIterator[Follow]:
    followed: list[Outside] = []

    def follow(question: Question) -> Outside:
        followed.append(Outside([question], told.hear, log, again=0.01))
        return followed[-1]

    yield follow
    for outside in followed:
        await outside.close()


async def test_an_address_is_known_after_the_start_and_followed(
    server: Server, follow: Follow, told: Told, log: CapturingLogger
) -> None:
    question = server.question
    await follow(question).start()
    assert told.answers == [{question: "203.0.113.5"}]
    told.news.clear()
    server.address = "203.0.113.6"
    await asyncio.wait_for(told.news.wait(), 5.0)
    assert told.answers[1:] == [{question: "203.0.113.6"}]
    assert [(call.kwargs["before"], call.kwargs["address"]) for call in log.calls] == [
        ("", "203.0.113.5"),
        ("203.0.113.5", "203.0.113.6"),
    ]


async def test_a_start_does_not_wait_for_ever(
    server: Server, follow: Follow, told: Told, log: CapturingLogger
) -> None:
    server.deaf = 1
    await follow(server.question).start(patience=0.05)
    assert told.answers == []
    [call] = log.calls
    assert (call.method_name, call.kwargs["error"]) == ("warning", "no answer within 0.05 s")
    await asyncio.wait_for(told.news.wait(), 5.0)


async def test_what_was_told_holds_when_the_server_is_gone(
    server: Server, follow: Follow, told: Told, log: CapturingLogger
) -> None:
    await follow(server.question).start()
    assert server.transport is not None
    server.transport.close()
    for _ in range(500):
        if len(log.calls) > 1:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    assert [call.method_name for call in log.calls] == ["info", "warning"]  # said once
    assert len(told.answers) == 1


async def test_a_switch_tells_telephones_what_a_stun_server_has_told_it(
    server: Server, tmp_path: Path
) -> None:
    host, port = server.question.server
    network = f"  advertise: stun {host}:{port}\n"
    daemon = Daemon(tmp_path, employees("101", "102"), network=network)
    daemon.begin()
    await asyncio.to_thread(daemon.wait_until_up)
    try:
        assert daemon.status().media_address == "203.0.113.5"
        await asyncio.to_thread(daemon.wait_until_logged, "outside-address")
        async with await SocketPhone("101").open(daemon.address) as phone:
            await phone.register()
    finally:
        await asyncio.to_thread(daemon.stop_at_once)
        daemon.kill()
