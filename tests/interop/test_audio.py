"""The phone's own media engine on real ports."""

import asyncio
import socket

import pytest

from media.control import Event, Lease, Leased
from softswitch.phone.audio import Audio

pytestmark = pytest.mark.interop

HERE = "127.0.0.1"
WITHIN = 5.0


async def leased(count: int) -> list[int]:
    """Have so many engines at a time lease a port each, and return the ports."""
    loop = asyncio.get_running_loop()
    futures: list[asyncio.Future[int]] = [loop.create_future() for _ in range(count)]

    def hear(future: asyncio.Future[int], event: Event) -> None:
        if isinstance(event, Leased):
            future.set_result(event.ports[0])

    engines = [Audio(HERE, lambda event, f=future: hear(f, event)) for future in futures]  # type: ignore[misc]
    try:
        for engine in engines:
            engine.submit(Lease(1))
        async with asyncio.timeout(WITHIN):
            return list(await asyncio.gather(*futures))
    finally:
        for engine in engines:
            engine.close()


async def test_phones_that_call_at_the_same_time_have_ports_of_their_own() -> None:
    ports = await leased(10)
    assert len(set(ports)) == 10
    assert all(port % 2 == 0 for port in ports)


async def test_ports_of_other_programs_are_passed_over() -> None:
    others = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(200)]
    try:
        for other in others:
            other.bind((HERE, 0))
        taken = {other.getsockname()[1] for other in others}
        ports = await leased(5)
        assert not taken & {port + offset for port in ports for offset in (0, 1)}
    finally:
        for other in others:
            other.close()
