"""Rooms in an engine without a switch: every member speaks, and it is heard whom each hears.

Three members of a room say a tone each, all others a faint noise. The tones have whole periods in
20 ms, so that a packet is as good as the next one, and their frequencies are those of the room:
whoever hears himself, or another room, is noticed.
"""

import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks import floor
from benchmarks.outcome import Outcome
from benchmarks.playback import PACKET, PTIME, Engine
from benchmarks.run import Run
from benchmarks.server import cpu_of, rss_kib_of
from benchmarks.wire import Datagrams, sockaddr, udp_socket
from media.codecs.g711 import LINEAR_TO_ULAW, ULAW_TO_LINEAR

SAMPLES = 160
HEADER = 12
HERTZ = 50
"""Frequencies are multiples of it."""

TONES = 3
AMPLITUDE = 3000.0
NOISE = 20.0
GROUPS = 8
"""Of telephones that are in step: 2.5 ms apart."""

SMALL = 3
"""Members of a room where there are many rooms."""

WARM_UP = 2.0
LOOK = 0.001
LISTENED = 16
"""One packet in so many is listened to, and its lateness is kept."""

FASTER_BY = 3 / SAMPLES
"""What the jitter buffer does to lose a delay: 2 %, in whole samples of 20 ms."""

TOLERANCE = 0.02
"""Share of these that may sound otherwise: what was late is made up."""


def waves_at(speed: float) -> NDArray[np.complex64]:
    """Return the waves of all frequencies, (SAMPLES, SAMPLES / 2), at a speed."""
    turns = np.outer(np.arange(SAMPLES), np.arange(SAMPLES // 2)) / SAMPLES
    waves: NDArray[np.complex64] = np.exp(-2j * np.pi * speed * turns).astype(np.complex64)
    return waves


SPEEDS = ((waves_at(1.0), 0.2, 0.05), (waves_at(1.0 + FASTER_BY), 0.5, 0.25))
"""The waves of each speed, by how much of its amplitude a tone may differ, and how much of one may
be where none belongs: what is played faster is interpolated, and so it is duller."""


@dataclass(slots=True)
class Heard:
    """What has come to all members."""

    packets: int = 0
    wrong: int = 0
    """Packets that are no 20 ms of G.711, or came from nowhere."""

    renumbered: int = 0
    """Packets whose sequence number did not follow from the one before."""

    looked_at: int = 0
    unlike: int = 0
    """Packets listened to in which a tone was missing, or one that does not belong there."""

    late_ms: list[float] = field(default_factory=list)
    """Behind the promptest packet of its stream, whose rhythm is 20 ms."""


def tones_of(room: int) -> list[int]:
    """Return the frequencies of a room, as multiples of HERTZ: none of its neighbours'."""
    return [6 + room % 20 + 20 * tone for tone in range(TONES)]


class Members:
    """All telephones, on one socket: the engine's ports tell them apart.

    sizes  members of each room
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.socket = udp_socket()
        count = sum(sizes)
        self.count = count
        self.room_of = np.repeat(np.arange(len(sizes)), sizes)
        place = np.concatenate([np.arange(size) for size in sizes])
        frames = np.random.default_rng(1).standard_normal((count, SAMPLES)) * NOISE
        period = 2 * np.pi * np.arange(SAMPLES) / SAMPLES
        self._others: NDArray[np.bool_] = np.zeros((count, SAMPLES // 2), np.bool_)
        """Of each member, which frequencies it is to hear."""

        for member, (room, at) in enumerate(
            zip(self.room_of.tolist(), place.tolist(), strict=True)
        ):
            tones = tones_of(room)[: sizes[room]]
            if at < TONES:
                frames[member] = AMPLITUDE * np.sin(period * tones[at])
            self._others[member, [tone for k, tone in enumerate(tones) if k != at]] = True
        self._outgoing = Datagrams(count, stride=256)
        self._outgoing.lengths[:] = PACKET
        linear = np.rint(frames).astype(np.int16).view(np.uint16)
        self._outgoing.data[:, HEADER:PACKET] = LINEAR_TO_ULAW[linear]
        ssrc = np.arange(1, count + 1, dtype=">u4")
        self._outgoing.data[:, 8:HEADER] = ssrc.view(np.uint8).reshape(count, 4)
        self._groups = [group[[0, -1]] for group in np.array_split(np.arange(count), GROUPS)
                        if len(group)]  # fmt: skip
        self._incoming = Datagrams(1024, stride=256)
        self._stream_of_port: NDArray[np.int64] = np.full(65536, -1, np.int64)
        self._numbered: NDArray[np.int64] = np.full(count, -1, np.int64)
        self._count: NDArray[np.int64] = np.zeros(count, np.int64)
        self._began: NDArray[np.float64] = np.full(count, np.inf)
        self._tick = 0
        self._listen_at = 0
        self.turns = self.late = self.sent = 0

    def connect(self, ports: Sequence[int]) -> None:
        """Say where the engine expects each member."""
        self._stream_of_port[list(ports)] = np.arange(len(ports))
        for stream, port in enumerate(ports):
            self._outgoing.addresses[stream] = list(sockaddr("127.0.0.1", port))

    def run(self, seconds: float) -> Heard:
        """Let all speak for a time, and hear what comes meanwhile."""
        heard = Heard()
        began, first = time.monotonic(), self._tick
        self._tick += round(seconds / PTIME)
        self.turns = self.late = self.sent = 0
        for tick in range(first, self._tick):
            for k, (begin, end) in enumerate(self._groups):
                due = began + (tick - first + k / GROUPS) * PTIME
                self._listen_until(due, heard)
                self.turns += 1
                self.late += time.monotonic() - due > PTIME
                self._speak(tick, int(begin), int(end) + 1)
        self._listen_until(began + seconds, heard)
        return heard

    def _speak(self, tick: int, begin: int, end: int) -> None:
        header = struct.pack("!BBHI", 0x80, 0, tick & 0xFFFF, tick * SAMPLES & 0xFFFFFFFF)
        self._outgoing.data[begin:end, :8] = np.frombuffer(header, np.uint8)
        self.sent += self._outgoing.send_rows(self.socket, begin, end)

    def _listen_until(self, due: float, heard: Heard) -> None:
        while True:
            taken = self.listen(heard)
            left = due - time.monotonic()
            if left <= 0:
                return
            if not taken:
                time.sleep(min(left, LOOK))

    def listen(self, heard: Heard) -> int:
        """Take what has come; return how much."""
        count = self._incoming.receive(self.socket)
        if not count:
            return 0
        now = time.monotonic()
        data, sizes = self._incoming.data[:count], self._incoming.received[:count]
        ports = self._incoming.addresses[:count, 2].astype(np.int64) << 8
        ports |= self._incoming.addresses[:count, 3]
        streams = self._stream_of_port[ports]
        is_ours = (streams >= 0) & (sizes == PACKET) & (data[:, 1] & 0x7F == 0)
        heard.wrong += int((~is_ours & (ports % 2 == 0)).sum())  # RTCP comes from odd ports
        data, streams = data[is_ours], streams[is_ours]
        heard.packets += len(streams)
        while len(streams):  # several of one stream: one after another
            is_first = np.zeros(len(streams), np.bool_)
            is_first[np.unique(streams, return_index=True)[1]] = True
            self._count_packets(data[is_first], streams[is_first], now, heard)
            data, streams = data[~is_first], streams[~is_first]
        return count

    def _count_packets(
        self, data: NDArray[np.uint8], streams: NDArray[np.int64], now: float, heard: Heard
    ) -> None:
        """Take packets of as many streams."""
        sequence = (data[:, 2].astype(np.int64) << 8) | data[:, 3]
        before = self._numbered[streams]
        heard.renumbered += int(((before >= 0) & (sequence != (before + 1) & 0xFFFF)).sum())
        self._numbered[streams] = sequence
        began = now - self._count[streams] * PTIME
        self._count[streams] += 1
        self._began[streams] = np.minimum(self._began[streams], began)
        some = np.arange(-self._listen_at % LISTENED, len(streams), LISTENED)
        self._listen_at += len(streams)
        if len(some):
            late = began[some] - self._began[streams[some]]
            heard.late_ms.extend((late * 1000).tolist())
            heard.looked_at += len(some)
            heard.unlike += self.unlike(data[some, HEADER:PACKET], streams[some])

    def unlike(self, octets: NDArray[np.uint8], streams: NDArray[np.int64]) -> int:
        """Return how many of these do not sound as their streams should, at either speed: after a
        delay the engine plays a little faster for a while."""
        sound = ULAW_TO_LINEAR[octets].astype(np.float32)
        due = self._others[streams]
        is_unlike = np.ones(len(streams), np.bool_)
        for waves, differs, intrudes in SPEEDS:
            left = is_unlike.nonzero()[0]
            found = np.abs(sound[left] @ waves) * (2 / SAMPLES / AMPLITUDE)
            missing = due[left] & (np.abs(found - 1) > differs)
            strange = ~due[left] & (found > intrudes)
            is_unlike[left] = (missing | strange).any(axis=1)
        return int(is_unlike.sum())

    def close(self) -> None:
        self.socket.close()


class Rooms(Engine):
    """`python -m media` with rooms."""

    def join(self, members: Members, ports: Sequence[int]) -> None:
        """Let every member be in its room."""
        port = members.socket.getsockname()[1]
        for stream, (ours, room) in enumerate(zip(ports, members.room_of.tolist(), strict=True)):
            self.tell(type="Open", stream=stream, port=ours)
            self.tell(
                type="Direct", stream=stream, address="127.0.0.1", port=port, codec="PCMU",
                payload_type=0, receive_payload_type=0, latch=False,
            )  # fmt: skip
            self.tell(type="Join", stream=stream, room=room)
        self.flush()
        assert self._process.stdout is not None
        # It tells of everybody who talks, and waits when nobody reads that.
        threading.Thread(target=self._process.stdout.read, daemon=True).start()


def conference(load: int, seconds: float, backend: str) -> Run:
    """Return what one room of `load` members takes. Raises RuntimeError."""
    return _run([load], seconds, backend)


def small_rooms(load: int, seconds: float, backend: str) -> Run:
    """Return what `load` rooms of three take. Raises RuntimeError."""
    return _run([SMALL] * load, seconds, backend)


def _run(sizes: Sequence[int], seconds: float, backend: str) -> Run:
    members = Members(sizes)
    try:
        with Rooms(members.count, backend) as engine:
            ports = engine.lease()
            members.connect(ports)
            engine.join(members, ports)
            members.run(WARM_UP)
            began, cpu = time.monotonic(), cpu_of(engine.process_id)
            heard = members.run(seconds)
            cpu, lasted = cpu_of(engine.process_id) - cpu, time.monotonic() - began
            rss_kib = rss_kib_of(engine.process_id)
    finally:
        members.close()
    outcome = _outcome(members, heard)
    return Run(outcome, cpu, cpu, lasted, rss_kib, floor.measure(PACKET))


def _outcome(members: Members, heard: Heard) -> Outcome:
    outcome = Outcome(
        units=heard.packets,
        sent=members.sent,
        received=heard.packets,
        latencies_ms=heard.late_ms,
        late_share=members.late / max(1, members.turns),
    )
    missing = members.sent - heard.packets
    tolerated = heard.unlike <= TOLERANCE * heard.looked_at
    for count, reason in (
        (heard.wrong, "packets were not what should have come"),
        (heard.renumbered, "packets were not numbered in sequence"),
        (0 if tolerated else heard.unlike, "packets did not sound as they should"),
        (missing if missing > 2 * members.count else 0, "packets did not come"),
    ):
        if count:
            outcome.failures += count - 1
            outcome.fail(f"{count} {reason}")
    return outcome
