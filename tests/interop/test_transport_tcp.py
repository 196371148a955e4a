"""Listeners of TCP on real sockets of this machine."""

import asyncio
import contextlib
import errno
import itertools
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.connection import TURN
from softswitch.transport.limits import StreamLimits
from softswitch.transport.peers import Room
from softswitch.transport.stream import StreamWire, tcp
from softswitch.transport.stream_sockets import UNACKNOWLEDGED, listening_socket, prepare_outgoing
from softswitch.transport.udp import CS3
from tests.support.inbox import Inbox, message

pytestmark = pytest.mark.interop

LOOPBACK = ("127.0.0.1", 0)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def drops() -> Counter[str]:
    return Counter()


Listen = Callable[[StreamLimits], Awaitable[StreamWire]]


@pytest.fixture
async def listen(inbox: Inbox, drops: Counter[str]) -> AsyncIterator[Listen]:
    wires: list[StreamWire] = []

    async def listen(limits: StreamLimits) -> StreamWire:
        loop = asyncio.get_running_loop()
        wire = StreamWire(tcp(), LOOPBACK, inbox, drops, itertools.count(1000), limits, loop)
        await wire.start()
        wires.append(wire)
        return wire

    yield listen
    for wire in wires:
        wire.close()
    await asyncio.sleep(0)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[StreamWire], Awaitable[Streams]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    writers: list[asyncio.StreamWriter] = []

    async def connect(wire: StreamWire) -> Streams:
        reader, writer = await asyncio.open_connection(*wire.local)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_connection_is_used_in_both_directions(
    listen: Listen, connect: Connect, inbox: Inbox
) -> None:
    wire = await listen(StreamLimits())
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
    wire = await listen(StreamLimits())
    reader, writer = await connect(wire)
    writer.write(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readexactly(2), 5.0) == b"\r\n"
    writer.close()
    await inbox.next_lost()


async def test_pings_in_one_breath_are_answered_once(
    listen: Listen, connect: Connect, inbox: Inbox
) -> None:
    wire = await listen(StreamLimits())
    reader, writer = await connect(wire)
    writer.write(b"\r\n\r\n" * 1000 + message())
    wire.send(b"end", (await inbox.next_message())[1])
    assert await asyncio.wait_for(reader.readuntil(b"end"), 5.0) == b"\r\nend"


async def test_of_many_messages_at_once_others_have_their_turn_in_between(
    listen: Listen, connect: Connect, inbox: Inbox
) -> None:
    wire = await listen(StreamLimits())
    _, writer = await connect(wire)
    writer.write(message(b"flood") * 400)
    await inbox.next_message()
    _, other = await connect(wire)
    other.write(message(b"other"))
    heard = [(await inbox.next_message())[0] for _ in range(400)]
    assert heard.index(message(b"other")) < 399
    assert heard.count(message(b"flood")) == 399
    assert inbox.settled > 400 // TURN


async def test_a_stranger_that_says_too_much_is_cut_off(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(noise=40))
    reader, writer = await connect(wire)
    writer.write(message() * 100)
    assert await asyncio.wait_for(reader.read(), 5.0) == b""
    await inbox.next_lost()
    assert inbox.messages.qsize() == 40
    assert drops == {"tcp-stranger-noise": 1}


async def test_a_phone_may_say_as_much_as_it_likes(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(noise=40))
    _, writer = await connect(wire)
    writer.write(message())
    wire.keep_flow((await inbox.next_message())[1])
    writer.write(message() * 100 + b"\r\n\r\n")
    for _ in range(100):
        await inbox.next_message()
    assert drops == {}


async def test_a_flow_whose_connection_is_gone_is_reported_lost(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits())
    gone = Flow("tcp", wire.local, ("127.0.0.1", 9), 7)
    wire.send(b"x", gone)
    assert await inbox.next_lost() == gone
    assert drops == {"tcp-connection-gone": 1}


async def test_a_stream_that_is_not_sip_is_closed(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits())
    reader, writer = await connect(wire)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 5.0) == b""
    writer.close()
    await inbox.next_lost()
    assert drops == {"tcp-content-length-missing": 1}


async def test_a_peer_that_does_not_read_is_cut_off(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(unsent=1000))
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
    wire = await listen(StreamLimits(message=0.05))
    reader, writer = await connect(wire)
    writer.write(message() + message()[:-3])
    wire.keep_flow((await inbox.next_message())[1])
    await inbox.next_lost()
    assert drops == {"tcp-message-unfinished": 1}
    assert await asyncio.wait_for(reader.read(), 5.0) == b""


@pytest.mark.parametrize("said", [b"", b"\r\n\r\n", message(), message()[:-3]])
async def test_a_stranger_is_cut_off_whatever_it_says(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str], said: bytes
) -> None:
    wire = await listen(StreamLimits(stranger=0.1, message=60.0))
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
    wire = await listen(StreamLimits(stranger=0.5, message=0.5, idle=0.8))
    _, writer = await connect(wire)
    writer.write(message())
    _, flow = await inbox.next_message()
    wire.keep_flow(flow)
    assert await inbox.next_lost() == flow
    assert drops == {"tcp-idle": 1}
    writer.close()


async def test_one_connection_too_many_displaces_the_oldest_stranger(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(connections=2))
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
    wire = await listen(StreamLimits(connections=1))
    _, first = await connect(wire)
    first.write(message())
    wire.keep_flow((await inbox.next_message())[1])
    reader, second = await connect(wire)
    assert await asyncio.wait_for(reader.read(), 5.0) == b""
    assert drops == {"tcp-too-many-connections": 1}
    first.close()
    second.close()
    await inbox.next_lost()


async def test_where_descriptors_run_short_strangers_make_room_and_phones_do_not(
    connect: Connect, drops: Counter[str], inbox: Inbox
) -> None:
    limits, told, room = StreamLimits(), list[int](), Room(1)
    loop, numbers = asyncio.get_running_loop(), itertools.count(1)
    one, two = (
        StreamWire(
            tcp(), LOOPBACK, inbox, drops, numbers, limits, loop, room=room, scarce=told.append
        )
        for _ in range(2)
    )
    await one.start()
    await two.start()
    stranger, _ = await connect(one)
    _, phone = await connect(one)
    phone.write(message())
    one.keep_flow((await inbox.next_message())[1])
    assert await asyncio.wait_for(stranger.read(), 5.0) == b""
    assert drops == {"tcp-stranger-displaced": 1}
    for wire in (one, two):
        late, _ = await connect(wire)
        assert await asyncio.wait_for(late.read(), 5.0) == b""
    assert drops["tcp-descriptors-reserved"] == 2
    assert told == [1, 1, 1]
    assert room.taken == 1
    phone.close()
    await inbox.next_lost()  # the stranger
    await inbox.next_lost()
    assert room.taken == 0
    one.close()
    two.close()
    await asyncio.sleep(0)


async def test_a_listener_that_listens_no_more_says_so(drops: Counter[str], inbox: Inbox) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)  # it complains of the socket as well
    broken: asyncio.Future[OSError] = loop.create_future()
    wire = StreamWire(
        tcp(),
        LOOPBACK,
        inbox,
        drops,
        itertools.count(1),
        StreamLimits(look=0.01),
        loop,
        broken=lambda wire, error: broken.set_result(error),
    )
    await wire.start()
    await asyncio.sleep(0.03)
    assert not broken.done()
    shut(wire.local)
    assert (await asyncio.wait_for(broken, 5.0)).errno == errno.EINVAL
    wire.close()


def shut(local: tuple[str, int]) -> None:
    """Let the socket of this process that listens on `local` listen no more."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(name))) as twin:
            if twin.getsockname() == local:
                twin.shutdown(socket.SHUT_RDWR)


async def test_a_message_split_at_every_byte_is_put_together(
    listen: Listen, connect: Connect, inbox: Inbox
) -> None:
    wire = await listen(StreamLimits())
    whole = message(b"body")
    for cut in range(1, len(whole)):
        _, writer = await connect(wire)
        writer.write(whole[:cut])
        await asyncio.sleep(0)
        writer.write(whole[cut:] + whole)
        assert [(await inbox.next_message())[0] for _ in range(2)] == [whole, whole]


async def test_garbage_between_messages_ends_the_connection_after_the_first(
    listen: Listen, connect: Connect, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits())
    reader, writer = await connect(wire)
    writer.write(message() + b"\n\0\xff" + message())
    assert (await inbox.next_message())[0] == message()
    assert await asyncio.wait_for(reader.read(), 5.0) == b""
    await inbox.next_lost()
    assert inbox.messages.empty()
    assert drops == {"tcp-stray-line-end": 1}


async def test_ipv6_is_spoken_beside_ipv4_on_the_same_port(
    inbox: Inbox, drops: Counter[str]
) -> None:
    loop, numbers, limits = asyncio.get_running_loop(), itertools.count(1), StreamLimits()
    four = StreamWire(tcp(), ("0.0.0.0", 0), inbox, drops, numbers, limits, loop)
    six = StreamWire(tcp(), ("::", four.local[1]), inbox, drops, numbers, limits, loop)
    for wire, host in ((four, "127.0.0.1"), (six, "::1")):
        await wire.start()
        wire.send(message(), Flow("tcp", wire.local, (host, wire.local[1])))
        data, flow = await inbox.next_message()
        assert data == message()
        assert flow[:2] == ("tcp", wire.local)
        assert flow.remote[0] == host
        wire.close()
    await asyncio.sleep(0.01)


def test_connections_are_marked_and_given_up_by_the_kernel_when_nothing_is_acknowledged() -> None:
    with listening_socket("tcp", LOOPBACK) as listening, socket.socket() as outgoing:
        listening.setblocking(True)
        outgoing.connect(listening.getsockname())
        prepare_outgoing(outgoing.fileno())
        accepted, _ = listening.accept()
        with accepted:
            for sock in (accepted, outgoing):
                waits = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert waits == UNACKNOWLEDGED
                assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == CS3
