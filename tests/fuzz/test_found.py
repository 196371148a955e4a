"""What has ever broken something is tried again; and the targets themselves are sound."""

import subprocess
import sys
from pathlib import Path

import pytest

from softswitch.calls.record import Cause, Disposition
from tests.fuzz import company_stories
from tests.fuzz.company import Company
from tests.fuzz.script import Script
from tests.fuzz.seeds import seeds, stories
from tests.fuzz.stage import Stage
from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
EVERY_CAUSE = set(Cause) - {
    *(Cause.TOO_MANY_CALLS, Cause.STOPPING, Cause.NO_PORTS, Cause.MAXIMUM_DURATION),
    *(Cause.SWITCH_FAILED, Cause.SWITCH_STOPPED),
}
"""That telephones and lost workers can bring about within a story."""

FOUND = sorted((HERE / "found").glob("*/*"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name[-12:]}")
def test_what_once_broke_something_breaks_nothing(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", ["message", "sdp", "rtp"])
def test_what_a_fuzzer_begins_with_breaks_nothing(target: str) -> None:
    for seed in seeds(target):
        TARGETS[target](seed)


def test_the_stories_lead_to_every_kind_of_answer() -> None:
    statuses: set[int] = set()
    for story in stories():
        assert Script.read(story.to_bytes()) == story
        stage = Stage()
        stage.play(story)
        statuses |= stage.statuses
    assert {100, 180, 183, 200, 202, 401, 407, 481, 486, 487, 489, 501} <= statuses


def test_the_stories_of_a_company_lead_to_every_kind_of_end() -> None:
    statuses: set[int] = set()
    ends: set[tuple[Cause, Disposition]] = set()
    for story in company_stories.stories():
        assert Script.read(story.to_bytes()) == story
        company = Company()
        company.play(story)
        statuses |= company.statuses
        ends |= {(one.cause, one.disposition) for one in company.accounts.records.values()}
    assert {100, 180, 183, 200, 202, 401, 403, 404, 480, 481, 486, 487, 488, 491, 503} <= statuses
    assert {cause for cause, _ in ends} >= EVERY_CAUSE
    assert {disposition for _, disposition in ends} == set(Disposition)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_some_seconds_of_looking_find_nothing(target: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="the extra `fuzz` is not installed", exc_type=ImportError)
    folders = ("--corpus", str(tmp_path / "corpus"), "--found", str(tmp_path / "found"))
    looked = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", target, "--seconds", "5", *folders],
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert looked.returncode == 0, looked.stderr[-4000:]
    assert "DONE" in looked.stderr
