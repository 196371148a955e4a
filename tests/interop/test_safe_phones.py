"""Phones by TLS, WS and WSS at the whole switch, among each other and with the others."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from softswitch.phone.events import Connected, Ended, HungUp
from tests.support.authority import Authority
from tests.support.daemon import Daemon, employees, run
from tests.support.ports import free_port
from tests.support.safe_lines import SafeLines
from tests.support.socket_phone import SocketPhone

pytestmark = pytest.mark.interop

Servers = dict[str, tuple[str, int]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.sign("switch")
    return authority


@pytest.fixture(scope="module")
def servers() -> Servers:
    return {transport: ("127.0.0.1", free_port()) for transport in ("tls", "ws", "wss")}


@pytest.fixture(scope="module")
def daemon(
    authority: Authority, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    folder = authority.path.parent
    with Daemon(
        tmp_path_factory.mktemp("daemon"),
        employees("101", "102", "103", "104"),
        more=[f"{transport} {host}:{port}" for transport, (host, port) in servers.items()],
        network=f"  certificate: {folder}/switch.pem\n  key: {folder}/switch.key\n",
    ) as daemon:
        servers["udp"] = servers["tcp"] = daemon.address
        yield daemon


@pytest.fixture
async def lines(authority: Authority) -> AsyncIterator[SafeLines]:
    lines = SafeLines(ssl.create_default_context(cafile=authority.path))
    yield lines
    await lines.wait_closed()


def test_the_configuration_can_be_checked(daemon: Daemon) -> None:
    checked = run("check", str(daemon.config))
    assert checked.returncode == 0, checked.stdout
    assert "certificate" not in checked.stdout


@pytest.mark.parametrize(
    ("caller", "called"),
    [("tls", "udp"), ("udp", "tls"), ("ws", "tls"), ("tls", "wss"), ("wss", "ws"), ("tcp", "wss")],
)
async def test_a_call_passes_between_transports(
    daemon: Daemon, servers: Servers, lines: SafeLines, caller: str, called: str
) -> None:
    async with SocketPhone("101") as alice, SocketPhone("102", answers=0.0) as bob:
        for phone, transport in ((alice, caller), (bob, called)):
            if transport in ("udp", "tcp"):
                await phone.open(servers[transport], transport=transport)
            else:
                await phone.open(servers[transport], transport=transport, lay=lines)
            await phone.register()
        call = alice.call("102")
        await alice.wait_for(Connected)
        await bob.wait_for(Connected)
        alice.hang_up(call)
        await bob.wait_for(HungUp)
        await alice.wait_for(Ended)
        await alice.unregister()
        await bob.unregister()
        assert alice.complaints == bob.complaints == []


async def test_a_page_is_reached_by_its_connection_and_lost_with_it(
    daemon: Daemon, servers: Servers, lines: SafeLines
) -> None:
    async with SocketPhone("103") as page:
        await page.open(servers["ws"], transport="ws", lay=lines)
        await page.register()
        (registration,) = (one for one in daemon.status().registrations if one.extension == "103")
        assert ".invalid" in registration.contact
    await asyncio.to_thread(daemon.wait_until_unregistered, "103")


async def test_a_certificate_is_renewed_while_phones_stay_and_new_ones_come(
    daemon: Daemon, servers: Servers, lines: SafeLines, authority: Authority
) -> None:
    async with SocketPhone("101") as old, SocketPhone("102", answers=0.0) as new:
        await old.open(servers["tls"], transport="tls", lay=lines)
        await old.register()
        authority.sign("switch")
        renewed = "certificate-renewed"
        for _ in range(50):  # a look at the files once a second, when somebody connects
            async with SocketPhone("104") as visitor:
                await visitor.open(servers["tls"], transport="tls", lay=lines)
            if renewed in daemon.log():
                break
            await asyncio.sleep(0.1)
        assert renewed in daemon.log()
        await new.open(servers["wss"], transport="wss", lay=lines)
        await new.register()
        old.call("102")
        await old.wait_for(Connected)
        assert old.complaints == new.complaints == []


def test_a_certificate_that_cannot_be_used_leaves_the_other_listeners_running(
    tmp_path: Path, authority: Authority
) -> None:
    listener = f"tls 127.0.0.1:{free_port()}"
    _, key = authority.sign("other")
    certificate = authority.path.parent / "switch.pem"
    with Daemon(
        tmp_path,
        employees("101"),
        more=[listener],
        network=f"  certificate: {certificate}\n  key: {key}\n",
        whole=False,
    ) as daemon:
        failures = {one.address: one.failure for one in daemon.status().listeners}
        assert failures.pop(listener) == f"{key}: is not the key of {certificate}"
        assert set(failures.values()) == {""}
    checked = run("check", str(daemon.config))
    assert f"{daemon.config}:9:3: error: network.key: {key}: is not the key of" in checked.stdout
    assert f"{listener} will not work" in checked.stdout
