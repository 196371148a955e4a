import pytest

from media.net import AddressBook, Batch, Buffer, Datagram, SimulatedBackend


@pytest.fixture
def book() -> AddressBook:
    return AddressBook()


@pytest.fixture
def backend(book: AddressBook) -> SimulatedBackend:
    return SimulatedBackend(book, occupied=frozenset({5004}))


def test_what_is_delivered_is_taken_once(backend: SimulatedBackend, book: AddressBook) -> None:
    backend.bind(3, 5000)
    assert backend.deliver(5001, b"hello", ("10.0.0.1", 9))
    assert backend.waiting
    batch = backend.wait(None)
    assert batch.packets() == [b"hello"]
    assert batch.channel.tolist() == [7]
    assert batch.peer.tolist() == [book.key("10.0.0.1", 9)]
    assert len(backend.wait(None)) == 0


def test_nobody_listens_on_an_unbound_port(backend: SimulatedBackend) -> None:
    backend.bind(0, 5000)
    backend.unbind(0)
    assert not backend.deliver(5000, b"hello", ("10.0.0.1", 9))


def test_what_is_sent_is_collected_once(backend: SimulatedBackend, book: AddressBook) -> None:
    backend.bind(0, 5000)
    buffer = Buffer(1)
    buffer.views[0][:2] = b"hi"
    backend.send(Batch.of(buffer, [2], [1], [book.key("10.0.0.1", 9)]))
    assert backend.collect() == [Datagram(5001, b"hi", ("10.0.0.1", 9))]
    assert backend.collect() == []


def test_an_occupied_port_is_refused(backend: SimulatedBackend) -> None:
    with pytest.raises(OSError, match="in use"):
        backend.bind(0, 5004)
