"""Sockets of generators."""

import os
from pathlib import Path

import pytest

from benchmarks.wire import udp_socket


def open_files() -> int:
    return len(os.listdir(Path("/proc/self/fd")))


def test_a_port_that_is_taken_costs_no_socket() -> None:
    with udp_socket() as taken:
        before = open_files()
        with pytest.raises(OSError, match="in use") as raised:
            udp_socket(port=taken.getsockname()[1])
        assert raised.value.errno is not None
        assert open_files() == before
