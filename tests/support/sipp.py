"""Runs sipp, Debian's SIP traffic generator, on scenarios of ours."""

import subprocess
from pathlib import Path

from tests.support.ports import free_port

SCENARIOS = Path(__file__).parents[1] / "interop" / "sipp"
WITHIN = 30
"""Seconds after which a run has failed."""


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
    ) -> None:
        """Start at once.

        fields          what the scenario names [field0], [field1] and so on
        rate            calls per second
        status          what the scenario names STATUS: sipp takes no field there
        counts_copies   a message that comes again is one more for the scenario
        challenge       how the switch asks for a password; a proxy does with 407
        """
        self.scenario = scenario
        self.port = free_port() if port is None else port
        self._folder = folder / f"{scenario}-{self.port}"
        self._folder.mkdir(parents=True, exist_ok=True)
        injected = self._folder / "fields.csv"
        injected.write_text("SEQUENTIAL\n" + ";".join(fields) + "\n")
        played = self._folder / f"{scenario}.xml"
        text = (SCENARIOS / played.name).read_text()
        text = text.replace('"401"', f'"{challenge}"')
        played.write_text(text.replace('"STATUS"', f'"{status}"'))
        media, _ = free_port(), free_port()  # sipp takes the pair after it too, for a picture
        self._process = subprocess.Popen(
            [
                "sipp",
                *("-sf", str(played), "-inf", str(injected)),
                *("-i", "127.0.0.1", "-p", str(self.port)),
                *("-mp", str(media), "-m", str(calls), "-r", str(rate), "-t", transport),
                *(("-nr",) if counts_copies else ()),
                *("-timeout", str(WITHIN), "-timeout_error", "-nostdin"),
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
            status = self._process.wait(WITHIN + 10)
        finally:
            self.stop()
        assert status == 0, f"{self.scenario} ended with {status}\n{self._account()}"

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _account(self) -> str:
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(log.read_text(errors="replace")[-6000:] for log in logs)


def credentials(number: str, password: str) -> str:
    """Return the field by which sipp answers a challenge."""
    return f"[authentication username={number} password={password}]"


def register(number: str, password: str, server: str, folder: Path, *, port: int) -> None:
    """Register the address that a later scenario of the same port answers at."""
    Sipp("register", server, folder, number, credentials(number, password), port=port).finish()
