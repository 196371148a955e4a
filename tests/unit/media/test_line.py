"""Bytes and descriptors arrive in their order, and none is left open."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from media.line import Line

Ends = tuple[Line, Line]


@pytest.fixture
def ends() -> Iterator[Ends]:
    here, there = (Line(one) for one in socket.socketpair())
    yield here, there
    here.close()
    there.close()


def pipe_end() -> tuple[int, int]:
    """Return the reading end of a pipe, and its writing end."""
    return os.pipe()


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_bytes_arrive(ends: Ends) -> None:
    here, there = ends
    here.put(b"one ", [])
    here.put(b"two", [])
    assert here.unsent == 7
    here.flush()
    assert here.unsent == 0
    assert there.receive() == b"one two"
    with pytest.raises(BlockingIOError):
        there.receive()


def test_a_descriptor_arrives_with_its_bytes_and_is_closed_here(ends: Ends) -> None:
    here, there = ends
    reading, writing = pipe_end()
    here.put(b"before ", [])
    here.put(b"with", [writing])
    here.put(b" after", [])
    here.flush()
    assert not is_open(writing)
    data = b""
    while data != b"before with after":
        data += there.receive()
    (came,) = there.take(1)
    os.write(came, b"through")
    assert os.read(reading, 100) == b"through"
    os.close(came)
    os.close(reading)


def test_descriptors_of_several_keep_their_order(ends: Ends) -> None:
    here, there = ends
    pipes = [pipe_end() for _ in range(3)]
    for _, writing in pipes:
        here.put(b"x", [writing])
    here.flush()
    data = b""
    while len(data) < 3:
        data += there.receive()
    for came, (reading, _) in zip(there.take(3), pipes, strict=True):
        os.write(came, b"mine")
        assert os.read(reading, 100) == b"mine"
        os.close(came)
        os.close(reading)


def test_more_than_came_cannot_be_taken(ends: Ends) -> None:
    with pytest.raises(ValueError, match="2 descriptors were promised, 0 came"):
        ends[1].take(2)


def test_what_was_neither_sent_nor_taken_is_closed() -> None:
    here, there = (Line(one) for one in socket.socketpair())
    (sent_reading, sent), (kept_reading, kept) = pipe_end(), pipe_end()
    here.put(b"sent", [sent])
    here.flush()
    there.receive()
    here.put(b"kept", [kept])
    here.close()
    there.close()
    assert os.read(sent_reading, 1) == b""  # nobody can write there any more
    assert os.read(kept_reading, 1) == b""
    os.close(sent_reading)
    os.close(kept_reading)


def test_who_does_not_read_is_not_waited_for(ends: Ends) -> None:
    here, there = ends
    reading, writing = pipe_end()
    here.put(b"x" * 10_000_000, [])
    here.put(b"end", [writing])
    with pytest.raises(BlockingIOError):
        here.flush()
    got = 0
    while here.unsent:
        got += len(there.receive())
        with suppress(BlockingIOError):
            here.flush()
    while got < 10_000_003:
        got += len(there.receive())
    for each in (reading, *there.take(1)):
        os.close(each)


def test_a_hang_up_is_heard(ends: Ends) -> None:
    here, there = ends
    here.close()
    assert there.receive() == b""
