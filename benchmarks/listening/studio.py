"""An engine in this process on a virtual clock, telephones around it, and a network that has its
ways with packets."""

from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count
from math import inf
from random import Random
from typing import Final

import numpy as np

from benchmarks.listening.perception import Sound
from media.codecs.resample import SoundResampler
from media.codecs.table import CODECS, decoder, encoder
from media.control import Command, Direct, Event, Lease, Open
from media.engine import LocalEngine
from media.immediate import ImmediateFiles, ImmediateSounds
from media.net import AddressBook, SimulatedBackend
from media.ports import Ports
from media.rtp.header import RtpPacket
from media.sounds import Library

RATE: Final = 8000
FRAME: Final = 160
PTIME: Final = FRAME / RATE
ROOM: Final = 16
"""Streams at most."""

_FIRST_PORT: Final = 30_000
_PAYLOAD_TYPES: Final = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 111}


class Weather:
    """What a network does to each packet.

    loss    share of the packets that never come
    jitter  seconds by which a packet is late at most; the later may come first
    """

    def __init__(self, loss: float = 0.0, jitter: float = 0.0, seed: int = 1) -> None:
        self._loss = loss
        self._jitter = jitter
        self._random = Random(seed)  # the same weather each time

    def delay(self) -> float | None:
        """Return how many seconds the next packet is late; None when it is lost."""
        late = self._random.random() * self._jitter
        return None if self._random.random() < self._loss else late


class Telephone:
    """Says what it is given, and keeps what it hears where it was heard in time."""

    def __init__(self, stream: int, port: int, codec: str, weather: Weather) -> None:
        self.stream = stream
        self.port = port
        self.codec = codec
        self.address = (f"10.0.0.{stream}", 4000)
        self.weather = weather
        self._begin: tuple[float, int] | None = None  # moment and timestamp of the first packet
        self._heard: list[tuple[int, bytes]] = []

    def direct(self) -> Direct:
        number = _PAYLOAD_TYPES[self.codec]
        return Direct(self.stream, *self.address, self.codec, number, number)

    def packets(self, sound: Sound) -> Iterable[bytes]:
        """Return the packets of a sound, 20 ms each."""
        codec = CODECS[self.codec]
        encode, length = encoder(self.codec).encode, codec.rate // 50
        samples = np.clip(_at_rate(sound, RATE, codec.rate) * 32768, -32768, 32767)
        frames = samples[: len(samples) // length * length].astype(np.int16).reshape(-1, length)
        for number, frame in enumerate(frames):
            yield bytes(
                RtpPacket(
                    _PAYLOAD_TYPES[self.codec],
                    number & 0xFFFF,
                    number * codec.clock_rate // 50,
                    0x1000 + self.stream,
                    encode(frame),
                )
            )

    def hear(self, data: bytes, now: float) -> None:
        packet = RtpPacket.parse(data)
        if packet is None or packet.payload_type != _PAYLOAD_TYPES[self.codec]:
            return
        if self._begin is None:
            self._begin = (now, packet.timestamp)
        self._heard.append((packet.timestamp, packet.payload))

    def heard(self, since: float) -> Sound:
        """Return what was heard from a moment on, each packet where its timestamp puts it: as a
        telephone plays that waits as long as it must, and conceals nothing."""
        if self._begin is None:
            return np.zeros(0)
        codec, decode = CODECS[self.codec], decoder(self.codec).decode
        moment, first = self._begin
        start = max(0, round((moment - since) * codec.rate))
        scale = codec.rate / codec.clock_rate
        pieces = [
            (start + round(_ahead(timestamp, first) * scale), decode(payload))
            for timestamp, payload in self._heard
        ]
        sound = np.zeros(max(place + len(samples) for place, samples in pieces))
        for place, samples in pieces:
            if place >= 0:
                sound[place : place + len(samples)] = samples / 32768
        return _at_rate(sound, codec.rate, RATE)


def _at_rate(sound: Sound, rate: int, to: int) -> Sound:
    if rate == to:
        return sound
    resampler = SoundResampler(rate, to)
    made = resampler.push(sound.astype(np.float32))
    return np.concatenate((made, resampler.finish())).astype(np.float64)


def _ahead(timestamp: int, first: int) -> int:
    """Return how many units `timestamp` is after `first`, which may be 2**32 before its end."""
    return (timestamp - first + 0x80000000 & 0xFFFFFFFF) - 0x80000000


class Studio:
    """The engine and its clock."""

    def __init__(self) -> None:
        book = AddressBook()
        numbers = count(1)
        self._backend = SimulatedBackend(book)
        self._engine = LocalEngine(
            self._backend,
            book,
            Ports(_FIRST_PORT, _FIRST_PORT + 2 * ROOM - 1),
            ImmediateSounds(Library()),
            ImmediateFiles(),
            random=lambda: next(numbers) * 0x01010101 & 0xFFFFFFFF,
        )
        self._telephones: dict[tuple[str, int], Telephone] = {}
        self._coming: list[tuple[float, int, int, bytes, tuple[str, int]]] = []
        self._serial = count()
        self.now = 1000.0
        self.events: list[Event] = []
        self.do(Lease(ROOM))

    def telephone(self, codec: str = "PCMU", weather: Weather | None = None) -> Telephone:
        """Return a telephone with a stream of its own; `weather` is on its way to the engine."""
        stream = len(self._telephones) + 1
        port = _FIRST_PORT + 2 * (stream - 1)
        telephone = Telephone(stream, port, codec, weather or Weather())
        self._telephones[telephone.address] = telephone
        self.do(Open(stream, port), telephone.direct())
        return telephone

    def do(self, *commands: Command) -> None:
        for command in commands:
            self._engine.submit(command)
        self._turn()

    def say(self, telephone: Telephone, sound: Sound) -> None:
        """Let a telephone begin to say a sound, now."""
        for number, data in enumerate(telephone.packets(sound)):
            late = telephone.weather.delay()
            if late is not None:
                due = self.now + (number + 1) * PTIME + late  # not before it is said
                entry = (due, next(self._serial), telephone.port, data, telephone.address)
                heappush(self._coming, entry)

    def live(self, seconds: float) -> None:
        """Let time pass: packets come when they are due, and the engine has its turns."""
        end = self.now + seconds
        while True:
            coming = self._coming[0][0] if self._coming else inf
            due = self._engine.deadline
            at = max(self.now, min(coming, inf if due is None else due))
            if at > end:
                break
            self.now = at
            while self._coming and self._coming[0][0] <= self.now:
                _, _, port, data, source = heappop(self._coming)
                self._backend.deliver(port, data, source)
            self._turn()
        self.now = end

    def close(self) -> None:
        """Complete the files that grow."""
        self._engine.close()

    def _turn(self) -> None:
        self.events += self._engine.poll(self.now)
        for sent in self._backend.collect():
            telephone = self._telephones.get(sent.destination)
            if telephone is not None:
                telephone.hear(sent.data, self.now)
