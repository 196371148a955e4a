"""Connections that we open ourselves, to real sockets of this machine."""

import asyncio
import contextlib
import itertools
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.limits import StreamLimits
from softswitch.transport.stream import StreamWire, tcp, websocket
from tests.support.inbox import Inbox, message

pytestmark = pytest.mark.interop

LOOPBACK = ("127.0.0.1", 0)


class Peer:
    """A TCP server that keeps what its clients say."""

    def __init__(self) -> None:
        self.streams: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
            asyncio.Queue()
        )
        self.address = ("", 0)

    def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.streams.put_nowait((reader, writer))

    async def next_client(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.wait_for(self.streams.get(), 5.0)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    server = await asyncio.start_server(peer.met, *LOOPBACK)
    peer.address = server.sockets[0].getsockname()
    yield peer
    server.close()
    while not peer.streams.empty():
        peer.streams.get_nowait()[1].close()
    await server.wait_closed()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def drops() -> Counter[str]:
    return Counter()


Listen = Callable[..., Awaitable[StreamWire]]


@pytest.fixture
async def listen(inbox: Inbox, drops: Counter[str]) -> AsyncIterator[Listen]:
    wires: list[StreamWire] = []

    async def listen(limits: StreamLimits | None = None, chance: float = 0.5) -> StreamWire:
        wire = StreamWire(
            tcp(),
            LOOPBACK,
            inbox,
            drops,
            itertools.count(1000),
            limits or StreamLimits(),
            asyncio.get_running_loop(),
            lambda: chance,
        )
        await wire.start()
        wires.append(wire)
        return wire

    yield listen
    for wire in wires:
        wire.close()
    await asyncio.sleep(0.01)


def to(wire: StreamWire, remote: tuple[str, int]) -> Flow:
    return Flow(wire.transport, wire.local, remote)


async def test_one_connection_is_opened_for_all_that_goes_to_an_address(
    listen: Listen, inbox: Inbox, peer: Peer
) -> None:
    wire = await listen()
    flow = to(wire, peer.address)
    wire.send(message(b"one"), flow)
    wire.send(message(b"two"), flow)
    reader, writer = await peer.next_client()
    both = message(b"one") + message(b"two")
    assert await asyncio.wait_for(reader.readexactly(len(both)), 5.0) == both
    wire.send(message(b"three"), flow)
    assert await asyncio.wait_for(reader.readexactly(len(message(b"three"))), 5.0)
    assert peer.streams.empty()
    writer.close()


async def test_what_comes_back_has_the_number_of_the_connection(
    listen: Listen, inbox: Inbox, peer: Peer
) -> None:
    wire = await listen()
    wire.send(message(), to(wire, peer.address))
    reader, writer = await peer.next_client()
    writer.write(message(b"back"))
    data, flow = await inbox.next_message()
    assert data == message(b"back")
    assert flow == Flow("tcp", wire.local, peer.address, 1000)
    wire.send(message(b"again"), flow)
    await asyncio.wait_for(reader.readexactly(len(message() + message(b"again"))), 5.0)
    writer.close()


async def test_both_flows_are_lost_with_the_connection(
    listen: Listen, inbox: Inbox, peer: Peer
) -> None:
    wire = await listen()
    flow = to(wire, peer.address)
    wire.send(message(), flow)
    _, writer = await peer.next_client()
    writer.close()
    numbered = Flow("tcp", wire.local, peer.address, 1000)
    assert {await inbox.next_lost(), await inbox.next_lost()} == {flow, numbered}
    wire.send(message(), flow)
    _, second = await peer.next_client()
    second.close()


async def test_a_port_where_nobody_listens_loses_the_flow_after_the_send_has_returned(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen()
    with socket.socket() as unheard:
        unheard.bind(LOOPBACK)
        flow = to(wire, unheard.getsockname())
        wire.send(message(), flow)
        assert inbox.lost.empty()
        assert await inbox.next_lost() == flow
    assert drops == {"tcp-cannot-connect": 1}


async def test_a_host_that_is_no_address_loses_the_flow(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen()
    flow = to(wire, ("phone.invalid", 5060))
    wire.send(message(), flow)
    assert await inbox.next_lost() == flow
    assert drops == {"tcp-cannot-connect": 1}


async def test_a_peer_that_lets_nobody_in_is_waited_for_until_the_limit(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(connect=0.1))
    with socket.socket() as full:
        full.bind(LOOPBACK)
        full.listen(0)
        with socket.create_connection(full.getsockname()):  # it fills the backlog
            flow = to(wire, full.getsockname())
            wire.send(message(), flow)
            assert await inbox.next_lost() == flow
    assert drops == {"tcp-connect-timeout": 1}


async def test_what_waits_for_a_connection_is_bounded(
    listen: Listen, inbox: Inbox, peer: Peer, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(unsent=100))
    for _ in range(3):
        wire.send(message(b"x" * 20), to(wire, peer.address))
    reader, writer = await peer.next_client()
    assert await asyncio.wait_for(reader.readexactly(len(message(b"x" * 20))), 5.0)
    assert drops == {"tcp-too-much-unsent": 2}
    writer.close()


async def test_connections_of_ours_are_bounded(
    listen: Listen, inbox: Inbox, peer: Peer, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(opened=1))
    wire.send(message(), to(wire, peer.address))
    beyond = to(wire, ("127.0.0.2", 9))
    wire.send(message(), beyond)
    assert await inbox.next_lost() == beyond
    assert drops == {"tcp-too-many-opened": 1}
    (await peer.next_client())[1].close()


async def test_a_connection_that_the_peer_has_made_is_used_again(
    listen: Listen, inbox: Inbox
) -> None:
    wire = await listen()
    reader, writer = await asyncio.open_connection(*wire.local)
    writer.write(message())
    _, flow = await inbox.next_message()
    unnumbered = to(wire, flow.remote)
    wire.send(message(b"reused"), unnumbered)
    assert await asyncio.wait_for(reader.readexactly(len(message(b"reused"))), 5.0)
    writer.close()
    assert {await inbox.next_lost(), await inbox.next_lost()} == {flow, unnumbered}


async def test_a_connection_of_ours_is_kept_alive_by_pings(listen: Listen, peer: Peer) -> None:
    wire = await listen(StreamLimits(ping=(0.0, 0.04)))
    wire.send(message(), to(wire, peer.address))
    reader, writer = await peer.next_client()
    await asyncio.wait_for(reader.readexactly(len(message())), 5.0)
    for _ in range(3):
        assert await asyncio.wait_for(reader.readexactly(4), 5.0) == b"\r\n\r\n"
        writer.write(b"\r\n")
    writer.close()


async def test_a_peer_that_stops_answering_pings_is_lost(
    listen: Listen, inbox: Inbox, peer: Peer, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(ping=(0.01, 0.01), pong=0.05))
    flow = to(wire, peer.address)
    wire.send(message(), flow)
    reader, writer = await peer.next_client()
    await asyncio.wait_for(reader.readexactly(len(message()) + 4), 5.0)
    writer.write(b"\r\n")
    assert flow in {await inbox.next_lost(), await inbox.next_lost()}
    assert drops == {"tcp-no-pong": 1}
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 5.0)
    writer.close()


async def test_a_listener_that_closes_opens_nothing_more(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen()
    with socket.socket() as full:
        full.bind(LOOPBACK)
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            wire.send(message(), to(wire, full.getsockname()))
            await asyncio.sleep(0)
            wire.close()
            await asyncio.sleep(0.01)
    assert drops == {}


async def test_nothing_can_be_opened_towards_a_page(inbox: Inbox, drops: Counter[str]) -> None:
    loop = asyncio.get_running_loop()
    kind = websocket("/ws", ())
    wire = StreamWire(kind, LOOPBACK, inbox, drops, itertools.count(1), StreamLimits(), loop)
    flow = to(wire, ("127.0.0.1", 9))
    wire.send(message(), flow)
    assert await inbox.next_lost() == flow
    assert drops == {"ws-peer-not-connected": 1}
    wire.close()
