"""Questions and orders to a running switch, over a Unix socket in its state directory.

One line of JSON is asked, and one is answered: what was asked for, or `{"error": ...}`. Who may
open the socket may ask; it is for the user that the switch runs as.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

SOCKET = "control.sock"
TIMEOUT = 5.0
"""Seconds that either side waits for the other."""

LONGEST = 65_536
"""Bytes of a question."""


class StatusWanted(Struct, frozen=True, tag_field="do", tag="status"):
    """How is the switch? A `Status` is answered."""


class BansWanted(Struct, frozen=True, tag_field="do", tag="bans"):
    """Who is not answered? A list of `BanInForce` is."""


class Unban(Struct, frozen=True, tag_field="do", tag="unban"):
    """Answer an address again. The bans that were lifted are answered."""

    address: str


Question = StatusWanted | BansWanted | Unban


class BanInForce(Struct, frozen=True):
    """An address that is not answered, because passwords were guessed there."""

    address: str
    """A host and port, or a host with all its ports."""

    since: float
    """Seconds for which it has been banned."""

    ends_in: float
    """Seconds."""

    times: int
    """How often it was banned of late."""

    user: str
    """In whose name the last password was guessed."""


class Misunderstood(Struct, frozen=True):
    error: str


Answers = Mapping[type, Callable[[Any], object]]
"""Who answers each type of question. What is returned becomes JSON."""

Answered = TypeVar("Answered")


class NotRunning(Exception):
    """No switch answers in this state directory."""

    def __init__(self, directory: Path, error: OSError) -> None:
        super().__init__(f"no switch answers in {directory}: {error.strerror or error}")


class NotUnderstood(Exception):
    """The switch there is of another version: it does not know the question, or answers oddly."""


_DECODER: Final[msgspec.json.Decoder[Question]] = msgspec.json.Decoder(Question)


class ControlServer:
    """Answers one question of each connection."""

    def __init__(self, directory: Path, answers: Answers) -> None:
        self._path = directory / SOCKET
        self._answers = answers
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError, such as for a path that is too long for a socket."""
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            os.fchmod(listening.fileno(), 0o600)  # before it can be found
            listening.bind(str(self._path))
            self._path.chmod(0o600)
            self._server = await asyncio.start_unix_server(
                self._serve, sock=listening, limit=LONGEST
            )
        except OSError:
            listening.close()
            raise

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError):  # who left wants no answer
            question = await asyncio.wait_for(self._question(reader), TIMEOUT)
            writer.write(msgspec.json.encode(self._answer(question)) + b"\n")
            await asyncio.wait_for(writer.drain(), TIMEOUT)
        writer.close()

    async def _question(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return b""

    def _answer(self, line: bytes) -> object:
        try:
            question = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Misunderstood(str(error))
        return self._answers[type(question)](question)


def ask(directory: Path, question: Question, answered: type[Answered]) -> Answered:
    """Return what the switch on the state `directory` answers.

    Raises NotRunning and NotUnderstood.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(TIMEOUT)
        try:
            client.connect(str(directory / SOCKET))
            client.sendall(msgspec.json.encode(question) + b"\n")
            parts = []
            while part := client.recv(65536):
                parts.append(part)
        except OSError as error:
            raise NotRunning(directory, error) from error
    try:
        return msgspec.json.decode(b"".join(parts), type=answered)
    except msgspec.DecodeError as error:
        raise NotUnderstood(f"the switch in {directory} is of another version: {error}") from error
