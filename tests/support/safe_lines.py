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
        self._lines: list[TlsLine | PageLine] = []

    async def wait_closed(self) -> None:
        """Wait until every line is gone, once all have been closed."""
        async with asyncio.timeout(WITHIN):
            for line in self._lines:
                await line.gone.wait()

    async def __call__(self, transport: str, server: tuple[str, int], listener: Listener) -> Line:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(WITHIN):
            if transport == "tls":
                _, line = await loop.create_connection(
                    lambda: TlsLine(listener), *server, ssl=self._context
                )
                self._lines.append(line)
                return line
            host, port = server
            connection = await open_websocket(
                f"{transport}://{host}:{port}/ws",
                subprotocols=[Subprotocol("sip")],
                ssl=self._context if transport == "wss" else None,
            )
            page = PageLine(listener, connection, Flow(transport, _NOWHERE, server, 1))
            self._lines.append(page)
            return page


class TlsLine(TcpLine):
    """The same as TCP, which asyncio puts into TLS."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener)
        self.gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.flow = self.flow._replace(transport="tls")


class PageLine:
    """A page that has connected."""

    def __init__(self, listener: Listener, connection: ClientConnection, flow: Flow) -> None:
        self.flow = flow
        self.gone = asyncio.Event()
        self._listener = listener
        self._connection = connection
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    def send(self, data: bytes) -> None:
        self._outbox.put_nowait(data)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = [asyncio.create_task(self._end())]

    async def _end(self) -> None:
        await self._connection.close()
        self.gone.set()

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in self._connection:
                self._listener.receive(message.encode() if isinstance(message, str) else message)
        self._listener.lost("the server has closed the connection")

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._connection.send((await self._outbox.get()).decode())
