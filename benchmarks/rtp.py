"""RTP for hundreds of calls from two sockets, checked packet by packet.

All callers share one socket and all called parties another: the switch tells them apart by its
own ports, and the generator by the switch's source port. Every packet begins with its number
and goes on with noise that is its leg's own, so one that came out at the wrong leg, or changed,
is noticed by its bytes.
"""

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


@dataclass(slots=True)
class Outcome:
    sent: int = 0
    received: int = 0
    wrong: int = 0
    """Packets whose payload was not what the other leg had sent."""

    out_of_order: int = 0
    renumbered: int = 0
    """Packets whose RTP sequence number did not follow from the one before."""

    late: float = 0.0
    """The generator's worst lateness, in seconds: above a packet time it was saturated."""

    latencies_ms: list[float] = field(default_factory=list)


class Streams:
    """Both directions of a number of calls."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.sides = (_Side(calls, seed=1), _Side(calls, seed=2))

    @property
    def ports(self) -> tuple[int, int]:
        """Return the ports that callers and called parties name in their descriptions."""
        return self.sides[0].port, self.sides[1].port

    def connect(self, call: int, side: int, switch: tuple[str, int]) -> None:
        """Say where the switch wants the packets of this leg."""
        self.sides[side].connect(call, switch)

    def run(self, seconds: float) -> Outcome:
        """Speak in both directions at once for `seconds`, then wait for what is on the way."""
        outcome = Outcome()
        a, b = self.sides
        began = time.monotonic()
        ticks = round(seconds / PTIME)
        for tick in range(ticks):
            due = began + tick * PTIME
            # Half of the calls speak half a packet time later: phones are not in step.
            self._speak(tick, 0, self.calls // 2, due, outcome)
            self._speak(tick, self.calls // 2, self.calls, due + PTIME / 2, outcome)
        self._listen_until(time.monotonic() + 0.3, outcome)
        outcome.sent = a.sent + b.sent
        return outcome

    def close(self) -> None:
        for side in self.sides:
            side.close()

    def _speak(self, tick: int, first: int, last: int, due: float, outcome: Outcome) -> None:
        self._listen_until(due, outcome)
        outcome.late = max(outcome.late, time.monotonic() - due)
        for side in self.sides:
            side.speak(tick, first, last)

    def _listen_until(self, due: float, outcome: Outcome) -> None:
        a, b = self.sides
        while True:
            taken = a.listen(b, outcome) + b.listen(a, outcome)
            left = due - time.monotonic()
            if left <= 0:
                return
            if not taken:
                time.sleep(min(left, 0.001))


class _Side:
    """The legs of one side: a socket, what each says, and what each has heard."""

    def __init__(self, calls: int, seed: int) -> None:
        self._socket = udp_socket()
        self._incoming = Datagrams(1024, stride=256)
        self._outgoing = Datagrams(calls, stride=256)
        self._outgoing.lengths[:] = PACKET
        noise = np.random.default_rng(seed)
        self.noise: NDArray[np.uint8] = noise.integers(0, 256, (calls, SAMPLES - NUMBER), np.uint8)
        self._ssrc = np.arange(calls, dtype=np.uint32) + np.uint32(seed << 24)
        self._call_of_port = np.full(65536, -1, np.int64)
        self._last = np.full(calls, -1, np.int64)
        self._offset = np.full(calls, -1, np.int64)
        self.sent_at: NDArray[np.float64] = np.zeros((calls, 65536), np.float64)
        self.sent = 0

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def connect(self, call: int, switch: tuple[str, int]) -> None:
        self._outgoing.addresses[call] = list(sockaddr(*switch))
        self._call_of_port[switch[1]] = call

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
        self.sent_at[first:last, tick & 0xFFFF] = time.monotonic()
        self.sent += self._outgoing.send_rows(self._socket, first, last)

    def listen(self, other: "_Side", outcome: Outcome) -> int:
        """Take what has come and compare it with what the other side has said."""
        count = self._incoming.receive(self._socket)
        if not count:
            return 0
        now = time.monotonic()
        data = self._incoming.data[:count]
        rtp = (self._incoming.received[:count] == PACKET) & (data[:, 1] & 0x7F == 0)
        ports = self._incoming.addresses[:count, 2].astype(np.int64) << 8
        ports |= self._incoming.addresses[:count, 3]
        calls = self._call_of_port[ports]
        rtp &= calls >= 0
        data, calls = data[rtp], calls[rtp]
        sequences = (data[:, 2].astype(np.int64) << 8) | data[:, 3]
        number = np.ascontiguousarray(data[:, HEADER : HEADER + NUMBER])
        tick = number.view(">u4").reshape(-1).astype(np.int64) & 0xFFFF
        # A relay numbers its own stream; from the first packet on it must count as we count.
        new = self._offset[calls] < 0
        self._offset[calls[new]] = (sequences[new] - tick[new]) & 0xFFFF
        outcome.renumbered += int((self._offset[calls] != (sequences - tick) & 0xFFFF).sum())
        wrong = (other.noise[calls] != data[:, HEADER + NUMBER : PACKET]).any(axis=1)
        outcome.received += len(calls)
        outcome.wrong += int(wrong.sum())
        outcome.out_of_order += int((tick <= self._last[calls]).sum())
        self._last[calls] = tick
        outcome.latencies_ms.extend(((now - other.sent_at[calls, tick]) * 1000).tolist()[::16])
        return count

    def close(self) -> None:
        self._socket.close()
