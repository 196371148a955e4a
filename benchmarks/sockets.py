"""What one message costs a UDP listener, without a switch behind it.

    python -m benchmarks.sockets [--seconds S]

A generator process sends bursts, and waits for an answer to each datagram before the next burst.
The listener answers every message with its own bytes, as a driver would: CPU time of its process
over the messages, one received and one sent.
"""

import argparse
import asyncio
import multiprocessing
import select
import time
from collections import Counter

import uvloop
from rich.console import Console

from benchmarks.wire import Datagrams, sockaddr, udp_socket
from softswitch.sip.flow import Flow
from softswitch.transport.datagrams import PlainDatagrams
from softswitch.transport.udp import Backend, UdpWire
from softswitch.transport.udp_batch import BatchedDatagrams

LENGTH = 600
"""Bytes of a message."""

BURSTS = (1, 4, 16, 32)
PATIENCE = 1.0
"""Seconds that the generator waits for an answer."""


class Echo:
    """Answers every message with itself when its burst is done with."""

    def __init__(self) -> None:
        self.wire: UdpWire | None = None
        self.messages = 0
        self.has_begun = asyncio.Event()

    def receive(self, data: bytes, flow: Flow) -> None:
        assert self.wire is not None
        self.messages += 1
        self.has_begun.set()
        self.wire.send(data, flow)

    def settle(self) -> None:
        assert self.wire is not None
        self.wire.flush()


def generate(port: int, burst: int, seconds: float) -> None:
    sock = udp_socket()
    out, back = Datagrams(burst), Datagrams(burst)
    out.data[:, :LENGTH] = ord("x")
    out.lengths[:] = LENGTH
    out.addresses[:] = list(sockaddr("127.0.0.1", port))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answers = -out.send(sock, burst)
        while answers < 0 and select.select([sock], [], [], PATIENCE)[0]:
            answers += back.receive(sock)


async def measure(backend: Backend, burst: int, seconds: float) -> tuple[float, int]:
    """Return CPU seconds and messages."""
    echo = Echo()
    loop = asyncio.get_running_loop()
    wire = echo.wire = UdpWire(("127.0.0.1", 0), echo, Counter(), loop, backend=backend)
    await wire.start()
    context = multiprocessing.get_context("spawn")
    generator = context.Process(target=generate, args=(wire.local[1], burst, seconds))
    generator.start()
    await asyncio.wait_for(echo.has_begun.wait(), 10.0)
    before, first = time.process_time(), echo.messages
    await asyncio.sleep(seconds * 0.8)
    spent, count = time.process_time() - before, echo.messages - first
    await loop.run_in_executor(None, generator.join)
    wire.close()
    return spent, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    seconds = parser.parse_args().seconds
    console = Console()
    for burst in BURSTS:
        for backend in (PlainDatagrams, BatchedDatagrams):
            spent, count = uvloop.run(measure(backend, burst, seconds))
            cost = spent / count * 1e6
            console.print(f"burst {burst:3} {backend.name:9} {cost:6.2f} us a message")


if __name__ == "__main__":
    main()
