"""What a running switch says about itself, over a Unix socket in its state directory."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from softswitch.daemon.listening import ListenerState

SOCKET = "status.sock"
TIMEOUT = 5.0
"""Seconds that either side waits for the other."""


class Registration(Struct, frozen=True):
    extension: str
    contact: str
    source: str
    """Transport, address and port that requests are sent to."""

    agent: str
    expires_in: float
    """Seconds."""


class CallInProgress(Struct, frozen=True):
    call: str
    """Its id."""

    caller: str
    dialled: str
    state: str
    """Where it is, such as `ring sales`, `talk 102`, `menu main`, or `ending`."""

    age: float
    """Seconds."""


class Worker(Struct, frozen=True):
    """One media worker."""

    process: int
    backend: str
    """How it reads and writes packets."""

    streams: int
    free_ports: int
    memory: int
    """Bytes that are resident; 0 when unknown."""


class Status(Struct, frozen=True):
    version: str
    process: int
    uptime: float
    """Seconds."""

    listeners: tuple[ListenerState, ...]
    media_address: str
    memory: int
    """Bytes of the switch's own process that are resident."""

    registrations: tuple[Registration, ...]
    calls: tuple[CallInProgress, ...]
    workers: tuple[Worker, ...]
    drops: dict[str, int]
    """What was discarded, by slug."""

    faults: dict[str, int]
    """Errors in the switch itself, by place."""

    waiting_writes: int
    """Items on their way to the disk."""


class NotRunning(Exception):
    """No switch answers in this state directory."""

    def __init__(self, directory: Path, error: OSError) -> None:
        super().__init__(f"no switch answers in {directory}: {error.strerror or error}")


class StatusServer:
    """Answers each connection with one line of JSON."""

    def __init__(self, directory: Path, status: Callable[[], Status]) -> None:
        self._path = directory / SOCKET
        self._status = status
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError, such as for a path that is too long for a socket."""
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(listening.fileno(), 0o600)  # before it can be found
            listening.bind(str(self._path))
            self._path.chmod(0o600)
            self._server = await asyncio.start_unix_server(self._answer, sock=listening)
        except OSError:
            listening.close()
            raise

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError):  # a reader that left wants no answer
            writer.write(msgspec.json.encode(self._status()) + b"\n")
            await asyncio.wait_for(writer.drain(), TIMEOUT)
        writer.close()


def ask(directory: Path) -> Status:
    """Return what the switch on the state `directory` says. Raises NotRunning."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(TIMEOUT)
        try:
            client.connect(str(directory / SOCKET))
            parts = []
            while part := client.recv(65536):
                parts.append(part)
        except OSError as error:
            raise NotRunning(directory, error) from error
    return msgspec.json.decode(b"".join(parts), type=Status)


def resident(process: int) -> int:
    """Return the bytes of memory that a process has; 0 when that cannot be found out."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
