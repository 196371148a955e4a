"""A prompt that many hear at once: packets that the engine makes, alone and from one file."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from benchmarks import floor
from benchmarks.office import RTP
from benchmarks.outcome import Outcome
from benchmarks.run import Run
from benchmarks.server import cpu_of, rss_kib_of
from benchmarks.wire import Datagrams, udp_socket
from media.net.choose import AUTOMATIC

PTIME = 0.020
PACKET = 172
PROMPT = 10.0
"""Seconds of the file, which begins again at its end."""

WARM_UP = 1.0
PATIENCE = 20.0
LOOK = 0.001
"""Seconds between two looks at the socket: lateness is known to this."""

SAMPLED = 16
"""One lateness in so many is kept."""


@dataclass(slots=True)
class Heard:
    """What has come to all listeners: one socket, where the engine's ports tell them apart."""

    packets: int = 0
    wrong: int = 0
    """Packets that are no 20 ms of G.711, or came from nowhere."""

    renumbered: int = 0
    """Packets whose sequence number did not follow from the one before."""

    silent: int = 0
    """Packets in which nothing is heard."""

    late_ms: list[float] = field(default_factory=list)
    """Behind the promptest packet of its stream, whose rhythm is 20 ms."""


class Listeners:
    """One socket for all of them."""

    def __init__(self, count: int) -> None:
        self.socket = udp_socket()
        self._stream_of_port: NDArray[np.int64] = np.full(65536, -1, np.int64)
        self._is_control = np.zeros(65536, np.bool_)  # RTCP comes from there
        self._incoming = Datagrams(1024, stride=256)
        self._sequence: NDArray[np.int64] = np.full(count, -1, np.int64)
        self._count = np.zeros(count, np.int64)
        self._began: NDArray[np.float64] = np.full(count, np.inf)

    def expect(self, ports: Sequence[int]) -> None:
        """Say from where the packets of each stream come."""
        self._stream_of_port[list(ports)] = np.arange(len(ports))
        self._is_control[[port + 1 for port in ports]] = True

    def listen(self, until: float, heard: Heard) -> None:
        """Take packets until a time."""
        while (left := until - time.monotonic()) > 0:
            if not self._take(heard):
                time.sleep(min(left, LOOK))

    def _take(self, heard: Heard) -> int:
        count = self._incoming.receive(self.socket)
        now = time.monotonic()
        data, sizes = self._incoming.data[:count], self._incoming.received[:count]
        ports = self._incoming.addresses[:count, 2].astype(np.int64) << 8
        ports |= self._incoming.addresses[:count, 3]
        streams = self._stream_of_port[ports]
        is_ours = (streams >= 0) & (sizes == PACKET) & (data[:, 1] & 0x7F == 0)
        heard.wrong += int((~is_ours & ~self._is_control[ports]).sum())
        sound = data[is_ours, 12:PACKET]
        heard.silent += int((sound == sound[:, :1]).all(axis=1).sum())
        for stream, row in zip(streams[is_ours].tolist(), data[is_ours, 2:4], strict=True):
            sequence = int(row[0]) << 8 | int(row[1])
            before = int(self._sequence[stream])
            heard.renumbered += before >= 0 and sequence != (before + 1) & 0xFFFF
            self._sequence[stream] = sequence
            began = now - int(self._count[stream]) * PTIME
            self._began[stream] = min(float(self._began[stream]), began)
            if heard.packets % SAMPLED == 0:
                heard.late_ms.append((began - float(self._began[stream])) * 1000)
            self._count[stream] += 1
            heard.packets += 1
        return count


class Engine:
    """`python -m media` in a process of its own, told what to do line by line."""

    def __init__(self, streams: int, backend: str = AUTOMATIC) -> None:
        self._streams = streams
        self._backend = backend
        self.folder = Path(tempfile.mkdtemp(prefix="softswitch-benchmark-"))

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "media", "--ports", RTP, "--backend", self._backend],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=PATIENCE)  # closes its input, which ends it
        shutil.rmtree(self.folder)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def tell(self, **command: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")

    def lease(self) -> list[int]:
        """Return a port for each stream. Raises RuntimeError when there are not so many."""
        self.tell(type="Lease", count=self._streams)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if '"Started"' in answer:
            answer = self._process.stdout.readline()
        ports: list[int] = json.loads(answer).get("ports", [])
        if len(ports) < self._streams:
            raise RuntimeError(f"not enough ports: {answer}")
        return ports

    def play(self, path: Path, ports: Sequence[int], port: int) -> None:
        """Let every stream play a file to one port, each of them at another moment of it."""
        for stream, ours in enumerate(ports):
            self.tell(type="Open", stream=stream, port=ours)
            self.tell(
                type="Direct", stream=stream, address="127.0.0.1", port=port, codec="PCMU",
                payload_type=0, receive_payload_type=0, latch=False,
            )  # fmt: skip
            position = PROMPT * stream / self._streams
            self.tell(
                type="Play", stream=stream, sources=[str(path)], token=1, repeat=True,
                position=position,
            )  # fmt: skip
        self.flush()

    def flush(self) -> None:
        """Let the engine have what it was told."""
        assert self._process.stdin is not None
        self._process.stdin.flush()


def run(load: int, seconds: float, backend: str) -> Run:
    """Return what it took to play to `load` listeners. Raises RuntimeError."""
    listeners = Listeners(load)
    try:
        with Engine(load, backend) as engine:
            ports = engine.lease()
            listeners.expect(ports)
            prompt = _prompt(engine.folder / "prompt.wav")
            engine.play(prompt, ports, listeners.socket.getsockname()[1])
            listeners.listen(time.monotonic() + WARM_UP, Heard())
            heard = Heard()
            began, cpu = time.monotonic(), cpu_of(engine.process_id)
            listeners.listen(began + seconds, heard)
            cpu, lasted = cpu_of(engine.process_id) - cpu, time.monotonic() - began
            rss_kib = rss_kib_of(engine.process_id)
    finally:
        listeners.socket.close()
    return Run(_outcome(heard, load, lasted), cpu, cpu, lasted, rss_kib, floor.measure(PACKET))


def _outcome(heard: Heard, load: int, lasted: float) -> Outcome:
    outcome = Outcome(units=heard.packets, received=heard.packets, latencies_ms=heard.late_ms)
    missing = round(load * lasted / PTIME) - heard.packets
    for count, reason in (
        (heard.wrong, "packets were not what should have come"),
        (heard.silent, "packets had no sound in them"),
        (heard.renumbered, "packets were not numbered in sequence"),
        (missing if missing > 2 * load else 0, "packets did not come"),
    ):
        if count:
            outcome.failures += count - 1
            outcome.fail(f"{count} {reason}")
    return outcome


def _prompt(path: Path) -> Path:
    noise = np.random.default_rng(1).integers(-8000, 8000, round(8000 * PROMPT)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(noise.tobytes())
    return path
