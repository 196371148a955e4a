"""A switch that listens on every address, and telephones that hear none but the one they know."""

from pathlib import Path

import pytest

from softswitch.phone.events import Connected, HungUp, Incoming
from tests.support.daemon import Daemon, employees
from tests.support.ports import free_port
from tests.support.socket_phone import SocketPhone

pytestmark = pytest.mark.interop


async def test_a_phone_is_answered_and_called_from_the_address_that_it_speaks_to(
    tmp_path: Path,
) -> None:
    """Their sockets are connected: what comes from elsewhere does not reach them."""
    port = free_port()
    with Daemon(tmp_path, employees("101", "102"), more=[f"udp 0.0.0.0:{port}"]):
        async with (
            await SocketPhone("101").open(("127.0.0.2", port)) as alice,
            await SocketPhone("102").open(("127.0.0.3", port)) as bob,
        ):
            await alice.register()
            await bob.register()
            call = alice.call("102")
            ringing = await bob.wait_for(Incoming)
            bob.answer(ringing.call)
            await alice.wait_for(Connected)
            await bob.wait_for(Connected)
            alice.hang_up(call)
            await bob.wait_for(HungUp)
            assert not alice.complaints
            assert not bob.complaints
