"""Runs sipp, Debian's SIP traffic generator, on scenarios of ours."""

import re
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.daemon import LOOK, Daemon
from tests.support.ports import free_port

SCENARIOS = Path(__file__).parents[1] / "interop" / "sipp"
WITHIN = 20
"""Seconds after which a run has failed."""

PASSWORD = "long-enough"
NOTHING: Mapping[str, str] = {}


class Sipp:
    """One program playing one scenario against the switch."""

    def __init__(
        self,
        scenario: str,
        server: str,
        folder: Path,
        *fields: str,
        port: int | None = None,
        calls: int = 1,
        rate: int = 10,
        transport: str = "u1",
        status: int = 0,
        counts_copies: bool = False,
        challenge: int = 401,
        dialog: str = "",
        within: int = WITHIN,
    ) -> None:
        """Start at once.

        fields          what the scenario names [field0], [field1] and so on
        rate            calls per second
        status          what the scenario names STATUS: sipp takes no field there
        counts_copies   a message that comes again is one more for the scenario
        challenge       how the switch asks for a password; a proxy does with 407
        dialog          what the scenario names DIALOG: semicolons part fields
        within          seconds after which it has failed
        """
        self.scenario = scenario
        self._within = within
        self.port = free_port() if port is None else port
        self._folder = folder / f"{scenario}-{self.port}"
        self._folder.mkdir(parents=True, exist_ok=True)
        injected = self._folder / "fields.csv"
        injected.write_text("SEQUENTIAL\n" + ";".join(fields) + "\n")
        played = self._folder / f"{scenario}.xml"
        text = written_out((SCENARIOS / played.name).read_text())
        text = text.replace('"CHALLENGE"', f'"{challenge}"')
        text = text.replace("DIALOG", dialog)
        played.write_text(text.replace('"STATUS"', f'"{status}"'))
        media = free_port(4)  # sipp takes the pair after it too, for a picture
        self._process = subprocess.Popen(
            [
                "sipp",
                *("-sf", str(played), "-inf", str(injected)),
                *("-i", "127.0.0.1", "-p", str(self.port)),
                *("-mp", str(media), "-m", str(calls), "-r", str(rate), "-t", transport),
                *(("-nr",) if counts_copies else ()),
                *("-timeout", str(within), "-timeout_error", "-nostdin"),
                *("-trace_err", "-trace_msg", server),
            ],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )

    def finish(self) -> None:
        """Wait for the end; fail with sipp's own account when it is not the scenario's."""
        try:
            status = self._process.wait(self._within + 10)
        finally:
            self.stop()
        assert status == 0, f"{self.scenario} ended with {status}\n{self.account()}"

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def dialog(self) -> str:
        """Wait until a caller has acknowledged the answer; return the Replaces of its call."""
        ack = self.wait_until_traced(r"^ACK (?:.*\n)+?CSeq: 2 ACK")[0]
        found = {
            name: re.findall(rf"^{name}: .*?([^ =]+)$", ack, re.MULTILINE)[-1].strip()
            for name in ("From", "To", "Call-ID")
        }
        return f"{found['Call-ID']};to-tag={found['To']};from-tag={found['From']}"

    def call_ids(self) -> set[str]:
        """Return the Call-ID of every message of this run."""
        return set(re.findall(r"^Call-ID: *(\S+)", self._traced(), re.MULTILINE))

    def wait_until_traced(self, pattern: str) -> re.Match[str]:
        """Wait for something in the messages of this run, lines of which end with a newline."""
        deadline = time.monotonic() + WITHIN
        while (found := re.search(pattern, self._traced(), re.MULTILINE)) is None:
            assert time.monotonic() < deadline, f"no {pattern}\n{self.account()}"
            assert self._process.poll() is None, f"{self.scenario} has ended\n{self.account()}"
            time.sleep(LOOK)
        return found

    def moment(self, begins: str) -> float:
        """Return when the first message that begins so was sent or received, in seconds."""
        pattern = rf"^-+ (\S+ \S+)$\n.*\n\n{begins}"
        found = re.search(pattern, self._traced(), re.MULTILINE)
        assert found is not None, f"no {begins}\n{self.account()}"
        return datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp()

    def account(self) -> str:
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(log.read_text(errors="replace")[-6000:] for log in logs)

    def _traced(self) -> str:
        logs = self._folder.glob("*_messages.log")
        return "\n".join(log.read_text(errors="replace") for log in logs)


def credentials(number: str, password: str) -> str:
    """Return the field by which sipp answers a challenge."""
    return f"[authentication username={number} password={password}]"


def register(number: str, password: str, server: str, folder: Path, *, port: int) -> None:
    """Register the address that a later scenario of the same port answers at."""
    Sipp("register", server, folder, number, credentials(number, password), port=port).finish()


class Desk:
    """Extension 101 and those whom it calls, all played by sipp at one listener.

    ports       of the phones of each extension: a binding takes the place of the one before
    challenge   how the listener asks a caller for a password
    """

    def __init__(
        self,
        daemon: Daemon,
        server: str,
        folder: Path,
        ports: Mapping[str, list[int]],
        challenge: int = 401,
    ) -> None:
        self.daemon = daemon
        self.server = server
        self.challenge = challenge
        self._folder = folder
        self._ports = ports
        self._running: list[Sipp] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in self._running:
            one.stop()

    def phone(
        self,
        scenario: str,
        number: str = "102",
        *fields: str,
        place: int = 0,
        behind: str = "",
        calls: int = 1,
        counts_copies: bool = False,
        within: int = WITHIN,
    ) -> Sipp:
        """Register a phone of an extension and let it play.

        place   its port among several
        behind  another listener than the desk's, where it registers
        """
        server, port = behind or self.server, self._ports[number][place]
        register(number, PASSWORD, server, self._folder, port=port)
        return self._run(
            Sipp(
                scenario,
                server,
                self._folder,
                *(number, *fields),
                port=port,
                calls=calls,
                counts_copies=counts_copies,
                within=within,
            )
        )

    def caller(
        self,
        scenario: str,
        to: str = "102",
        *,
        password: str = PASSWORD,
        challenge: int = 0,
        calls: int = 1,
        rate: int = 10,
        transport: str = "u1",
        status: int = 0,
        counts_copies: bool = False,
        is_registered: bool = False,
        dialog: str = "",
        within: int = WITHIN,
        by: str = "",
    ) -> Sipp:
        """Let 101 play; `by` is another listener than the desk's."""
        port = None
        if is_registered:
            port = self._ports["101"][0]
            register("101", PASSWORD, self.server, self._folder, port=port)
        return self._run(
            Sipp(
                scenario,
                by or self.server,
                self._folder,
                *("101", credentials("101", password), to),
                port=port,
                calls=calls,
                rate=rate,
                transport=transport,
                status=status,
                counts_copies=counts_copies,
                challenge=challenge or self.challenge,
                dialog=dialog,
                within=within,
            )
        )

    def finish(self) -> None:
        """Wait until all have played to the end, the callers first; fail with all that was said."""
        try:
            for one in reversed(self._running):
                one.finish()
        except AssertionError as error:
            for one in self._running:
                one.stop()
                error.add_note(f"{one.scenario}:\n{one.account()}")
            error.add_note(f"the switch:\n{self._heard_by_switch()}")
            raise

    def _run(self, sipp: Sipp) -> Sipp:
        self._running.append(sipp)
        return sipp

    def _heard_by_switch(self) -> str:
        """Return the lines of the switch's log that name a call of this desk."""
        ids = set().union(*(one.call_ids() for one in self._running))
        lines = self.daemon.log().splitlines()
        return "\n".join([line for line in lines if any(one in line for one in ids)][-40:])


def written_out(text: str, values: Mapping[str, str] = NOTHING) -> str:
    """Return a scenario with each `<part name="..."/>` replaced by the file of that name.

    Further attributes fill in what stands in braces there, such as {cseq}; {cseq=2} has a default.
    A line that holds nothing but braces is left out when they are empty; ` | ` begins a new line.
    Raises KeyError for braces that nobody fills in.
    """

    def value(braces: re.Match[str]) -> str:
        name, default = braces.groups()
        return values[name] if default is None else values.get(name, default)

    lines = []
    for line in text.splitlines():
        filled = _BRACES.sub(value, line)
        if filled.strip() or not line.strip():
            lines += filled.split(" | ")
    return _PART.sub(_part, "\n".join(lines))


def _part(element: re.Match[str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(element[0]))
    path = SCENARIOS / "parts" / f"{attributes.pop('name')}.xml"
    return written_out(path.read_text(), attributes)


_BRACES = re.compile(r"\{([a-z]+)(?:=([^{}]*))?\}")
_PART = re.compile(r' *<part(?: \w+="[^"]*")*/>')
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
