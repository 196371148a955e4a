"""baresip phones by TLS: how they are reached, and who they must prove to be.

baresip names in its Contact a port where it would take connections, with no certificate: whatever
is sent to it has to come by the connection that it has opened. What they hear is tested in
`test_baresip.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from softswitch.phone.events import Connected
from tests.support.audio import assert_is_tone, read_wav, sounding, tone, write_wav
from tests.support.authority import Authority
from tests.support.baresip import Baresip
from tests.support.daemon import Daemon, employees
from tests.support.ports import free_port
from tests.support.socket_phone import SocketPhone

UNANSWERED = 2.0
"""Seconds after which a registration that nothing was heard of is not there."""

MakePhone = Callable[..., Baresip]
Servers = dict[str, str]

pytestmark = [pytest.mark.interop, pytest.mark.baresip, pytest.mark.slow]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.sign("switch")
    return authority


@pytest.fixture(scope="module")
def servers() -> Servers:
    """What a phone has for a server, by what it is to use."""
    return {kind: f"127.0.0.1:{free_port()}" for kind in ("tls", "proven")}


@pytest.fixture(scope="module")
def daemon(
    authority: Authority, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    folder = authority.path.parent
    proven = f"on: tls {servers['proven']}, client_certificates: required"
    with Daemon(
        tmp_path_factory.mktemp("daemon"),
        employees("101", "102"),
        more=[f"tls {servers['tls']}", f"{{{proven}, authority: {authority.path}}}"],
        network=f"  certificate: {folder}/switch.pem\n  key: {folder}/switch.key\n",
    ) as daemon:
        servers["udp"] = servers["tcp"] = daemon.server
        yield daemon


@pytest.fixture
def make_phone(daemon: Daemon, servers: Servers, tmp_path: Path) -> Iterator[MakePhone]:
    """Return what makes a phone that says a tone."""
    with ExitStack() as stack:

        def make(
            number: str, by: str, says: float = 440.0, certificate: Path | None = None
        ) -> Baresip:
            return stack.enter_context(
                Baresip(
                    tmp_path / number,
                    number,
                    "long-enough",
                    servers[by],
                    speaks=write_wav(tmp_path / f"{number}.wav", tone(says, 60.0)),
                    transport="tls" if by == "proven" else by,
                    certificate=certificate,
                )
            )

        yield make


async def test_what_is_sent_to_a_phone_comes_by_its_own_connection(
    daemon: Daemon, make_phone: MakePhone
) -> None:
    """It listens where its Contact says, with no certificate: a call by another would fail."""
    bob = make_phone("102", "tls")
    bob.wait_until_registered()
    [contact] = [one.contact for one in daemon.status().registrations if one.extension == "102"]
    assert contact.endswith(f"@127.0.0.1:{bob.port + 1};transport=tls")
    async with await SocketPhone("101").open(daemon.address) as alice:
        await alice.register()
        call = alice.call("102")
        await alice.wait_for(Connected)
        alice.hang_up(call)
        bob.wait_for("CALL_CLOSED")
        await alice.unregister()


def test_a_phone_is_taken_by_its_certificate(
    daemon: Daemon, make_phone: MakePhone, authority: Authority
) -> None:
    certificate, key = authority.sign("phone")
    both = certificate.with_name("phone-with-key.pem")
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    make_phone("101", "proven", certificate=both).wait_until_registered()


def test_a_phone_without_a_certificate_is_refused_where_one_is_required(
    daemon: Daemon, make_phone: MakePhone
) -> None:
    phone = make_phone("101", "proven")
    with pytest.raises(AssertionError, match="not registered"):
        phone.wait_until_registered(within=UNANSWERED)
    assert "101" not in daemon.registered()


def test_a_phone_that_has_lost_its_connection_calls_by_another(
    daemon: Daemon, make_phone: MakePhone
) -> None:
    alice, bob = make_phone("101", "tls", 440.0), make_phone("102", "udp", 1000.0)
    alice.wait_until_registered()
    bob.wait_until_registered()
    daemon.wait_until_idle()  # both registrations are written
    daemon.kill_everything()
    daemon.restart()
    alice.dial("102")
    alice.wait_for("CALL_ESTABLISHED")
    alice.wait_until_heard(1.0)
    bob.wait_until_heard(1.0)
    alice.hang_up()
    bob.wait_for("CALL_CLOSED")
    assert_is_tone(sounding(read_wav(alice.heard())), 1000.0, 0.9)
    assert_is_tone(sounding(read_wav(bob.heard())), 440.0, 0.9)
