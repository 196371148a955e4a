"""A connection to the whole switch on which messages come in pieces, and several in one piece."""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.support.daemon import Daemon, employees

WITHIN = 10.0
"""Seconds for any answer."""

SESSION = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=\u0142\r\nt=0 0\r\n\r\nOPTIONS\r\n".encode()

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("split"), employees("101")) as daemon:
        yield daemon


class Line:
    """A connection of somebody who asks what the switch can, one question after the other."""

    def __init__(self, daemon: Daemon) -> None:
        self._socket = socket.create_connection(daemon.address, timeout=WITHIN)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host, self._port = self._socket.getsockname()
        self._heard = b""

    def question(self, number: int) -> bytes:
        head = (
            f"OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/TCP {self._host}:{self._port};branch=z9hG4bK{self._port}n{number}\r\n"
            f"From: <sip:101@127.0.0.1>;tag=one\r\nTo: <sip:127.0.0.1>\r\n"
            f"Call-ID: {self._port}\r\nCSeq: {number} OPTIONS\r\nMax-Forwards: 70\r\n"
            f"Content-Type: application/sdp\r\nContent-Length: {len(SESSION)}\r\n\r\n"
        )
        return head.encode() + SESSION

    def say(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answers(self, count: int) -> list[tuple[int, int]]:
        """Return status and CSeq of so many responses, which have no body."""
        found: list[tuple[int, int]] = []
        while len(found) < count:
            head, end, rest = self._heard.partition(b"\r\n\r\n")
            if not end:
                data = self._socket.recv(65536)
                assert data, "the switch has closed the connection"
                self._heard += data
                continue
            self._heard = rest
            said = re.search(rb"SIP/2.0 (\d+) .*\r\nCSeq: (\d+) ", head, re.DOTALL)
            assert said is not None, head
            found.append((int(said[1]), int(said[2])))
        return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def line(daemon: Daemon) -> Iterator[Line]:
    line = Line(daemon)
    yield line
    line.close()


@pytest.fixture
def beside(daemon: Daemon) -> Iterator[Line]:
    line = Line(daemon)
    yield line
    line.close()


def test_a_message_may_come_in_two_pieces_wherever_it_is_split(line: Line, beside: Line) -> None:
    """An answer on another connection between the two says that the first one was read."""
    for number in range(1, len(line.question(100))):
        question = line.question(number)
        line.say(question[:number])
        beside.say(beside.question(number))
        assert beside.answers(1) == [(200, number)]
        line.say(question[number:])
        assert line.answers(1) == [(200, number)]


def test_a_message_may_come_byte_by_byte(line: Line) -> None:
    for number in (1, 2):
        for byte in line.question(number):
            line.say(bytes([byte]))
    assert line.answers(2) == [(200, 1), (200, 2)]


def test_messages_may_come_in_one_piece(line: Line) -> None:
    line.say(b"\r\n".join(line.question(number) for number in range(1, 51)))
    assert sorted(line.answers(50)) == [(200, number) for number in range(1, 51)]
