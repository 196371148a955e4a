"""Lines of phones by TLS, and of pages by WebSocket."""

import asyncio
import contextlib
import ssl

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from softswitch.phone.lines import Line, Listener, TcpLine
from softswitch.sip.flow import Flow

WITHIN = 5.0
"""Seconds in which a line is there."""

_NOWHERE = ("k7j2m9.invalid", 5060)
"""What a page says of its address, which it does not know (RFC 7118, section 5)."""


class SafeLines:
    """Lays lines by `tls`, `ws` and `wss` to a server whose authority is known."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    async def __call__(self, transport: str, server: tuple[str, int], listener: Listener) -> Line:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(WITHIN):
            if transport == "tls":
                _, line = await loop.create_connection(
                    lambda: TlsLine(listener), *server, ssl=self._context
                )
                return line
            host, port = server
            connection = await open_websocket(
                f"{transport}://{host}:{port}/ws",
                subprotocols=[Subprotocol("sip")],
                ssl=self._context if transport == "wss" else None,
            )
            return PageLine(listener, connection, Flow(transport, _NOWHERE, server, 1))


class TlsLine(TcpLine):
    """The same as TCP, which asyncio puts into TLS."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.flow = self.flow._replace(transport="tls")


class PageLine:
    """A page that has connected."""

    def __init__(self, listener: Listener, connection: ClientConnection, flow: Flow) -> None:
        self.flow = flow
        self._listener = listener
        self._connection = connection
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    def send(self, data: bytes) -> None:
        self._outbox.put_nowait(data)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = [asyncio.create_task(self._connection.close())]

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self._connection:
                self._listener.receive(message.encode() if isinstance(message, str) else message)
        self._listener.lost("the server has closed the connection")

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._connection.send((await self._outbox.get()).decode())
