"""Calls to another domain, whose servers are sipp and whose name server is one of ours."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from softswitch.phone.events import CallRefused, Connected
from softswitch.sip.message import Request, parse
from tests.support.daemon import LOOK, Daemon
from tests.support.name_server import NameServer
from tests.support.ports import free_port
from tests.support.sipp import Sipp
from tests.support.socket_phone import SocketPhone

pytestmark = [pytest.mark.interop, pytest.mark.sipp, pytest.mark.slow]

RULES = """
employees:
  101: {password: long-enough}
"""


class Domain:
    """The domain b.example: of its two servers, the first is dead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dead, self.alive = free_port(), free_port()
        self.names = NameServer(
            *(
                f'{name}. 60 IN NAPTR 10 10 "s" "{service}" "" _sip._{kind}.{name}.'
                for name, service, kind in (
                    ("b.example", "SIP+D2U", "udp"),
                    ("t.example", "SIP+D2T", "tcp"),
                )
            ),
            *(
                f"_sip._{kind}.{name}. 60 IN SRV {order} 0 {port} {host}.example."
                for name, kind in (("b.example", "udp"), ("t.example", "tcp"))
                for order, port, host in ((10, self.dead, "one"), (20, self.alive, "two"))
            ),
            "one.example. 60 IN A 127.0.0.1",
            "two.example. 60 IN A 127.0.0.1",
        )
        self.server = f"127.0.0.1:{free_port()}"
        self.network = "  other_domains: yes\n  dns: ['{}:{}']\n".format(*self.names.address)

        self._running: list[Sipp] = []

    def answer(self, scenario: str, transport: str = "u1") -> Sipp:
        sipp = Sipp(scenario, self.server, self.folder, "bob", port=self.alive, transport=transport)
        self._running.append(sipp)
        kind = socket.SOCK_STREAM if transport == "t1" else socket.SOCK_DGRAM
        deadline = time.monotonic() + 5.0
        while not is_taken(kind, self.alive):
            assert time.monotonic() < deadline, sipp.account()
            time.sleep(LOOK)
        return sipp

    def stop(self) -> None:
        for sipp in self._running:
            sipp.stop()


def is_taken(kind: int, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


@pytest.fixture
def domain(tmp_path: Path) -> Iterator[Domain]:
    domain = Domain(tmp_path)
    listeners = [f"{{on: '{kind} {domain.server}', mode: proxy}}" for kind in ("udp", "tcp")]
    with domain.names, Daemon(tmp_path, RULES, more=listeners, network=domain.network):
        try:
            yield domain
        finally:
            domain.stop()


async def caller(domain: Domain) -> SocketPhone:
    host, _, port = domain.server.partition(":")
    phone = await SocketPhone("101").open((host, int(port)))
    await phone.register()
    return phone


@pytest.mark.parametrize(
    ("uri", "transport"), [("sip:bob@b.example", "u1"), ("sip:bob@t.example", "t1")]
)
async def test_a_call_reaches_the_server_that_is_alive(
    domain: Domain, uri: str, transport: str
) -> None:
    server = await asyncio.to_thread(domain.answer, "phone", transport)
    async with await caller(domain) as phone:
        call = phone.call(uri)
        await phone.wait_for(Connected)
        phone.hang_up(call)
        server.finish()
        assert phone.complaints == []
        if transport == "t1":
            assert domain.names.asked["_sip._tcp.t.example. SRV"] == 1


async def test_the_second_call_passes_by_the_server_that_was_dead(domain: Domain) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("127.0.0.1", domain.dead))
        dead.setblocking(False)
        async with await caller(domain) as phone:
            for count in (1, 2):
                server = await asyncio.to_thread(domain.answer, "phone")
                call = phone.call("sip:bob@b.example")
                await phone.wait_for(Connected, count=count)
                phone.hang_up(call)
                server.finish()
        assert len({message.call_id() for message in received(dead)}) == 1
    assert domain.names.asked["b.example. NAPTR"] == 1


def received(sock: socket.socket) -> Iterator[Request]:
    """Yield what has arrived at a socket that does not block."""
    with suppress(BlockingIOError):
        while True:
            message = parse(sock.recv(65_535))
            assert isinstance(message, Request)
            yield message


async def test_a_name_that_nobody_has_is_told_to_the_caller(domain: Domain) -> None:
    async with await caller(domain) as phone:
        phone.call("sip:bob@nobody.example")
        assert (await phone.wait_for(CallRefused)).status == 404
