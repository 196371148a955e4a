"""Telephones of both families on one switch, and between them."""

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from softswitch.phone.events import Registered
from tests.support.audio import frequency, longest_gap, read_wav, sounding
from tests.support.daemon import Daemon, employees, run
from tests.support.ports import free_port
from tests.support.socket_phone import SocketPhone

pytestmark = pytest.mark.interop

SIX = "::1"
FOUR = "127.0.0.1"


def speaks_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((SIX, 0))
    except OSError:
        return False
    return True


def link_local() -> str:
    """Return an address of ours that is good on one link only; nothing when there is none."""
    try:
        lines = Path("/proc/net/if_inet6").read_text("ascii").splitlines()
    except OSError:
        return ""
    for line in lines:
        packed, _, _, scope, _, interface = line.split()
        if scope == "20":
            return f"{IPv6Address(bytes.fromhex(packed))}%{interface}"
    return ""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Daemon]:
    if not speaks_ipv6():
        pytest.skip("no IPv6 here")
    folder = tmp_path_factory.mktemp("ipv6")
    more = [f"'udp [::]:{port}'", f"'tcp [{SIX}]:{port}'"]
    with Daemon(folder, employees("101", "102"), port=port, more=more) as daemon:
        yield daemon


def test_both_families_are_listened_on(daemon: Daemon, port: int) -> None:
    states = {one.address: one.failure for one in daemon.status().listeners}
    assert states == {
        f"udp {FOUR}:{port}": "",
        f"tcp {FOUR}:{port}": "",
        f"udp [::]:{port}": "",
        f"tcp [{SIX}]:{port}": "",
    }


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_phone_registers_by_ipv6(daemon: Daemon, port: int, transport: str) -> None:
    async with await SocketPhone("101").open((SIX, port), transport=transport) as phone:
        await phone.register()
        [binding] = [one for one in daemon.status().registrations if one.extension == "101"]
        assert f"[{SIX}]:" in binding.source
        await phone.unregister()
    assert any(isinstance(event, Registered) for _, event in phone.heard)


@pytest.mark.parametrize(
    ("caller", "called"),
    [(SIX, FOUR), (FOUR, SIX), (SIX, SIX), (link_local(), FOUR), (FOUR, link_local())],
    ids=["6-4", "4-6", "6-6", "link-4", "4-link"],
)
async def test_speech_passes_between_the_families(
    daemon: Daemon, port: int, tmp_path: Path, caller: str, called: str
) -> None:
    if not (caller and called):
        pytest.skip("no link-local address here")
    heard = tmp_path / "heard.wav"
    async with await SocketPhone("102", answers=0.0, speaks=True).open((called, port)) as phone:
        await phone.register()
        server = f"[{caller}]:{port}" if ":" in caller else f"{caller}:{port}"
        result = await asyncio.to_thread(
            run,
            *("call", "--as", "101", "--to", "102", "--config", str(daemon.config)),
            *("--server", server, "--record", str(heard), "--duration", "2"),
        )
        assert result.returncode == 0, result.stdout + result.stderr
        await asyncio.to_thread(daemon.wait_until_idle)
        await phone.unregister()
    speech = sounding(read_wav(heard))
    assert len(speech) / 8000 > 1.5
    assert frequency(speech) == pytest.approx(1000.0, abs=5.0)
    assert longest_gap(speech) < 0.02


async def test_speech_that_passes_the_switch_by_elsewhere_is_carried_between_the_families(
    tmp_path: Path,
) -> None:
    if not speaks_ipv6():
        pytest.skip("no IPv6 here")
    port, heard = free_port(), tmp_path / "heard.wav"
    more = [f"'udp [{SIX}]:{port}'"]
    with Daemon(tmp_path, employees("101", "102"), "--direct", port=port, more=more) as daemon:
        phone = SocketPhone("102", answers=0.0, speaks=True)
        async with await phone.open((SIX, port)):
            await phone.register()
            result = await asyncio.to_thread(
                run,
                *("call", "--as", "101", "--to", "102", "--config", str(daemon.config)),
                *("--server", f"{FOUR}:{port}", "--record", str(heard), "--duration", "2"),
            )
            assert result.returncode == 0, result.stdout + result.stderr
            await asyncio.to_thread(daemon.wait_until_idle)
    assert frequency(sounding(read_wav(heard))) == pytest.approx(1000.0, abs=5.0)
