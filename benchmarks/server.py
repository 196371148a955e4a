"""The switch under test: a real daemon in its own processes, and its own accounting."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

START_WITHIN = 20.0
STOP_WITHIN = 20.0
COMMAND = "from softswitch.daemon.command import main; main()"
"""What the installed `softswitch` does."""


class Server:
    """`softswitch run` on a configuration of the benchmark's own, in a folder of its own."""

    def __init__(self, configuration: str, options: Sequence[str] = ()) -> None:
        """Prepare a run of `configuration`, a YAML text; `options` are of `softswitch run`."""
        self.folder = Path(tempfile.mkdtemp(prefix="softswitch-benchmark-"))
        self._configuration = self.folder / "switch.yaml"
        self._configuration.write_text(configuration)
        self._options = options
        self._log = (self.folder / "log").open("wb")
        self._process: psutil.Popen | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def _start(self) -> None:
        self._process = psutil.Popen(
            [
                *(sys.executable, "-c", COMMAND, "run"),
                *(*self._options, str(self._configuration)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            # Twice: a drain would wait for calls whose phones are gone already.
            self._process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_WITHIN)
            except psutil.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_WITHIN)
        self._log.close()
        if kind is None:
            shutil.rmtree(self.folder)
        else:
            sys.stderr.write(f"the server's log is in {self.folder / 'log'}\n")

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait_ready(self, address: tuple[str, int], within: float = START_WITHIN) -> None:
        """Ask OPTIONS until an answer comes, as a phone does that looks for its server."""
        deadline = time.monotonic() + within
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            probe.settimeout(0.1)
            here = "{}:{}".format(*probe.getsockname())
            for attempt in itertools.count():
                request = (
                    f"OPTIONS sip:{address[0]}:{address[1]} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP {here};branch=z9hG4bKprobe{attempt};rport\r\n"
                    f"From: <sip:probe@{here}>;tag=p\r\nTo: <sip:{address[0]}>\r\n"
                    f"Call-ID: probe{attempt}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n"
                    "Content-Length: 0\r\n\r\n"
                )
                try:
                    probe.sendto(request.encode(), address)
                    probe.recv(4096)
                    return
                except OSError:
                    if not self.alive() or time.monotonic() > deadline:
                        raise RuntimeError(f"the switch did not start:\n{self.log()}") from None

    def kill(self) -> None:
        """End the daemon and its workers as a power cut would."""
        for process in self.tree():
            process.kill()
        assert self._process is not None
        self._process.wait(STOP_WITHIN)

    def restart(self) -> None:
        """Start again on the same configuration and state."""
        self._start()

    def stop(self) -> None:
        """End it as an operator would, so that it writes what it has put off."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_WITHIN)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def tree(self) -> list[psutil.Process]:
        assert self._process is not None
        return [self._process, *self._process.children(recursive=True)]

    def cpu(self) -> float:
        """Return the CPU seconds, user and system, of all the server's processes so far."""
        return sum(cpu_of(process.pid) for process in self.tree())

    def daemon_cpu(self) -> float:
        """Return the CPU seconds of the first process alone, which does the signalling."""
        return cpu_of(self.tree()[0].pid)

    def daemon_rss_kib(self) -> int:
        """Return the memory of the first process alone."""
        return int(self.tree()[0].memory_info().rss) // 1024

    def rss_kib(self) -> int:
        return sum(p.memory_info().rss for p in self.tree()) // 1024


def rss_kib_of(pid: int) -> int:
    """Return the memory of a process."""
    return int(psutil.Process(pid).memory_info().rss) // 1024


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and its threads, to the nanosecond.

    /proc counts them in hundredths. This is the clock that clock_getcpuclockid(3) names on Linux.
    """
    return time.clock_gettime(~pid << 3 | 2)
