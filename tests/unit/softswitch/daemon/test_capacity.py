from pathlib import Path

import pytest

from softswitch.configuration.settings import Limits, Settings
from softswitch.daemon.capacity import shortages

PLENTY = 100_000


def settings(calls: int, ports: tuple[int, int] = (10_000, 20_000)) -> Settings:
    return Settings((), ports, "office", Path("/state"), Limits(calls=calls), {})


def test_the_usual_settings_are_met() -> None:
    assert list(shortages(settings(calls=1000), 1, 4096 * 2)) == []


def test_too_few_ports_for_the_calls_are_told() -> None:
    [words] = shortages(settings(100, (10_000, 10_199)), 1, PLENTY)
    assert "10000-10199" in words
    assert "50 calls" in words
    assert "security.calls allows 100" in words


def test_too_few_files_for_the_calls_are_told() -> None:
    [words] = shortages(settings(calls=1000), 1, 1024)
    assert "1024 files" in words
    assert "224 calls" in words
    assert "security.calls allows 1000" in words


def test_workers_have_their_files_each() -> None:
    assert list(shortages(settings(calls=400), 2, 1024)) == []


@pytest.mark.parametrize("descriptors", [0, 100])
def test_hardly_any_files_are_enough_for_no_call(descriptors: int) -> None:
    [words] = shortages(settings(calls=10), 1, descriptors)
    assert "0 calls" in words
