from dataclasses import replace
from pathlib import Path

import pytest

from softswitch.configuration.settings import Connections, Limits, Listener, Settings
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


def test_too_few_files_for_the_connections_are_told() -> None:
    listeners = tuple(Listener(transport, "::", 1) for transport in ("udp", "tcp", "tls"))
    few = Connections(most=2000)
    found = Settings(listeners, (10_000, 20_000), "office", Path("/state"), Limits(), {})
    assert list(shortages(replace(found, connections=few), 2, 4096)) == []
    [words] = shortages(replace(found, connections=few), 2, 4000)
    assert "4000 files" in words
    assert "4000 connections" in words
