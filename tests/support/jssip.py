"""A web page's phone: JsSIP in node, told what to do by lines of JSON."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from media.codecs import g711
from tests.support.audio import Samples

FOLDER = Path(__file__).parents[1] / "interop" / "jssip"
WITHIN = 15.0
"""Seconds in which anything that is waited for must happen."""

Event = dict[str, Any]


def missing() -> str:
    """Return what keeps a page from working here, or nothing."""
    if not _node():
        return "node is not installed: .ci/pages installs it"
    if not (FOLDER / "node_modules" / "jssip").is_dir():
        return "JsSIP is not installed: .ci/pages installs it"
    return ""


def _node() -> str:
    """Return the program: that which was installed beside Python where the system has none."""
    beside = Path(sys.executable).with_name("node")
    return str(beside) if beside.exists() else shutil.which("node") or ""


class Page:
    """One page that is open.

    authority  whose certificates it believes beside those that everybody believes
    answers    whoever calls is answered at once
    hertz      the tone that it says
    soon       seconds after which it does what it wants to do much later
    settings   of JsSIP
    """

    def __init__(
        self,
        folder: Path,
        number: str,
        url: str,
        *,
        password: str = "long-enough",
        authority: Path | None = None,
        answers: bool = False,
        hertz: float | None = None,
        soon: float | None = None,
        **settings: object,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.events: list[Event] = []
        self._heard = folder / f"{number}.ulaw"
        self._log = folder / f"{number}.log"
        self._told: dict[str, object] = {
            "url": url,
            "number": number,
            "password": password,
            "answers": answers,
            "heard": str(self._heard),
            "settings": settings,
        }
        if hertz is not None:
            self._told["hertz"] = hertz
        if soon is not None:
            self._told["soon"] = soon
        self._environment = dict(os.environ)
        if authority is not None:
            self._environment["NODE_EXTRA_CA_CERTS"] = str(authority)
        self._seen = 0
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(_node(), "phone.mjs", json.dumps(self._told)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=FOLDER,
                env=self._environment,
            )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the page: it says nothing more to the switch."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), WITHIN)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    def tell(self, wish: str, **how: object) -> None:
        """Tell it to `call`, `answer`, `hang_up` and so on, as `phone.mjs` names them."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"wish": wish, **how}).encode() + b"\n")

    async def wait_for(self, kind: str, *, within: float = WITHIN, **what: object) -> Event:
        """Return the next event of this kind with these properties; those before it are passed."""
        try:
            async with asyncio.timeout(within):
                while True:
                    while self._seen < len(self.events):
                        event = self.events[self._seen]
                        self._seen += 1
                        if event["event"] == kind and what.items() <= event.items():
                            return event
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(
                f"no {kind} {what} within {within} s; {self.events}\n{self._log.read_text()}"
            ) from None

    def count(self, kind: str, **what: object) -> int:
        """Return how many such events there were."""
        return sum(e["event"] == kind and what.items() <= e.items() for e in self.events)

    async def wait_until_heard(self, seconds: float) -> None:
        """Wait until it has heard so much in its latest call."""
        while (await self.wait_for("heard"))["seconds"] < seconds:
            pass

    def heard(self) -> Samples:
        """Return what it has heard in its latest call."""
        law = np.frombuffer(self._heard.read_bytes(), np.uint8)
        return np.asarray(g711.decode(law, g711.Law.PCMU), np.float64) / 32768

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.events.append(json.loads(line))
            self._news.set()
