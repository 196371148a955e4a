"""One question to a STUN server, on a socket of its own."""

import asyncio
import secrets
import socket
import time

from softswitch.transport.sockaddr import scoped
from softswitch.transport.stun_client import Ask, Output, Seen, StunClient, Unanswered


class StunFailed(Exception):
    """What we are called from outside is not to be learnt now; says why."""


async def ask(server: tuple[str, int], source: str) -> str:
    """Return the address that `server` sees for what is sent from `source`. Raises StunFailed.

    source  one of our addresses, or a wildcard, which decides on the family too
    """
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    try:
        found = await loop.getaddrinfo(*server, family=family, type=socket.SOCK_DGRAM)
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.bind(scoped(source, 0))
            sock.connect(found[0][4])
            return await _converse(sock, 6 if ":" in source else 4)
    except OSError as error:
        raise StunFailed(error.strerror or str(error)) from error


async def _converse(sock: socket.socket, family: int) -> str:
    loop = asyncio.get_running_loop()
    client = StunClient(secrets.token_bytes(12), family)
    outputs: list[Output] = client.begin(time.monotonic())
    while True:
        for output in outputs:
            if isinstance(output, Ask):
                await loop.sock_sendall(sock, output.data)
            elif isinstance(output, Seen):
                return output.host
            elif isinstance(output, Unanswered):
                raise StunFailed(output.reason)
        outputs = await _next(sock, client)


async def _next(sock: socket.socket, client: StunClient) -> list[Output]:
    """Return what follows from the next datagram, or from there being none."""
    due = client.deadline or 0.0
    try:
        async with asyncio.timeout(max(0.0, due - time.monotonic())):
            data = await asyncio.get_running_loop().sock_recv(sock, 2048)
    except TimeoutError:
        return client.expire(time.monotonic())
    return client.receive(data, time.monotonic())
