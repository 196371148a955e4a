"""The worker's end of the control socket."""

from collections.abc import Iterator
from socket import socket, socketpair

import pytest

from media.control import Close, Command, Lease, Leased
from media.server import ControlServer
from media.wire import encode, event_reader

Ends = tuple[ControlServer, socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = socketpair()
    server = ControlServer(ours)
    yield server, theirs
    theirs.close()
    server.close()


def test_commands_are_read_as_they_come(ends: Ends) -> None:
    server, switch = ends
    assert server.receive() == []
    first: list[Command] = [Lease(1), Close(2)]
    data = encode(first)
    switch.sendall(data[:5])
    assert server.receive() == []
    switch.sendall(data[5:] + encode([Lease(3)]))
    assert server.receive() == [Lease(1), Close(2), Lease(3)]
    assert server.is_open


def test_events_are_written(ends: Ends) -> None:
    server, switch = ends
    server.send([Leased((10000, 10002))])
    assert event_reader().receive(switch.recv(1000)) == [Leased((10000, 10002))]
    assert not server.has_unsent


def test_the_last_commands_of_a_switch_that_has_gone_are_read(ends: Ends) -> None:
    server, switch = ends
    switch.sendall(encode([Close(2)]))
    switch.close()
    commands = server.receive() + server.receive()
    assert commands == [Close(2)]
    assert not server.is_open


def test_who_speaks_something_else_is_no_switch(ends: Ends) -> None:
    server, switch = ends
    switch.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert server.receive() == []
    assert not server.is_open


def test_a_switch_that_does_not_read_is_not_waited_for(ends: Ends) -> None:
    server, switch = ends
    event = Leased(tuple(range(20_000)))
    for _ in range(50):
        server.send([event])
    assert server.has_unsent
    reader, got = event_reader(), 0
    while got < 50:
        got += len(reader.receive(switch.recv(1 << 20)))
        server.send([])
    assert not server.has_unsent
    assert server.is_open


def test_a_switch_that_never_reads_is_given_up(ends: Ends) -> None:
    server, _ = ends
    event = Leased(tuple(range(1_000_000)))
    for _ in range(30):
        server.send([event])
    assert not server.is_open
