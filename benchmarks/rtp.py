"""RTP for hundreds of calls from two sockets, checked packet by packet.

All callers share one socket and all called parties another: the switch tells them apart by its
own ports, and the generator by the switch's source port. Every packet begins with its number
and goes on with noise that is its leg's own, so one that came out at the wrong leg, or changed,
is noticed by its bytes.
"""

import socket
import struct
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.wire import Datagrams, sockaddr, udp_socket

PTIME = 0.020
SAMPLES = 160
HEADER = 12
PACKET = HEADER + SAMPLES
NUMBER = 4
"""Bytes at the start of the payload that number the packet."""


REMEMBERED = 1024
"""Packets of each leg whose time of sending is known: a power of two, and seconds of speech."""

AFTERWARDS = 0.3
"""Seconds after the last packet in which those on the way arrive."""

LOOK = 0.001
"""Seconds between two looks at the sockets: latencies are known to this."""

SAMPLED = 16
"""One latency in so many is kept."""


@dataclass(slots=True)
class Speech:
    """What became of the packets of one run."""

    sent: int = 0
    received: int = 0
    wrong: int = 0
    """Packets whose payload was not what the other leg had sent."""

    out_of_order: int = 0
    renumbered: int = 0
    """Packets whose RTP sequence number did not follow from the one before."""

    late: int = 0
    """Turns to speak that the generator took more than a packet time too late."""

    turns: int = 0
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return max(0, self.sent - self.received)


class Streams:
    """Both directions of a number of calls."""

    def __init__(self, calls: int, first: "Side | None" = None) -> None:
        self.calls = calls
        self.sides = (first or Side(calls, seed=1), Side(calls, seed=2))
        self._tick = 0

    @property
    def ports(self) -> tuple[int, int]:
        """Return the ports that callers and called parties name in their descriptions."""
        return self.sides[0].port, self.sides[1].port

    def connect(self, call: int, side: int, switch: tuple[str, int]) -> None:
        """Say where the switch wants the packets of this leg."""
        self.sides[side].connect(call, switch)

    def run(self, seconds: float) -> Speech:
        """Speak in both directions at once for `seconds`, then wait for what is on the way.

        A later run goes on where this one ended.
        """
        speech = Speech()
        a, b = self.sides
        began = time.monotonic()
        before = a.sent + b.sent
        first = self._tick
        self._tick += round(seconds / PTIME)
        for tick in range(first, self._tick):
            due = began + (tick - first) * PTIME
            # Half of the calls speak half a packet time later: phones are not in step.
            self._speak(tick, 0, self.calls // 2, due, speech)
            self._speak(tick, self.calls // 2, self.calls, due + PTIME / 2, speech)
        self._listen_until(time.monotonic() + AFTERWARDS, speech)
        speech.sent = a.sent + b.sent - before
        return speech

    def close(self) -> None:
        for side in self.sides:
            side.close()

    def _speak(self, tick: int, first: int, last: int, due: float, speech: Speech) -> None:
        self._listen_until(due, speech)
        speech.turns += 1
        speech.late += time.monotonic() - due > PTIME
        for side in self.sides:
            side.speak(tick, first, last)

    def _listen_until(self, due: float, speech: Speech) -> None:
        a, b = self.sides
        while True:
            taken = a.listen(b, speech) + b.listen(a, speech)
            left = due - time.monotonic()
            if left <= 0:
                return
            if not taken:
                time.sleep(min(left, LOOK))


class Side:
    """The legs of one side: a socket, what each says, and what each has heard."""

    def __init__(self, calls: int, seed: int) -> None:
        self._socket, self._control = _even_and_odd()
        self._incoming = Datagrams(1024, stride=256)
        self._outgoing = Datagrams(calls, stride=256)
        self._outgoing.lengths[:] = PACKET
        noise = np.random.default_rng(seed)
        self.noise: NDArray[np.uint8] = noise.integers(0, 256, (calls, SAMPLES - NUMBER), np.uint8)
        self._ssrc = np.arange(calls, dtype=np.uint32) + np.uint32(seed << 24)
        self._call_of_port = np.full(65536, -1, np.int64)
        self._last = np.full(calls, -1, np.int64)
        self._offset = np.full(calls, -1, np.int64)
        self.sent_at: NDArray[np.float64] = np.zeros((calls, REMEMBERED), np.float64)
        self.sent = 0

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def connect(self, call: int, switch: tuple[str, int]) -> None:
        """Begin a stream of its own: nothing is known of its numbers, and the port of the one
        before belongs to nobody."""
        self._call_of_port[self._call_of_port == call] = -1
        self._outgoing.addresses[call] = list(sockaddr(*switch))
        self._call_of_port[switch[1]] = call
        self._last[call] = self._offset[call] = -1

    def speak(self, tick: int, first: int, last: int) -> None:
        """Send packet number `tick` of the legs from `first` to before `last`."""
        count = last - first
        rows = self._outgoing.data[first:last]
        header = np.frombuffer(
            struct.pack("!BBHI", 0x80, 0, tick & 0xFFFF, tick * SAMPLES), np.uint8
        )
        rows[:, :8] = header
        rows[:, 8:HEADER] = self._ssrc[first:last].astype(">u4").view(np.uint8).reshape(count, 4)
        rows[:, HEADER : HEADER + NUMBER] = np.frombuffer(struct.pack("!I", tick), np.uint8)
        rows[:, HEADER + NUMBER : PACKET] = self.noise[first:last]
        self.sent_at[first:last, tick % REMEMBERED] = time.monotonic()
        self.seal(first, last)
        self.sent += self._outgoing.send_rows(self._socket, first, last)

    def listen(self, other: "Side", speech: Speech) -> int:
        """Take what has come and compare it with what the other side has said; return how much."""
        count = self._incoming.receive(self._socket)
        if not count:
            return 0
        now = time.monotonic()
        data = self._incoming.data[:count]
        ports = self._incoming.addresses[:count, 2].astype(np.int64) << 8
        ports |= self._incoming.addresses[:count, 3]
        calls = self._call_of_port[ports]
        self.unseal(count, calls)
        rtp = (self._incoming.received[:count] == PACKET) & (data[:, 1] & 0x7F == 0)
        rtp &= calls >= 0
        data, calls = data[rtp], calls[rtp]
        sequences = (data[:, 2].astype(np.int64) << 8) | data[:, 3]
        number = np.ascontiguousarray(data[:, HEADER : HEADER + NUMBER])
        tick = number.view(">u4").reshape(-1).astype(np.int64)
        # A relay numbers its own stream; from the first packet on it must count as we count.
        new = self._offset[calls] < 0
        self._offset[calls[new]] = (sequences[new] - tick[new]) & 0xFFFF
        speech.renumbered += int((self._offset[calls] != (sequences - tick) & 0xFFFF).sum())
        wrong = (other.noise[calls] != data[:, HEADER + NUMBER : PACKET]).any(axis=1)
        speech.received += len(calls)
        speech.wrong += int(wrong.sum())
        speech.out_of_order += int((tick <= self._last[calls]).sum())
        self._last[calls] = tick
        speech.latencies_ms.extend(
            ((now - other.sent_at[calls, tick % REMEMBERED]) * 1000).tolist()[::SAMPLED]
        )
        return count

    def seal(self, first: int, last: int) -> None:
        """Encrypt the rows that are about to be sent, where this side does."""

    def unseal(self, count: int, calls: NDArray[np.int64]) -> None:
        """Decrypt the rows that have come, of these calls, where this side does."""

    def close(self) -> None:
        self._socket.close()
        self._control.close()


def _even_and_odd() -> tuple[socket.socket, socket.socket]:
    """Return a socket for RTP and the next one for RTCP, which is received and not looked at."""
    for _ in range(100):
        first = udp_socket()
        port = first.getsockname()[1]
        if port % 2 == 0:
            try:
                return first, udp_socket(port=port + 1)
            except OSError:
                pass  # taken: try another pair
        first.close()
    raise RuntimeError("no two ports side by side are free")
