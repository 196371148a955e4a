"""The ways to and from the network, each over loopback: they keep one contract."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pytest

from media.net import (
    CHOICES,
    AddressBook,
    Batch,
    Buffer,
    EpollBackend,
    SocketBackend,
    UringBackend,
    choose,
)
from media.net.batch import STRIDE
from media.net.ring import Ring
from tests.support.ports import free_port

pytestmark = pytest.mark.interop

PATIENCE: Final = 5.0
BACKENDS: Final[dict[str, Callable[[str, AddressBook, int], SocketBackend]]] = {
    "epoll": EpollBackend,
    "io_uring": UringBackend,
}


class MakeBackend(Protocol):
    def __call__(self, address: str = "127.0.0.1", capacity: int = 256) -> SocketBackend: ...


MakePhone = Callable[..., socket.socket]


@pytest.fixture
def book() -> AddressBook:
    return AddressBook(b"secret")


@pytest.fixture(params=sorted(BACKENDS))
def make(request: pytest.FixtureRequest, book: AddressBook) -> Iterator[MakeBackend]:
    made: list[SocketBackend] = []

    def maker(address: str = "127.0.0.1", capacity: int = 256) -> SocketBackend:
        try:
            made.append(BACKENDS[request.param](address, book, capacity))
        except OSError as error:
            pytest.skip(f"{error.strerror} here")
        return made[-1]

    yield maker
    for backend in made:
        backend.close()


@pytest.fixture
def phone() -> Iterator[MakePhone]:
    opened: list[socket.socket] = []

    def maker(host: str = "127.0.0.1") -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened.append(socket.socket(family, socket.SOCK_DGRAM))
        opened[-1].settimeout(PATIENCE)
        try:
            opened[-1].bind((host, 0))
        except OSError as error:
            pytest.skip(f"{host}: {error}")
        return opened[-1]

    yield maker
    for each in opened:
        each.close()


def gather(backend: SocketBackend, count: int) -> list[tuple[int, bytes, int]]:
    """Return channel, bytes and source of `count` packets."""
    came: list[tuple[int, bytes, int]] = []
    end = time.monotonic() + PATIENCE
    while len(came) < count and time.monotonic() < end:
        batch = backend.wait(end - time.monotonic())
        came += zip(batch.channel.tolist(), batch.packets(), batch.peer.tolist(), strict=True)
    return came


def batch_of(*packets: tuple[bytes, int, int]) -> Batch:
    """Return packets, each with its channel and its destination."""
    buffer = Buffer(len(packets))
    for slot, (data, _, _) in enumerate(packets):
        buffer.views[slot][: len(data)] = data
    return Batch.of(
        buffer,
        [len(data) for data, _, _ in packets],
        [channel for _, channel, _ in packets],
        [peer for _, _, peer in packets],
    )


def test_rtp_and_rtcp_come_with_their_channel_and_their_source(
    make: MakeBackend, phone: MakePhone, book: AddressBook
) -> None:
    backend, caller, port = make(), phone(), free_port()
    backend.bind(3, port)
    for k in range(3):
        caller.sendto(bytes([k]) * 20, ("127.0.0.1", port))
    caller.sendto(b"control", ("127.0.0.1", port + 1))
    source = book.key(*caller.getsockname())
    assert sorted(gather(backend, 4)) == [
        *((6, bytes([k]) * 20, source) for k in range(3)),
        (7, b"control", source),
    ]


def test_what_is_sent_leaves_by_its_own_port(
    make: MakeBackend, phone: MakePhone, book: AddressBook
) -> None:
    backend, one, two, port = make(), phone(), phone(), free_port()
    backend.bind(0, port)
    to_one, to_two = (book.key(*each.getsockname()) for each in (one, two))
    # One channel to two destinations in a batch, as when a phone has moved.
    backend.send(batch_of((b"a", 0, to_one), (b"bb", 0, to_two), (b"ccc", 1, to_one)))
    assert sorted(one.recvfrom(100) for _ in range(2)) == [
        (b"a", ("127.0.0.1", port)),
        (b"ccc", ("127.0.0.1", port + 1)),
    ]
    assert two.recvfrom(100) == (b"bb", ("127.0.0.1", port))
    assert backend.unsent == 0


def test_what_arrived_is_sent_on_from_where_it_lies(
    make: MakeBackend, phone: MakePhone, book: AddressBook
) -> None:
    backend, caller, port = make(), phone(), free_port(4)
    backend.bind(0, port)
    backend.bind(1, port + 2)
    back = np.uint64(book.key(*caller.getsockname()))
    for k in range(2000):  # the buffers go round more than once
        caller.sendto(k.to_bytes(4, "big") * 43, ("127.0.0.1", port))
        batch = backend.wait(PATIENCE)
        batch.buffer.words[batch.slot, 0] = np.uint32(k).byteswap()
        peers = np.full(len(batch), back)
        backend.send(Batch(batch.buffer, batch.slot, batch.length, batch.channel + 2, peers))
        assert caller.recvfrom(300) == (k.to_bytes(4, "big") * 43, ("127.0.0.1", port + 2))


def test_more_than_fits_a_batch_comes_in_the_next_ones(make: MakeBackend, phone: MakePhone) -> None:
    backend, caller, port = make(capacity=16), phone(), free_port(8)
    for row in range(4):
        backend.bind(row, port + 2 * row)
    sent = [(row, k) for k in range(25) for row in range(4)]
    for row, k in sent:
        caller.sendto(bytes((row, k)), ("127.0.0.1", port + 2 * row))
    came = [(data[0], data[1]) for _, data, _ in gather(backend, len(sent))]
    assert sorted(came) == sorted(sent)
    for row in range(4):
        assert [k for each, k in came if each == row] == list(range(25))
    caller.sendto(b"and on", ("127.0.0.1", port))
    assert [data for _, data, _ in gather(backend, 1)] == [b"and on"]


def test_a_packet_that_is_too_long_is_known_by_its_length(
    make: MakeBackend, phone: MakePhone
) -> None:
    backend, caller, port = make(), phone(), free_port()
    backend.bind(0, port)
    caller.sendto(bytes(STRIDE + 100), ("127.0.0.1", port))
    caller.sendto(b"", ("127.0.0.1", port))
    assert sorted(len(data) for _, data, _ in gather(backend, 2)) == [0, STRIDE]


def test_what_nobody_takes_is_counted(make: MakeBackend, book: AddressBook) -> None:
    backend, port = make(), free_port()
    backend.bind(0, port)
    nowhere, other_family = 0, book.key("::1", 5000)
    far = book.key("127.0.0.1", 9)
    backend.send(batch_of((b"a", 0, nowhere), (b"b", 0, other_family), (b"c", 99, far)))
    assert backend.unsent == 3


def test_a_phone_that_is_gone_breaks_nothing(
    make: MakeBackend, phone: MakePhone, book: AddressBook
) -> None:
    """Its machine answers with ICMP errors."""
    backend, caller, port = make(), phone(), free_port()
    gone = phone()
    nobody = book.key(*gone.getsockname())
    gone.close()
    backend.bind(0, port)
    for _ in range(3):
        backend.send(batch_of((b"x", 0, nobody)))
    caller.sendto(b"hello", ("127.0.0.1", port))
    assert [data for _, data, _ in gather(backend, 1)] == [b"hello"]


def test_a_wait_ends_when_woken_by_a_thread_and_at_its_timeout(make: MakeBackend) -> None:
    backend = make()
    for _ in range(3):
        waker = threading.Thread(target=backend.wake)
        waker.start()
        assert len(backend.wait(None)) == 0
        waker.join()
    while len(backend.wait(0.0)):  # what is left of the wakes
        pass
    began = time.monotonic()
    backend.wait(0.02)
    assert len(backend.wait(0.02)) == 0
    assert time.monotonic() > began


def test_a_watched_descriptor_ends_each_wait_until_it_is_read(make: MakeBackend) -> None:
    backend = make()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        backend.watch(ours.fileno())
        assert len(backend.wait(0.0)) == 0
        theirs.send(b"one")
        for _ in range(2):
            backend.wait(PATIENCE)
            assert backend.ready() == [ours.fileno()]
        ours.recv(10)
        theirs.send(b"two")
        for _ in range(2):  # the first may still be of before
            backend.wait(PATIENCE)
        assert backend.ready() == [ours.fileno()]


def test_its_descriptor_is_readable_when_something_has_come(
    make: MakeBackend, phone: MakePhone
) -> None:
    backend, caller, port = make(), phone(), free_port()
    backend.bind(0, port)
    outer = EpollBackend("127.0.0.1", AddressBook())
    try:
        assert len(backend.wait(0.0)) == 0
        outer.watch(backend.fileno())
        caller.sendto(b"hello", ("127.0.0.1", port))
        outer.wait(PATIENCE)
        assert outer.ready() == [backend.fileno()]
        assert backend.wait(0.0).packets() == [b"hello"]
    finally:
        outer.close()


def test_a_port_is_free_once_it_is_unbound(make: MakeBackend, phone: MakePhone) -> None:
    backend, caller, port = make(), phone(), free_port()
    for k in range(3):
        backend.bind(0, port)
        caller.sendto(b"late", ("127.0.0.1", port))
        backend.unbind(0)
        for each in (port, port + 1):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", each))
        backend.bind(1, port)
        caller.sendto(bytes([k]), ("127.0.0.1", port))
        assert [(channel, data) for channel, data, _ in gather(backend, 1)] == [(2, bytes([k]))]
        backend.unbind(1)


def test_a_pair_of_which_one_is_taken_is_not_bound(make: MakeBackend) -> None:
    backend, port = make(), free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port + 1))
        with pytest.raises(OSError, match="in use"):
            backend.bind(0, port)
    backend.bind(0, port)


def test_many_ports_are_heard(make: MakeBackend, phone: MakePhone) -> None:
    backend, caller, port = make(), phone(), free_port(600)
    for row in range(300):
        backend.bind(row, port + 2 * row)
    for row in range(300):
        caller.sendto(row.to_bytes(2, "big"), ("127.0.0.1", port + 2 * row + row % 2))
    came = {(channel, data) for channel, data, _ in gather(backend, 300)}
    assert came == {(2 * row + row % 2, row.to_bytes(2, "big")) for row in range(300)}


def test_everything_is_given_back(book: AddressBook, phone: MakePhone) -> None:
    caller, port = phone(), free_port(8)
    for kind in BACKENDS.values():
        before = sorted(os.listdir("/proc/self/fd"))
        for _ in range(3):
            try:
                backend = kind("127.0.0.1", book, 64)
            except OSError as error:
                pytest.skip(f"{error.strerror} here")
            for row in range(4):
                backend.bind(row, port + 2 * row)
            caller.sendto(b"x", ("127.0.0.1", port))
            assert len(gather(backend, 1)) == 1
            backend.close()
            backend.close()
        assert sorted(os.listdir("/proc/self/fd")) == before
    assert "io_uring" not in Path("/proc/self/maps").read_text()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_families_reach_an_ipv6_address(
    make: MakeBackend, phone: MakePhone, book: AddressBook, host: str
) -> None:
    caller = phone(host)
    backend, port = make("::"), free_port()
    backend.bind(0, port)
    source = book.key(*caller.getsockname()[:2])
    for text in (b"first", b"second"):  # known by then
        caller.sendto(text, (host, port))
        assert gather(backend, 1) == [(0, text, source)]
        backend.send(batch_of((text, 0, source)))
        assert caller.recvfrom(100)[0] == text
    other = phone(host)
    other.sendto(b"a stranger", (host, port))
    caller.sendto(b"no stranger", (host, port))
    assert sorted(gather(backend, 2)) == sorted(
        [
            (0, b"a stranger", book.key(*other.getsockname()[:2])),
            (0, b"no stranger", source),
        ]
    )


def test_the_kernel_tells_when_a_packet_came(book: AddressBook, phone: MakePhone) -> None:
    try:
        backend = UringBackend("127.0.0.1", book)
    except OSError as error:
        pytest.skip(f"{error.strerror} here")
    caller, port = phone(), free_port()
    try:
        backend.bind(0, port)
        times = [time.monotonic()]
        for _ in range(3):
            caller.sendto(b"x", ("127.0.0.1", port))
            times.append(time.monotonic())
        batch = backend.wait(PATIENCE)  # all three, at once
        assert batch.arrived is not None
        assert len(batch) == 3
        for sent, came, after in zip(times, batch.arrived.tolist(), times[1:], strict=False):
            assert sent - 0.001 < came < after + 0.001
    finally:
        backend.close()


def test_the_fastest_that_works_is_chosen(book: AddressBook) -> None:
    backend, reason = choose("auto", "127.0.0.1", book)
    try:
        assert backend.name in CHOICES
        assert (backend.name == "io_uring") == (reason == "")
    finally:
        backend.close()


def test_a_backend_that_may_not_be_used_is_told_and_replaced(book: AddressBook) -> None:
    def forbidden(address: str, book: AddressBook) -> SocketBackend:
        raise OSError(1, "io_uring_setup: Operation not permitted")

    backend, reason = choose("io_uring", "127.0.0.1", book, forbidden)
    backend.close()
    assert backend.name == "epoll"
    assert reason == "io_uring_setup: Operation not permitted"


def test_epoll_can_be_insisted_upon(book: AddressBook) -> None:
    backend, reason = choose("epoll", "::", book)
    backend.close()
    assert (backend.name, reason) == ("epoll", "")


def test_a_ring_that_cannot_be_had_names_the_system_call() -> None:
    with pytest.raises(OSError, match="io_uring_setup: "):
        Ring(1 << 30, 1 << 31)
