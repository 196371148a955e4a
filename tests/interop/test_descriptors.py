"""Ports are leased only as far as files can still be opened beside them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from media.descriptors import RESERVE
from tests.support.ports import rtp_ports

pytestmark = pytest.mark.interop

LIMIT = 200
"""Files that the engine of this module may open."""


class Engine:
    """An engine with few descriptors, in a process of its own, steered by JSON lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout

    def do(self, **command: object) -> None:
        self._stdin.write(json.dumps(command) + "\n")
        self._stdin.flush()

    def said(self, kind: str) -> dict[str, object]:
        event: dict[str, object] = json.loads(self._stdout.readline())
        if event["type"] == "Started":
            event = json.loads(self._stdout.readline())
        assert event["type"] == kind, event
        return event


@pytest.fixture
def engine() -> Iterator[Engine]:
    first, last = rtp_ports()
    process = subprocess.Popen(
        [
            *("sh", "-c", f'ulimit -n {LIMIT}; exec "$0" "$@"', sys.executable, "-m", "media"),
            *("--ports", f"{first}-{last}"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Engine(process)


def test_with_all_ports_leased_files_can_still_be_read_and_written(
    engine: Engine, tmp_path: Path
) -> None:
    engine.do(type="Lease", count=LIMIT)
    ports = engine.said("Leased")["ports"]
    assert isinstance(ports, list)
    assert 40 < len(ports) <= (LIMIT - RESERVE) / 2
    engine.do(type="Lease", count=1)
    assert "no more files" in str(engine.said("LeaseFailed")["reason"])
    for stream, port in enumerate(ports[:20]):
        path = str(tmp_path / f"{stream}.wav")
        engine.do(type="Open", stream=stream, port=port)
        engine.do(type="Record", stream=stream, path=path, token=1, maximum=60.0)
        engine.do(type="Close", stream=stream)
    for _ in ports[:20]:
        assert engine.said("Recorded").get("error", "") == ""
        engine.said("Closed")
