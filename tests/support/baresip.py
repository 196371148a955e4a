"""A baresip phone without a screen: audio from and to files, driven over its control port."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.ports import free_port

WITHIN = 10.0
"""Seconds in which anything that is waited for must happen."""

TAKE_LEAVE = 2.0
"""Seconds that it has to end when it is asked to."""

LOOK = 0.02
"""Seconds between two looks at a file that grows."""

LOOK_CLOSELY = 0.004
"""The same where what a phone says at a moment is compared with what it hears."""

HEADER = 44
"""Octets of a WAV file before its samples."""

MODULES = "/usr/lib/baresip/modules"

CODECS = {"PCMU": (8000, 1), "PCMA": (8000, 1), "G722": (16000, 1), "opus": (48000, 2)}
"""Samples a second and channels, by which baresip names its codecs."""


class Baresip:
    """One registered phone. What it hears is written below its folder.

    certificate  what it shows by TLS, with the key in the same file. It takes whatever certificate
                 the switch shows: this version checks none.
    srtp         how it encrypts speech: `srtp` if the other side can, `srtp-mand` always, or not
    """

    def __init__(
        self,
        folder: Path,
        number: str,
        password: str,
        server: str,
        *,
        speaks: Path,
        answers: bool = True,
        transport: str = "udp",
        codec: str = "PCMU",
        certificate: Path | None = None,
        srtp: str = "",
    ) -> None:
        self._folder = folder
        self.rate, channels = CODECS[codec]
        """Samples a second of what it says and hears."""

        self._frame = 2 * channels
        self._control_port = free_port()
        self.events: list[dict[str, Any]] = []
        self._pending = b""
        folder.mkdir(parents=True)
        (folder / "heard").mkdir()
        self.port = free_port()
        """Of UDP and TCP; by TLS it is the next."""
        rtp = free_port()
        (folder / "config").write_text(
            f"""
sip_listen 127.0.0.1:{self.port}
audio_player aubridge,{number}
audio_source aufile,{speaks}
audio_alert aubridge,alert
module_path {MODULES}
module g711.so
module g722.so
module opus.so
module aufile.so
module aubridge.so
module sndfile.so
{"module srtp.so" if srtp else ""}
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{self._control_port}
snd_path {folder / "heard"}
net_interface 127.0.0.1
rtp_ports {rtp}-{rtp + 1}
{f"sip_certificate {certificate}" if certificate else ""}
"""
        )
        (folder / "accounts").write_text(
            f"<sip:{number}@{server};transport={transport}>;auth_pass={password};regint=60"
            f";answermode={'auto' if answers else 'manual'}"
            f";audio_codecs={codec}/{self.rate}/{channels}"
            f"{f';mediaenc={srtp}' if srtp else ''}\n"
        )

    def __enter__(self) -> Self:
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["baresip", "-4", "-f", str(self._folder), "-t", "120"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"HOME": str(self._folder)},
        )
        deadline = time.monotonic() + WITHIN
        while True:
            try:
                self._control = socket.create_connection(("127.0.0.1", self._control_port), 1.0)
                break
            except OSError:
                assert time.monotonic() < deadline, self.log()
                self._process.poll()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control.close()
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            # After the first it unregisters, which it can't where it is not let in.
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(TAKE_LEAVE)
                break
        self._process.wait(WITHIN)
        self._log.close()

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def command(self, name: str, parameters: str = "") -> None:
        text = json.dumps({"command": name, "params": parameters}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def dial(self, uri: str) -> None:
        self.command("dial", uri)

    def press(self, key: str) -> None:
        self.command("sndcode", key)

    def hang_up(self) -> None:
        self.command("hangup")

    def hold(self) -> None:
        self.command("hold")

    def resume(self) -> None:
        self.command("resume")

    def transfer(self, to: str) -> None:
        """Ask the switch to connect the peer with somebody else, and do not ask them first."""
        self.command("transfer", to)

    def wait_for(self, kind: str, *, within: float = WITHIN) -> dict[str, Any]:
        """Return the next event of this type; those before it are consumed."""
        deadline = time.monotonic() + within
        while True:
            while self.events:
                event = self.events.pop(0)
                if event.get("type") == kind:
                    return event
            left = deadline - time.monotonic()
            assert left > 0, f"no {kind} within {within} s\n{self.log()}"
            self._control.settimeout(left)
            try:
                self._receive()
            except TimeoutError:
                continue

    def _receive(self) -> None:
        """Take netstrings from the control connection."""
        data = self._control.recv(65536)
        assert data, f"baresip has ended\n{self.log()}"
        self._pending += data
        while b":" in self._pending:
            length, _, rest = self._pending.partition(b":")
            if len(rest) <= int(length):
                return
            self.events.append(json.loads(rest[: int(length)]))
            self._pending = rest[int(length) + 1 :]

    def wait_until_registered(self, *, within: float = WITHIN) -> None:
        """Wait for the log's word: the event may come before there is a control connection."""
        self._wait_until(lambda: "200 OK" in self.log(), within, "not registered")

    def wait_until_heard(self, seconds: float, *, within: float = WITHIN) -> None:
        """Wait until it has decoded so many seconds of its latest call."""
        self._wait_until(lambda: self._decoded() >= seconds, within, f"{seconds} s not heard")

    def said_by_the_last_sound(self, pause: float, *, within: float = WITHIN) -> int:
        """Wait until nothing has come for `pause` seconds; return how many samples had been
        encoded when the last came. The two dumps have no time in common but this: that of what is
        heard leaves out where nothing came."""
        said = heard = 0
        since = time.monotonic()

        def is_over() -> bool:
            nonlocal said, heard, since
            now_said, now_heard = self._samples("enc"), self._samples("dec")
            if now_heard != heard:
                said, heard, since = now_said, now_heard, time.monotonic()
            return time.monotonic() - since >= pause

        self._wait_until(is_over, within, "sound goes on", look=LOOK_CLOSELY)
        return said

    def _wait_until(
        self, happened: Callable[[], bool], within: float, otherwise: str, look: float = LOOK
    ) -> None:
        deadline = time.monotonic() + within
        while not happened():
            assert time.monotonic() < deadline, f"{otherwise} within {within} s\n{self.log()}"
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(look)
                raise AssertionError(f"baresip has ended with {code}\n{self.log()}")

    def _decoded(self) -> float:
        return self._samples("dec") / self.rate

    def _samples(self, kind: str) -> int:
        files = self._dumps(kind)
        return max(0, files[-1].stat().st_size - HEADER) // self._frame if files else 0

    def heard(self) -> Path:
        """Return the file of what this phone has decoded in its latest call."""
        return self._dump("dec")

    def said(self) -> Path:
        """Return the file of what this phone has encoded in its latest call."""
        return self._dump("enc")

    def _dump(self, kind: str) -> Path:
        files = self._dumps(kind)
        assert files, f"{self._folder.name} has heard nothing\n{self.log()}"
        return files[-1]

    def _dumps(self, kind: str) -> list[Path]:
        return sorted((self._folder / "heard").glob(f"*-{kind}.wav"))
