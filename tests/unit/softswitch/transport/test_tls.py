from pathlib import Path

import pytest

from softswitch.transport.certificates import client_context, server_context
from softswitch.transport.tls import TlsFailed, TlsSession
from tests.support.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


class Pair:
    """Both ends of a connection, without one between."""

    def __init__(self, authority: Authority, piece: int = 100_000) -> None:
        files = authority.files()
        self.client = TlsSession(client_context(files), "127.0.0.1")
        self.server = TlsSession(server_context(files))
        self._piece = piece

    def shake_hands(self) -> None:
        self.client.begin()
        while not (self.client.is_ready and self.server.is_ready):
            assert self.carry(self.client, self.server) == b""
            assert self.carry(self.server, self.client) == b""

    def carry(self, sender: TlsSession, receiver: TlsSession) -> bytes:
        """Return what `receiver` reads of all that `sender` has to send."""
        data = sender.taken()
        step = self._piece
        return b"".join(receiver.receive(data[i : i + step]) for i in range(0, len(data), step))


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_it_does_not_matter_how_the_bytes_are_cut(authority: Authority, piece: int) -> None:
    pair = Pair(authority, piece)
    pair.shake_hands()
    for text in (b"hello", bytes(range(256)) * 300):
        pair.client.encrypt(text)
        assert pair.carry(pair.client, pair.server) == text
        pair.server.encrypt(text)
        assert pair.carry(pair.server, pair.client) == text
    assert not pair.server.has_ended


def test_a_goodbye_is_the_end(authority: Authority) -> None:
    pair = Pair(authority)
    pair.shake_hands()
    pair.client.encrypt(b"last words")
    pair.client.end()
    assert pair.carry(pair.client, pair.server) == b"last words"
    assert pair.server.has_ended


def test_a_record_that_was_changed_on_its_way_ends_it(authority: Authority) -> None:
    pair = Pair(authority)
    pair.shake_hands()
    pair.carry(pair.server, pair.client)
    pair.client.encrypt(b"hello")
    data = bytearray(pair.client.taken())
    data[-1] ^= 1
    with pytest.raises(TlsFailed) as caught:
        pair.server.receive(bytes(data))
    assert caught.value.slug == "failed"
    assert pair.server.taken()  # an alert


def test_what_is_no_tls_is_named(authority: Authority) -> None:
    with pytest.raises(TlsFailed) as caught:
        Pair(authority).server.receive(b"REGISTER sip:office SIP/2.0\r\n\r\n")
    assert caught.value.slug == "not-tls"


def test_a_client_without_a_certificate_has_proven_nothing(authority: Authority) -> None:
    pair = Pair(authority)
    pair.shake_hands()
    assert pair.client.is_proven("")
    assert pair.client.is_proven("127.0.0.1")
    assert not pair.client.is_proven("other.example")
    assert not pair.server.is_proven("")
