"""Conferences: telephones that all talk, and each hears the sum of the others of its room."""

import struct
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks import floor
from benchmarks.outcome import GRACE, Outcome
from benchmarks.playback import PACKET, PTIME, WARM_UP, Engine, Heard, Listeners
from benchmarks.run import Run
from benchmarks.server import cpu_of, rss_kib_of
from benchmarks.wire import Datagrams, sockaddr

SMALL = 3
"""Members of a small room."""

SAMPLES = 160
HEADER = 12
SOUNDS = 64
"""Packets of different sound that each member says in turn."""

GROUPS = 4
"""Members speak in so many groups, one after another within 20 ms: phones are not in step."""


def conference(load: int, seconds: float) -> Run:
    """Return what one room of `load` members took. Raises RuntimeError."""
    return run([0] * load, seconds)


def small_rooms(load: int, seconds: float) -> Run:
    """Return what `load` rooms of three took. Raises RuntimeError."""
    return run([room for room in range(load) for _ in range(SMALL)], seconds)


def run(room_of: Sequence[int], seconds: float) -> Run:
    """Return what it took to mix.

    room_of  the room of each member
    """
    count = len(room_of)
    listeners = Listeners(count)
    try:
        with Engine(count) as engine:
            ports = engine.lease()
            listeners.expect(ports)
            own = listeners.socket.getsockname()[1]
            for stream, (room, port) in enumerate(zip(room_of, ports, strict=True)):
                engine.tell(type="Open", stream=stream, port=port)
                engine.tell(
                    type="Direct", stream=stream, address="127.0.0.1", port=own, codec="PCMU",
                    payload_type=0, receive_payload_type=0, latch=False,
                )  # fmt: skip
                engine.tell(type="Join", stream=stream, room=room)
            engine.flush()
            members = Members(listeners, ports)
            members.talk(WARM_UP, Heard())
            heard = Heard()
            began, cpu = time.monotonic(), cpu_of(engine.process_id)
            members.talk(seconds, heard)
            cpu, lasted = cpu_of(engine.process_id) - cpu, time.monotonic() - began
            rss_kib = rss_kib_of(engine.process_id)
            return Run(
                _outcome(heard, members, lasted), cpu, cpu, lasted, rss_kib, floor.measure(PACKET)
            )
    finally:
        listeners.socket.close()


class Members:
    """All telephones, on one socket."""

    def __init__(self, listeners: Listeners, ports: Sequence[int]) -> None:
        self._listeners = listeners
        self.count = len(ports)
        self._outgoing = Datagrams(self.count, stride=256)
        self._outgoing.lengths[:] = PACKET
        for row, port in enumerate(ports):
            self._outgoing.addresses[row] = list(sockaddr("127.0.0.1", port))
        noise = np.random.default_rng(1)
        # µ-law codes whose level is about that of speech.
        self._sounds: NDArray[np.uint8] = noise.integers(
            0x90, 0xFF, (SOUNDS, self.count, SAMPLES), np.uint8
        )
        self._ssrc = np.arange(1, self.count + 1, dtype=np.uint32).astype(">u4")
        self._tick = 0
        self.sent = 0
        self.turns = 0
        self.late = 0

    def talk(self, seconds: float, heard: Heard) -> None:
        """Let all talk, and take what they hear meanwhile."""
        self.sent = self.turns = self.late = 0
        began = time.monotonic()
        for tick in range(round(seconds / PTIME)):
            for group in range(GROUPS):
                due = began + (tick + group / GROUPS) * PTIME
                self._listeners.listen(due, heard)
                self.turns += 1
                self.late += time.monotonic() - due > GRACE
                first = self.count * group // GROUPS
                self._speak(first, self.count * (group + 1) // GROUPS)
            self._tick += 1

    def _speak(self, first: int, last: int) -> None:
        if first == last:
            return
        rows = self._outgoing.data[first:last]
        tick = self._tick
        header = struct.pack("!BBHI", 0x80, 0, tick & 0xFFFF, tick * SAMPLES & 0xFFFFFFFF)
        rows[:, :8] = np.frombuffer(header, np.uint8)
        rows[:, 8:HEADER] = self._ssrc[first:last].view(np.uint8).reshape(-1, 4)
        rows[:, HEADER:PACKET] = self._sounds[tick % SOUNDS, first:last]
        self.sent += self._outgoing.send_rows(self._listeners.socket, first, last)


def _outcome(heard: Heard, members: Members, lasted: float) -> Outcome:
    outcome = Outcome(
        units=heard.packets + members.sent,
        sent=members.sent,
        received=heard.packets,
        latencies_ms=heard.late_ms,
        late_share=members.late / max(1, members.turns),
    )
    missing = round(members.count * lasted / PTIME) - heard.packets
    for count, reason in (
        (heard.wrong, "packets were not what should have come"),
        (heard.silent, "packets had no sound in them"),
        (heard.renumbered, "packets were not numbered in sequence"),
        (missing if missing > 2 * members.count else 0, "packets did not come"),
    ):
        if count:
            outcome.failures += count - 1
            outcome.fail(f"{count} {reason}")
    return outcome
