"""The engine on a simulated network and a virtual clock, with telephones that count their own
packets."""

from itertools import count
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from media.codecs.g711 import Samples, decode, encode
from media.control import Bridge, Command, Direct, Event, Lease, Open
from media.engine import LocalEngine
from media.hearing import USUAL_DELAY
from media.immediate import ImmediateFiles, ImmediateSounds
from media.net import AddressBook, Datagram, SimulatedBackend
from media.ports import Ports
from media.rtp.header import RtpPacket
from media.sounds import Library

FIRST_PORT = 30000
EPOCH = 1_700_000_000.0
EVENT = 101


class Peer:
    """A telephone. It knows its own sequence numbers, and what it was sent."""

    def __init__(self, bench: "Bench", stream: int, codec: str) -> None:
        self._bench = bench
        self.stream = stream
        self.codec = codec
        self.payload_type = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 111}[codec]
        self.address = (f"10.0.0.{stream}", 4000)
        self.port = bench.first + 2 * (stream - 1)
        self.ssrc = 0x1000 * stream
        self.sequence = 100 * stream
        self.timestamp = 8000 * stream
        self.step = 960 if codec == "opus" else 160

    def visit(self, bench: "Bench") -> None:
        """Be reached by another engine from now on."""
        self._bench = bench

    @staticmethod
    def engine_ssrc(report: bytes) -> int:
        """Return who has sent a report."""
        return int.from_bytes(report[4:8], "big")

    def packet(self, payload: bytes, *, marker: bool = False) -> RtpPacket:
        """Return the next packet of 20 ms."""
        self.sequence += 1
        self.timestamp += self.step
        return RtpPacket(
            self.payload_type,
            self.sequence & 0xFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc,
            payload,
            marker,
        )

    def send(self, *packets: RtpPacket | bytes, source: tuple[str, int] | None = None) -> None:
        """Let packets arrive at the engine; they are taken at its next turn."""
        for packet in packets:
            self._bench.backend.deliver(self.port, bytes(packet), source or self.address)

    def talk(self, payload: bytes = b"\x11" * 160) -> list[Event]:
        """Send 20 ms of audio and let the engine take it."""
        self.send(self.packet(payload))
        return self._bench.poll()

    def say(self, samples: Samples) -> list[Event]:
        """Send samples, 20 ms at a time."""
        events: list[Event] = []
        for frame in samples.reshape(-1, 160):
            events += self.talk(encode(frame, self.codec).tobytes())
            events += self._bench.advance(0.02)
        return events

    def press(self, code: int, *, duration: int, is_end: bool, start: int) -> list[Event]:
        """Send one packet of a named event that began at timestamp `start`."""
        payload = bytes((code, 0x80 * is_end | 10)) + duration.to_bytes(2, "big")
        self.sequence += 1
        self.send(RtpPacket(EVENT, self.sequence & 0xFFFF, start, self.ssrc, payload))
        return self._bench.poll()

    def heard(self) -> list[RtpPacket]:
        """Return, and forget, the RTP packets that were sent to this telephone."""
        return self._bench.sent_to(self.address)

    def heard_samples(self) -> Samples:
        """Return the audio that was sent to this telephone."""
        audio = [each.payload for each in self.heard() if each.payload_type == self.payload_type]
        return decode(np.frombuffer(b"".join(audio), np.uint8), self.codec)


class Bench:
    """An engine and its clock."""

    def __init__(
        self,
        *,
        quarantine: float = 2.0,
        rows: int = 8,
        first: int = FIRST_PORT,
        guests: int = 0,
        delay: tuple[float, float] = USUAL_DELAY,
    ) -> None:
        book = AddressBook()
        numbers = count(1)
        self.backend = SimulatedBackend(book)
        self.engine = LocalEngine(
            self.backend,
            book,
            Ports(first, first + 2 * rows - 1, quarantine, guests=guests),
            ImmediateSounds(Library()),
            ImmediateFiles(),
            random=lambda: next(numbers) * 0x01010101 & 0xFFFFFFFF,
            epoch=EPOCH,
            delay=delay,
        )
        self.now = 1000.0
        self._sent: list[Datagram] = []
        self.first = first
        self.do(Lease(rows))

    def poll(self) -> list[Event]:
        events = self.engine.poll(self.now)
        self._sent += self.backend.collect()
        return events

    def do(self, *commands: Command) -> list[Event]:
        for command in commands:
            self.engine.submit(command)
        return self.poll()

    def advance(self, seconds: float) -> list[Event]:
        """Let time pass; the engine is called when it asked to be."""
        events: list[Event] = []
        end = self.now + seconds
        while (deadline := self.engine.deadline or inf) <= end:
            self.now = max(self.now, deadline)
            events += self.poll()
        self.now = end
        return events + self.poll()

    def peer(self, stream: int, codec: str = "PCMU", **more: Any) -> Peer:
        """Return a telephone whose stream is open and directed to it."""
        peer = Peer(self, stream, codec)
        self.do(Open(stream, peer.port), self.direct(peer, **more))
        return peer

    def pair(self, codec: str = "PCMU", other: str = "PCMU") -> tuple[Peer, Peer]:
        """Return two telephones that hear each other."""
        one, two = self.peer(1, codec), self.peer(2, other)
        self.do(Bridge(1, 2))
        return one, two

    @staticmethod
    def direct(peer: Peer, **more: Any) -> Direct:
        values: dict[str, Any] = {
            "stream": peer.stream,
            "address": peer.address[0],
            "port": peer.address[1],
            "codec": peer.codec,
            "payload_type": peer.payload_type,
            "receive_payload_type": peer.payload_type,
            "event_payload_type": EVENT,
            "receive_event_payload_type": EVENT,
        }
        return Direct(**(values | more))

    def sent_to(self, address: tuple[str, int]) -> list[RtpPacket]:
        packets = [RtpPacket.parse(each.data) for each in self._take(address)]
        return [packet for packet in packets if packet is not None]

    def datagrams_to(self, address: tuple[str, int]) -> list[bytes]:
        """Return, and forget, what was sent to a telephone, whatever it is."""
        return [each.data for each in self._take(address)]

    def control_sent_to(self, address: tuple[str, int]) -> list[bytes]:
        """Return, and forget, the RTCP packets that were sent to a telephone's RTP address + 1."""
        return [each.data for each in self._take((address[0], address[1] + 1))]

    def _take(self, address: tuple[str, int]) -> list[Datagram]:
        taken = [each for each in self._sent if each.destination == address]
        self._sent = [each for each in self._sent if each.destination != address]
        return taken


def tone(seconds: float, frequency: float = 440.0, level: float = 8000.0) -> Samples:
    """Return a sine wave at 8 kHz."""
    t = np.arange(round(seconds * 8000)) / 8000
    return np.rint(level * np.sin(2 * np.pi * frequency * t)).astype(np.int16)


def wave(path: Path) -> Samples:
    """Return the samples of a WAV file of 44 bytes of header."""
    return np.frombuffer(path.read_bytes()[44:], np.int16)
