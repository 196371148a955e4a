"""Listeners of WS and WSS on real sockets, and pages that are run by the `websockets` package."""

import asyncio
import contextlib
import itertools
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from softswitch.transport.certificates import Certificates
from softswitch.transport.limits import StreamLimits
from softswitch.transport.stream import LONGEST, StreamWire, websocket
from tests.support.authority import Authority
from tests.support.inbox import Inbox, message

pytestmark = pytest.mark.interop

LOOPBACK = ("127.0.0.1", 0)
SIP = [Subprotocol("sip")]


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

    async def listen(
        limits: StreamLimits | None = None,
        origins: tuple[str, ...] = (),
        certificates: Certificates | None = None,
    ) -> StreamWire:
        wire = StreamWire(
            websocket("/ws", origins, certificates),
            LOOPBACK,
            inbox,
            drops,
            itertools.count(1000),
            limits or StreamLimits(),
            asyncio.get_running_loop(),
        )
        await wire.start()
        wires.append(wire)
        return wire

    yield listen
    for wire in wires:
        wire.close()
    await asyncio.sleep(0.01)


def address(wire: StreamWire, path: str = "/ws") -> str:
    host, port = wire.local
    return f"{wire.transport}://{host}:{port}{path}"


async def test_each_message_of_a_page_is_one_of_sip_and_so_is_each_of_ours(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen()
    async with connect(address(wire), subprotocols=SIP) as page:
        assert page.subprotocol == "sip"
        await page.send(message(b"text").decode())
        await page.send(message(b"binary"))
        await page.send([message(b"in parts")[:9], message(b"in parts")[9:]])
        (text, flow), (binary, _), (parts, _) = [await inbox.next_message() for _ in range(3)]
        assert (text, binary, parts) == (message(b"text"), message(b"binary"), message(b"in parts"))
        assert (flow.transport, flow.local, flow.connection) == ("ws", wire.local, 1000)
        wire.send(message(b"hello"), flow)
        assert await asyncio.wait_for(page.recv(), 5.0) == message(b"hello").decode()
    assert await inbox.next_lost() == flow
    assert drops == {}


async def test_a_page_by_tls(listen: Listen, inbox: Inbox, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificates = Certificates(authority.files(), lambda slug, about: None, time.monotonic())
    wire = await listen(certificates=certificates)
    context = ssl.create_default_context(cafile=authority.path)
    async with connect(address(wire), subprotocols=SIP, ssl=context) as page:
        await page.send(message(b"safe").decode())
        data, flow = await inbox.next_message()
        assert (data, flow.transport) == (message(b"safe"), "wss")
        wire.send(message(b"back"), flow)
        assert await asyncio.wait_for(page.recv(), 5.0) == message(b"back").decode()


async def test_pings_of_pages_are_answered(listen: Listen) -> None:
    wire = await listen()
    async with connect(address(wire), subprotocols=SIP) as page:
        await asyncio.wait_for(await page.ping(), 5.0)
        await page.send("\r\n\r\n")
        assert await asyncio.wait_for(page.recv(), 5.0) == "\r\n"


async def shake_hands(wire: StreamWire) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection of a page that says afterwards what a test writes, and nothing else."""
    reader, writer = await asyncio.open_connection(*wire.local)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: sip\r\n\r\n"
    )
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5.0)
    assert answer.startswith(b"HTTP/1.1 101 ")
    return reader, writer


PING = b"\x89\x80\0\0\0\0"
EMPTY_PART = b"\x01\x80\0\0\0\0"
EMPTY_MORE = b"\x00\x80\0\0\0\0"


@pytest.mark.parametrize("noise", [PING * 2000, EMPTY_PART + EMPTY_MORE * 2000])
async def test_a_stranger_that_makes_noise_is_cut_off(
    listen: Listen, inbox: Inbox, drops: Counter[str], noise: bytes
) -> None:
    wire = await listen()
    reader, writer = await shake_hands(wire)
    writer.write(noise)
    await asyncio.wait_for(reader.read(), 5.0)
    await inbox.next_lost()
    writer.close()
    assert drops == {"ws-stranger-noise": 1}


async def test_pages_are_pinged_and_lost_when_they_stop_answering(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(ping=(0.01, 0.02), pong=0.5))
    reader, writer = await shake_hands(wire)
    ping, pong = b"\x89\x00", b"\x8a\x80\0\0\0\0"
    for _ in range(3):
        assert await asyncio.wait_for(reader.readexactly(2), 5.0) == ping
        writer.write(pong)
    await inbox.next_lost()
    assert drops == {"ws-no-pong": 1}
    writer.close()


async def raw(wire: StreamWire, data: bytes) -> bytes:
    """Return all that is answered to `data`."""
    reader, writer = await asyncio.open_connection(*wire.local)
    writer.write(data)
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(), 5.0)
    writer.close()
    return answer


async def test_a_browser_that_only_looks_is_told_what_lives_here(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen()
    answer = await raw(wire, b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert b"Upgrade: websocket\r\n" in answer
    await inbox.next_lost()
    answer = await raw(wire, b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert answer.endswith(b"Telephones connect to /ws here.\n")
    await inbox.next_lost()
    assert drops == {"ws-no-upgrade": 1, "ws-path-unknown": 1}


async def refused(page: Awaitable[ClientConnection]) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await page
    return caught.value.response.status_code


async def test_pages_of_other_sites_and_without_sip_are_refused(
    listen: Listen, drops: Counter[str]
) -> None:
    wire = await listen(origins=("https://phone.example",))
    good, bad = Origin("https://phone.example"), Origin("https://evil.example")
    assert await refused(connect(address(wire), subprotocols=SIP, origin=bad)) == 403
    assert await refused(connect(address(wire), subprotocols=SIP)) == 403
    assert await refused(connect(address(wire), origin=good)) == 400
    async with connect(address(wire), subprotocols=SIP, origin=good):
        pass
    assert drops == {"ws-origin-refused": 2, "ws-handshake-refused": 1}


@pytest.mark.parametrize("said", [b"", b"GET /ws HTTP/1.1\r\nHost: x\r\n"])
async def test_a_handshake_that_is_never_completed_ends(
    listen: Listen, inbox: Inbox, drops: Counter[str], said: bytes
) -> None:
    wire = await listen(StreamLimits(handshake=0.05))
    assert await raw(wire, said) == b""
    await inbox.next_lost()
    assert drops == {"ws-handshake-unfinished": 1}


async def test_a_handshake_that_drips_ends_too(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(handshake=0.1))
    _, writer = await asyncio.open_connection(*wire.local)

    async def drip() -> None:
        writer.write(b"GET /ws HTTP/1.1\r\n")
        while True:
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(drip())
    await inbox.next_lost()
    dripping.cancel()
    writer.close()
    assert drops == {"ws-handshake-unfinished": 1}


async def test_a_stranger_that_only_pings_is_cut_off(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(stranger=0.1))
    async with connect(address(wire), subprotocols=SIP, ping_interval=0.01) as page:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(page.recv(), 5.0)
    await inbox.next_lost()
    assert drops == {"ws-stranger": 1}


async def test_a_fragment_without_an_end_is_a_message_that_is_not_finished(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(message=0.05))
    async with connect(address(wire), subprotocols=SIP) as page:
        await page.send(message())
        _, flow = await inbox.next_message()
        wire.keep_flow(flow)

        async def halves() -> AsyncIterator[bytes]:
            yield message()[:5]
            await inbox.lost.get()
            yield message()[5:]

        with contextlib.suppress(ConnectionClosed):
            await asyncio.wait_for(page.send(halves()), 5.0)
    assert drops == {"ws-message-unfinished": 1}


async def test_a_message_beyond_the_limit_closes_with_1009(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen()
    async with connect(address(wire), subprotocols=SIP) as page:
        with contextlib.suppress(ConnectionClosed):
            await page.send(bytes(LONGEST + 1))
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(page.recv(), 5.0)
    await inbox.next_lost()
    assert drops == {"ws-message-too-long": 1}
    assert inbox.messages.empty()


async def test_pages_are_told_when_the_switch_goes_away(listen: Listen, inbox: Inbox) -> None:
    wire = await listen()
    async with connect(address(wire), subprotocols=SIP) as page:
        await page.send(message())
        await inbox.next_message()
        wire.close()
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(page.recv(), 5.0)
        assert page.close_code == 1001


async def test_a_page_that_does_not_read_is_cut_off(
    listen: Listen, inbox: Inbox, drops: Counter[str]
) -> None:
    wire = await listen(StreamLimits(unsent=1000))
    _, writer = await shake_hands(wire)
    writer.write(b"\x82\x82\0\0\0\0ab")
    _, flow = await inbox.next_message()
    for _ in range(200):
        wire.send(bytes(100_000), flow)
    assert await inbox.next_lost() == flow
    assert drops["ws-peer-does-not-read"] == 1
    writer.close()
