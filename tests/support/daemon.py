"""The daemon as a user runs it: a process, a configuration and a state directory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from sqlalchemy import create_engine, select

from softswitch.calls.record import Record
from softswitch.daemon.control import NotRunning, StatusWanted, ask
from softswitch.daemon.status import Status, Worker
from softswitch.storage.mailbox import Message
from softswitch.storage.records import CALLS
from tests.support.ports import free_port, rtp_ports

START_WITHIN = 30.0
"""Seconds in which the switch must be up, or say why it is not."""

STOP_WITHIN = 30.0
HEADER = 44
"""Octets of a WAV file before its samples."""

AGAIN = 0.3
"""Seconds between one request to stop and the next."""

LOOK = 0.02
"""Seconds between two looks at what gives no sign when it happens."""

ROOT = Path(__file__).parents[2]

CLOCKS_APART = 0.05
"""Seconds between the daemon's idea of the time of day and ours, at most."""


class Daemon:
    """`softswitch run` on rules of the test's own.

    rules    the configuration without `network` and `state`
    options  of `softswitch run`
    more     listeners beside UDP and TCP
    network  further lines of that section
    whole    every listener has to work: another program may have taken a port since it was chosen
    """

    def __init__(
        self,
        folder: Path,
        rules: str,
        *options: str,
        port: int | None = None,
        more: Sequence[str] = (),
        network: str = "",
        whole: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.state = folder / "state"
        self.config = folder / "switch.yaml"
        self.address = ("127.0.0.1", free_port() if port is None else port)
        self.server = "{}:{}".format(*self.address)
        self._options = options
        self._whole = whole
        self._process: subprocess.Popen[bytes] | None = None
        first, last = rtp_ports()
        listeners = [f"udp {self.server}", f"tcp {self.server}", *more]
        self.config.write_text(
            f"{rules}\nstate: state\n"
            f"network:\n  listen: [{', '.join(listeners)}]\n  rtp: {first}-{last}\n{network}"
        )

    def __enter__(self) -> Self:
        self.begin()
        try:
            self.wait_until_up()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop at once: calls of phones that are gone already are not waited for."""
        try:
            self.stop_at_once()
        finally:
            self.kill()

    def begin(self) -> None:
        """Start the process, without waiting for anything."""
        with (self.folder / "out").open("ab") as out, (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*softswitch("run"), *self._options, str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                cwd=self.folder,
                env=environment(),
            )

    def restart(self) -> None:
        """Start again on the same configuration and state, and wait until it is up."""
        self.begin()
        self.wait_until_up()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + START_WITHIN
        while True:
            try:
                failed = [one for one in self.status().listeners if one.failure]
                assert not (failed and self._whole), failed
                return
            except NotRunning:
                code = self._ended_within(LOOK)
                assert code is None, f"the switch ended with {code}\n{self.log()}"
                assert time.monotonic() < deadline, f"the switch does not start\n{self.log()}"

    def stop_at_once(self) -> int:
        """Ask to stop until it does not wait any longer; return the exit code."""
        assert self._process is not None
        deadline = time.monotonic() + STOP_WITHIN
        while self.is_running:
            # Signals of one kind that nobody has taken yet are one: twice at once is not enough.
            self.signal(signal.SIGTERM)
            if self._ended_within(AGAIN) is None:
                assert time.monotonic() < deadline, f"the switch does not end\n{self.log()}"
        return self._process.returncode

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def halt(self, seconds: float) -> None:
        """Let it do nothing for a while, as on a machine that is far too busy."""
        self.signal(signal.SIGSTOP)
        code = self._ended_within(seconds)
        self.signal(signal.SIGCONT)
        assert code is None

    def wait(self, within: float = STOP_WITHIN) -> int:
        """Return the exit code."""
        code = self._ended_within(within)
        assert code is not None, f"the switch does not end\n{self.log()}"
        return code

    def kill(self) -> None:
        """End it as `kill -9` does. Its media workers are left to notice."""
        if self.is_running:
            self.signal(signal.SIGKILL)
            self.wait()

    def kill_everything(self) -> None:
        """End it and its media workers in the same moment, as a power cut does."""
        for worker in self.status().workers:
            os.kill(worker.process, signal.SIGKILL)
        self.kill()

    def status(self) -> Status:
        """Ask as `softswitch status` does. Raises NotRunning."""
        return ask(self.state, StatusWanted(), Status)

    def registered(self) -> set[str]:
        return {one.extension for one in self.status().registrations}

    def wait_until_registered(self, *extensions: str, within: float = 10.0) -> None:
        self._wait_until(lambda: self.registered() >= set(extensions), within, "not registered")

    def wait_until_unregistered(self, extension: str, within: float = 10.0) -> None:
        self._wait_until(lambda: extension not in self.registered(), within, "still registered")

    def wait_until_overloaded(self, *, is_over: bool = False, within: float = 15.0) -> None:
        """Wait until new calls are refused, or are not any more."""
        self._wait_until(
            lambda: (self.status().overloaded_for is None) is is_over, within, "no change of load"
        )

    def wait_until_alive(self, at: float, within: float = 10.0) -> None:
        """Wait until it is on the disk that the switch ran at a Unix time, with a call on."""
        alive = self.state / "alive"
        self._wait_until(lambda: alive.stat().st_mtime >= at, within, f"no sign of life at {at}")

    def wait_until_idle(self, within: float = 15.0) -> None:
        self._wait_until(
            lambda: not self.status().calls and self.status().waiting_writes == 0,
            within,
            "calls go on",
        )

    def wait_until_logged(self, text: str, within: float = 15.0, *, count: int = 1) -> None:
        self._wait_until(lambda: self.log().count(text) >= count, within, f"no {text}")

    def wait_for_another_worker(self, lost: int, within: float = 15.0) -> Worker:
        """Wait until a worker is ready in the place of the process `lost`, and return it."""

        def others() -> list[Worker]:
            workers = self.status().workers
            return [one for one in workers if one.process not in (0, lost) and one.free_ports]

        self._wait_until(lambda: bool(others()), within, "no other worker")
        return others()[0]

    def wait_for_messages(
        self, box: str, count: int, within: float = 15.0
    ) -> list[tuple[Path, Message]]:
        self._wait_until(lambda: len(self.messages(box)) >= count, within, "no message")
        return self.messages(box)

    def wait_for_recording(self, box: str, seconds: float, within: float = 20.0) -> Path:
        """Wait until a message of so many seconds is being written; return its partial file."""
        folder = self.state / "voicemail" / box

        def recordings() -> list[Path]:
            least = HEADER + 2 * 8000 * seconds
            return [one for one in folder.glob("*.part") if one.stat().st_size >= least]

        self._wait_until(lambda: bool(recordings()), within, "no recording")
        return recordings()[0]

    def messages(self, box: str) -> list[tuple[Path, Message]]:
        """Return what a reader of the directory finds: JSON files, and the sound beside each."""
        folder = self.state / "voicemail" / box
        return [
            (path.with_suffix(".wav"), msgspec.json.decode(path.read_bytes(), type=Message))
            for path in sorted(folder.glob("*.json"))
        ]

    def wait_for_records(
        self, count: int, *, since: float = 0.0, dialled: str = "", within: float = 10.0
    ) -> list[Record]:
        """Return the records of calls that began at Unix time `since` or later, `count` at least.

        dialled  of calls to that number alone; empty for all

        Records are written behind: those of calls before may come at any moment.
        """

        def found() -> list[Record]:
            return [one for one in self.records(since) if dialled in ("", one.dialled)]

        self._wait_until(lambda: len(found()) >= count, within, "no record")
        return found()

    def records(self, since: float = 0.0) -> list[Record]:
        """Return the records of calls that began at Unix time `since` or later, oldest first."""
        engine = create_engine(f"sqlite:///{self.state / 'state.db'}")
        try:
            with engine.connect() as connection:
                texts = connection.execute(select(CALLS.c.record).order_by(CALLS.c.start)).scalars()
                every = [msgspec.json.decode(text, type=Record) for text in texts]
                return [record for record in every if record.start >= since - CLOCKS_APART]
        finally:
            engine.dispose()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _wait_until(self, happened: Callable[[], bool], within: float, otherwise: str) -> None:
        deadline = time.monotonic() + within
        while not happened():
            assert self._ended_within(LOOK) is None, f"the switch has ended\n{self.log()}"
            assert time.monotonic() < deadline, f"{otherwise} within {within} s\n{self.log()}"

    def _ended_within(self, seconds: float) -> int | None:
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def softswitch(*arguments: str) -> list[str]:
    """Return the command line of a sub-command."""
    return [sys.executable, "-m", "softswitch.daemon", *arguments]


def environment() -> dict[str, str]:
    """Return the environment in which the program finds itself, wherever it is started."""
    return os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}


def run(
    *arguments: str, within: float = 60.0, folder: Path | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a sub-command to its end.

    typed  what it finds on its standard input
    """
    return subprocess.run(
        softswitch(*arguments),
        input=typed,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(),
        timeout=within,
        check=False,
    )


def employees(*extensions: str, password: str = "long-enough") -> str:
    """Return the rules of people with phones and nothing else."""
    return "employees:\n" + "".join(f"  {one}: {{password: {password}}}\n" for one in extensions)
