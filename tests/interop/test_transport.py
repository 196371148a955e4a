"""Listeners on real sockets of this machine."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.tcp import TcpLimits, TcpWire

pytestmark = pytest.mark.interop

LOOPBACK = ("127.0.0.1", 0)


class Inbox:
    """Keeps what arrives, and lets a test wait for it."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.lost: asyncio.Queue[Flow] = asyncio.Queue()
        self.settled = 0

    def receive(self, data: bytes, flow: Flow) -> None:
        self.messages.put_nowait((data, flow))

    def flow_lost(self, flow: Flow) -> None:
        self.lost.put_nowait(flow)

    def settle(self) -> None:
        self.settled += 1

    async def next_message(self) -> tuple[bytes, Flow]:
        return await asyncio.wait_for(self.messages.get(), 5.0)

    async def next_lost(self) -> Flow:
        return await asyncio.wait_for(self.lost.get(), 5.0)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def drops() -> Counter[str]:
    return Counter()


Listen = Callable[[TcpLimits], Awaitable[TcpWire]]


@pytest.fixture
async def listen(inbox: Inbox, drops: Counter[str]) -> AsyncIterator[Listen]:
    wires: list[TcpWire] = []

    async def listen(limits: TcpLimits) -> TcpWire:
        loop = asyncio.get_running_loop()
        wire = TcpWire(LOOPBACK, inbox, drops, itertools.count(1000), limits, loop)
        await wire.start()
        wires.append(wire)
        return wire

    yield listen
    for wire in wires:
        wire.close()
    await asyncio.sleep(0)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[TcpWire], Awaitable[Streams]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    writers: list[asyncio.StreamWriter] = []

    async def connect(wire: TcpWire) -> Streams:
        reader, writer = await asyncio.open_connection(*wire.local)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def message(body: bytes = b"") -> bytes:
    return b"OPTIONS sip:x SIP/2.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def test_a_connection_is_used_in_both_directions(
    listen: Listen, connect: Connect, inbox: Inbox
) -> None:
    wire = await listen(TcpLimits())
    reader, writer = await connect(wire)
    writer.write(message(b"one") + message(b"two")[:20])
    data, flow = await inbox.next_message()
    assert data == message(b"one")
    assert flow == Flow("tcp", wire.local, writer.get_extra_info("sockname"), 1000)
    writer.write(message(b"two")[20:])
    assert (await inbox.next_message())[0] == message(b"two")
    wire.send(b"back", flow)
    assert await asyncio.wait_for(reader.readexactly(4), 5.0) == b"back"
    writer.close()
    assert await inbox.next_lost() == flow


async def test_a_ping_is_answered(listen: Listen, connect: Connect, inbox: Inbox) -> None:
    wire = await listen(TcpLimits())
    reader, writer = await connect(wire)
    writer.write(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readexactly(2), 5.0) == b"\r\n"
    writer.close()
    await inbox.next_lost()


async def test_a_flow_whose_connection_is_gone_is_reported_lost(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(TcpLimits())
    gone = Flow("tcp", wire.local, ("127.0.0.1", 9), 7)
    wire.send(b"x", gone)
    assert await inbox.next_lost() == gone
    assert drops == {"tcp-connection-gone": 1}


async def test_a_stream_that_is_not_sip_is_closed(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(TcpLimits())
    reader, writer = await connect(wire)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 5.0) == b""
    writer.close()
    await inbox.next_lost()
    assert drops == {"tcp-content-length-missing": 1}


async def test_a_peer_that_does_not_read_is_cut_off(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(TcpLimits(unsent=1000))
    _, writer = await connect(wire)
    writer.write(message())
    _, flow = await inbox.next_message()
    for _ in range(200):
        wire.send(bytes(100_000), flow)
    assert await inbox.next_lost() == flow
    assert drops["tcp-peer-does-not-read"] == 1
    writer.close()


async def test_a_message_that_is_never_completed_ends_the_connection(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(TcpLimits(message=0.05))
    reader, writer = await connect(wire)
    writer.write(message() + message()[:-3])
    wire.keep_flow((await inbox.next_message())[1])
    await inbox.next_lost()
    assert drops == {"tcp-idle": 1}
    assert await asyncio.wait_for(reader.read(), 5.0) == b""


@pytest.mark.parametrize("said", [b"", b"\r\n\r\n", message(), message()[:-3]])
async def test_a_stranger_is_cut_off_whatever_it_says(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str], said: bytes
) -> None:
    wire = await listen(TcpLimits(stranger=0.1, message=60.0))
    _, writer = await connect(wire)

    async def go_on() -> None:
        while True:
            writer.write(said)
            await asyncio.sleep(0.01)

    going_on = asyncio.create_task(go_on())
    await inbox.next_lost()
    going_on.cancel()
    assert drops == {"tcp-stranger": 1}


async def test_a_connection_of_a_phone_stays_until_the_idle_limit(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(TcpLimits(stranger=0.02, message=0.02, idle=0.2))
    _, writer = await connect(wire)
    writer.write(message())
    _, flow = await inbox.next_message()
    wire.keep_flow(flow)
    begun = asyncio.get_running_loop().time()
    assert await inbox.next_lost() == flow
    assert asyncio.get_running_loop().time() - begun >= 0.15
    assert drops == {"tcp-idle": 1}
    writer.close()


async def test_one_connection_too_many_displaces_the_oldest_stranger(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(TcpLimits(connections=2))
    _, phone = await connect(wire)
    phone.write(message())
    wire.keep_flow((await inbox.next_message())[1])
    stranger, _ = await connect(wire)
    _, third = await connect(wire)
    assert await asyncio.wait_for(stranger.read(), 5.0) == b""
    third.write(message(b"third"))
    assert (await inbox.next_message())[0] == message(b"third")
    assert drops == {"tcp-stranger-displaced": 1}


async def test_one_phone_too_many_is_refused(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(TcpLimits(connections=1))
    _, first = await connect(wire)
    first.write(message())
    wire.keep_flow((await inbox.next_message())[1])
    reader, second = await connect(wire)
    assert await asyncio.wait_for(reader.read(), 5.0) == b""
    assert drops == {"tcp-too-many-connections": 1}
    first.close()
    second.close()
    await inbox.next_lost()
