"""The switch under test: a real daemon in its own processes, and its own accounting."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

START_WITHIN = 20.0
STOP_WITHIN = 20.0


class Server:
    """`softswitch run` on a configuration of the benchmark's own, in a folder of its own."""

    def __init__(self, configuration: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="softswitch-benchmark-"))
        self._configuration = self.folder / "switch.yaml"
        self._configuration.write_text(configuration)
        self._log = (self.folder / "log").open("wb")
        self._process: psutil.Popen | None = None

    def __enter__(self) -> Self:
        self._process = psutil.Popen(
            [sys.executable, "-m", "softswitch.daemon.command", "run", str(self._configuration)],
            stdout=subprocess.DEVNULL,
            stderr=self._log,
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

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def tree(self) -> list[psutil.Process]:
        assert self._process is not None
        return [self._process, *self._process.children(recursive=True)]

    def cpu(self) -> float:
        """Return the CPU seconds, user and system, of all the server's processes so far."""
        return sum(t.user + t.system for t in (p.cpu_times() for p in self.tree()))

    def rss_kib(self) -> int:
        return sum(p.memory_info().rss for p in self.tree()) // 1024
