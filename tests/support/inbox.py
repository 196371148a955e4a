"""What a listener tells whoever owns it, kept for a test to look at."""

import asyncio

from softswitch.sip.flow import Flow


class Inbox:
    """Keeps what arrives, and lets a test wait for it."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.lost: asyncio.Queue[Flow] = asyncio.Queue()
        self.settled = 0

    def receive(self, data: bytes, flow: Flow) -> None:
        self.messages.put_nowait((data, flow))

    def flow_lost(self, flow: Flow) -> None:
        self.lost.put_nowait(flow)

    def settle(self) -> None:
        self.settled += 1

    async def next_message(self) -> tuple[bytes, Flow]:
        return await asyncio.wait_for(self.messages.get(), 5.0)

    async def next_lost(self) -> Flow:
        return await asyncio.wait_for(self.lost.get(), 5.0)


def message(body: bytes = b"") -> bytes:
    """Return a request that says where it ends, which is all that a stream asks for."""
    return b"OPTIONS sip:x SIP/2.0\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
