"""Time that a restart takes to know again who was registered, and the memory that it needs.

Real telephones register at a switch that is then stopped; each of their bindings is copied in its
database for further telephones of the same person, and the switch is started again.
"""

import re
import sqlite3
import time
from pathlib import Path

from benchmarks.enrolment import Enrolment
from benchmarks.ground import Ground
from benchmarks.office import configuration, extension, free_port
from benchmarks.outcome import Outcome
from benchmarks.row import REFERENCE_SPIN_MS, Finding, spin
from benchmarks.server import Server

PEOPLE = 10_000
TELEPHONES = 10
"""Of each person."""

RATE = 1000
WITHIN = 120.0
_TOLD = re.compile(r'"registrations":(\d+),"seconds":([\d.]+),.*"event":"restored"')


def measure() -> list[Finding]:
    """Return the seconds that the switch tells, and its growth by a binding, with what reading
    them has left in pieces. Raises RuntimeError."""
    port = free_port()
    address = ("127.0.0.1", port)
    with Server(configuration(port, PEOPLE)) as server:
        server.wait_ready(address, WITHIN)
        _register(address)
        server.stop()
        before = _restarted(server, address)
        server.stop()
        copy(server.folder / "state" / "state.db")
        after = _restarted(server, address)
        told = _TOLD.findall(server.log())
        if not told:
            raise RuntimeError("the switch does not say what it has restored")
    count, seconds = int(told[-1][0]), float(told[-1][1])
    wanted = PEOPLE * TELEPHONES
    trouble = "" if count == wanted else f"{count} of {wanted} were restored"
    spin_ms = spin()
    grown = (after - before) / max(1, count - PEOPLE)
    return [
        Finding("restore", count, "binding", "seconds", seconds, trouble),
        Finding(
            "restore",
            count,
            "binding",
            "seconds at the reference",
            seconds * REFERENCE_SPIN_MS / spin_ms,
            trouble,
        ),
        Finding("restore", count, "binding", "KiB a binding", grown, trouble),
    ]


def _restarted(server: Server, address: tuple[str, int]) -> int:
    """Start again; return the memory of the signalling process, in KiB."""
    server.restart()
    server.wait_ready(address, WITHIN)
    time.sleep(1.0)  # the log is written a moment later
    return server.daemon_rss_kib()


def _register(address: tuple[str, int]) -> None:
    ground = Ground(address)
    enrolment = Enrolment(ground, address, Outcome())
    door = ground.open(enrolment.hear)
    try:
        enrolment.all([enrolment.add(extension(index), door) for index in range(PEOPLE)], RATE)
    finally:
        ground.close()


def copy(path: Path) -> None:
    """Give each person further telephones."""
    database = sqlite3.connect(path)
    try:
        columns = [row[1] for row in database.execute("PRAGMA table_info(bindings)")]
        names = ", ".join(columns)
        copied = ", ".join("contact || ';line=' || ?" if c == "contact" else c for c in columns)
        for line in range(1, TELEPHONES):
            database.execute(
                f"INSERT INTO bindings ({names}) SELECT {copied} FROM bindings "
                "WHERE contact NOT LIKE '%;line=%'",
                (line,),
            )
        database.commit()
    finally:
        database.close()
