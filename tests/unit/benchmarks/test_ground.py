"""A ground over against a server that is one socket."""

import socket
import time
from collections.abc import Iterator

import pytest

from benchmarks.ground import Ground


class Across:
    """A server, and a ground that knows it."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(2.0)
        self.ground = Ground(self.socket.getsockname())

    def run(self, done: list[str], wanted: int) -> None:
        self.ground.run(time.monotonic() + 2.0, lambda: len(done) >= wanted)


@pytest.fixture
def across() -> Iterator[Across]:
    made = Across()
    yield made
    made.ground.close()
    made.socket.close()


def test_each_door_hears_what_is_sent_to_it(across: Across) -> None:
    heard: list[str] = []
    doors = [
        across.ground.open(lambda data, now, name=name: heard.append(f"{name} {data.decode()}"))  # type: ignore[misc]
        for name in ("first", "second")
    ]
    for door in doors:
        door.send(b"hello")
        assert across.socket.recvfrom(100) == (b"hello", (door.host, door.port))
        across.socket.sendto(door.name, (door.host, door.port))
    across.run(heard, 2)
    assert sorted(heard) == [f"first {doors[0].host}:{doors[0].port}",
                             f"second {doors[1].host}:{doors[1].port}"]  # fmt: skip


def test_actions_are_done_in_the_order_of_their_times(across: Across) -> None:
    done: list[str] = []
    now = time.monotonic()
    across.ground.at(now - 0.01, lambda name, _: done.append(name), "second")
    across.ground.at(now - 0.02, lambda name, _: done.append(name), "first")
    across.run(done, 2)
    assert done == ["first", "second"]
    assert (across.ground.actions, across.ground.late) == (2, 0)


def test_an_action_that_is_long_overdue_counts_as_late(across: Across) -> None:
    done: list[str] = []
    across.ground.at(time.monotonic() - 1.0, lambda name, _: done.append(name), "it")
    across.run(done, 1)
    assert across.ground.late == 1
