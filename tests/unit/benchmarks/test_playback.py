"""The listeners of a prompt notice what is not as it should be."""

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from benchmarks.playback import Heard, Listeners
from benchmarks.wire import udp_socket


class Source:
    """Stands where one port of the engine does."""

    def __init__(self, listeners: Listeners) -> None:
        self._socket = udp_socket()
        self._to = listeners.socket.getsockname()
        self.port: int = self._socket.getsockname()[1]

    def send(self, sequence: int, *, octets: int = 160, payload_type: int = 0) -> None:
        header = struct.pack("!BBHII", 0x80, payload_type, sequence & 0xFFFF, 160 * sequence, 7)
        self._socket.sendto(header + bytes(octets), self._to)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listeners() -> Iterator[Listeners]:
    listeners = Listeners(2)
    yield listeners
    listeners.socket.close()


@pytest.fixture
def source(listeners: Listeners) -> Iterator[Source]:
    source = Source(listeners)
    listeners.expect([1, source.port])
    yield source
    source.close()


def heard(listeners: Listeners) -> Heard:
    found = Heard()
    listeners.listen(time.monotonic() + 0.02, found)
    return found


def test_packets_in_sequence_are_counted_and_nothing_is_wrong(
    listeners: Listeners, source: Source
) -> None:
    for sequence in (65534, 65535, 65536, 65537):
        source.send(sequence)
    found = heard(listeners)
    assert (found.packets, found.wrong, found.renumbered) == (4, 0, 0)
    source.send(65538)
    assert heard(listeners).renumbered == 0


def test_a_gap_a_size_and_a_stranger_are_noticed(listeners: Listeners, source: Source) -> None:
    source.send(1)
    source.send(3)
    source.send(4, octets=80)
    source.send(5, payload_type=8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(bytes(172), listeners.socket.getsockname())
        found = heard(listeners)
    assert (found.packets, found.renumbered) == (2, 1)
    assert found.wrong >= 2
