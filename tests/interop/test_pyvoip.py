"""pyVoIP against the real daemon. It is GPL, and imports what warns: a program of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import numpy as np
import pytest

from softswitch.phone.events import Connected, HungUp, Incoming
from tests.support.audio import Samples, frequency, level_db, read_wav, sounding
from tests.support.daemon import Daemon, employees, run
from tests.support.ports import free_port
from tests.support.socket_phone import SocketPhone

PROGRAM = Path(__file__).with_name("pyvoip_phone.py")
WITHIN = 30.0
"""Seconds in which anything that is waited for must happen."""

TONE = 500.0
TAIL = 8000
"""Samples at the end of what is heard: a second."""


pytestmark = [pytest.mark.interop, pytest.mark.slow]


class PyVoip:
    """One program that registers, and then calls or waits to be called."""

    def __init__(self, daemon: Daemon, folder: Path, number: str, *what: str) -> None:
        self._heard = folder / "heard.raw"
        rtp, *_ = [free_port() for _ in range(11)]
        host, port = daemon.address
        addresses = (host, str(port), number, "long-enough", str(free_port()), str(rtp))
        self._errors = (folder / "errors").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *addresses, str(self._heard), *what],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._words: Queue[str] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def wait_for(self, word: str) -> None:
        """Wait for the next word that it says, which must be this one."""
        try:
            said = self._words.get(timeout=WITHIN)
        except Empty:
            said = "nothing"
        assert said == word, Path(self._errors.name).read_text()

    def heard(self) -> Samples:
        """Return what it has heard from the first sound on."""
        octets = np.frombuffer(self._heard.read_bytes(), np.uint8)
        return sounding((octets.astype(np.float64) - 128) / 128)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._words.put(line.strip())
        self._words.put("no more")


MakePhone = Callable[..., PyVoip]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("pyvoip"), employees("101", "102")) as daemon:
        yield daemon


@pytest.fixture
def make_phone(daemon: Daemon, tmp_path: Path) -> Iterator[MakePhone]:
    with ExitStack() as stack:

        def make(number: str, *what: str) -> PyVoip:
            phone = PyVoip(daemon, tmp_path, number, *what)
            stack.callback(phone.close)
            return phone

        yield make


def test_it_hears_its_own_echo(make_phone: MakePhone) -> None:
    phone = make_phone("101", "call", "*43")
    phone.wait_for("registered")
    phone.wait_for("answered")
    phone.wait_for("ended")
    assert frequency(phone.heard()[-TAIL:]) == pytest.approx(TONE, abs=2.0)


async def test_it_calls_and_hangs_up(daemon: Daemon, make_phone: MakePhone) -> None:
    async with await SocketPhone("102", answers=0.2).open(daemon.address) as bob:
        await bob.register()
        phone = make_phone("101", "call", "102")
        assert (await bob.wait_for(Incoming)).caller == "101"
        await bob.wait_for(Connected)
        await bob.wait_for(HungUp)
        for word in ("registered", "answered", "ended"):
            phone.wait_for(word)
        assert bob.complaints == []
        await bob.unregister()


def test_it_is_called_and_heard(daemon: Daemon, make_phone: MakePhone, tmp_path: Path) -> None:
    phone = make_phone("102", "answer")
    phone.wait_for("registered")
    heard = tmp_path / "heard.wav"
    result = run(
        *("call", "--as", "101", "--to", "102", "--config", str(daemon.config)),
        *("--record", str(heard), "--duration", "3"),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    phone.wait_for("answered")
    phone.wait_for("ended")
    sound = sounding(read_wav(heard))[-TAIL:]
    # What it calls A-law is µ-law: the tone is not the same, but it is there.
    assert len(sound) == TAIL
    assert level_db(sound) > -30.0
