"""The floor: what the kernel alone takes to receive and to send datagrams of a size.

The cheapest way that user space has (recvmmsg and sendmmsg of whole batches), with nothing done
to the datagrams in between. No switch can be cheaper without leaving the socket interface.
"""

import time
from dataclasses import dataclass
from statistics import median

from benchmarks.wire import Datagrams, sockaddr, udp_socket

BATCH = 64
ROUNDS = 400


@dataclass(frozen=True, slots=True)
class Floor:
    receive_us: float
    """CPU microseconds to take one datagram."""

    send_us: float

    def of(self, *, received: float, sent: float) -> float:
        return received * self.receive_us + sent * self.send_us


def measure(size: int) -> Floor:
    """Return the floor for datagrams of `size` bytes over loopback."""
    here, there = udp_socket(), udp_socket()
    outgoing, incoming = Datagrams(BATCH), Datagrams(BATCH)
    outgoing.lengths[:] = size
    outgoing.addresses[:] = list(sockaddr(*there.getsockname()))
    sending: list[float] = []
    receiving: list[float] = []
    try:
        for _ in range(ROUNDS):
            began = time.process_time()
            sent = outgoing.send(here, BATCH)
            between = time.process_time()
            taken = 0
            while got := incoming.receive(there):
                taken += got
            ended = time.process_time()
            if sent and taken:
                sending.append((between - began) / sent)
                receiving.append((ended - between) / taken)
    finally:
        here.close()
        there.close()
    return Floor(median(receiving) * 1e6, median(sending) * 1e6)
