"""UDP on real sockets of this machine, by each way of reading and writing them."""

import asyncio
import ctypes
import errno
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.datagrams import BURST, Datagrams, PlainDatagrams, Take
from softswitch.transport.errors import CannotListen
from softswitch.transport.sources import Sources, sources_of
from softswitch.transport.stun import REQUEST, Message, parse
from softswitch.transport.udp import CS3, Backend, UdpWire, best_backend
from softswitch.transport.udp_batch import ARENA, FEW, WAITING, BatchedDatagrams, is_available
from softswitch.transport.wires import Wire

pytestmark = pytest.mark.interop

LOOPBACK = ("127.0.0.1", 0)
NOBODY = ("127.0.0.1", 9)


class Inbox:
    """Keeps what arrives, and lets a test wait for it."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[bytes, Flow]] = asyncio.Queue()
        self.settled = 0
        self.on_settled: Callable[[], None] = lambda: None

    def receive(self, data: bytes, flow: Flow) -> None:
        self.messages.put_nowait((data, flow))

    def settle(self) -> None:
        self.settled += 1
        self.on_settled()

    async def next_message(self) -> tuple[bytes, Flow]:
        return await asyncio.wait_for(self.messages.get(), 5.0)


Listen = Callable[..., UdpWire]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def drops() -> Counter[str]:
    return Counter()


@pytest.fixture
async def listen(inbox: Inbox, drops: Counter[str]) -> AsyncIterator[Listen]:
    wires: list[UdpWire] = []

    def listen(
        backend: Backend,
        local: tuple[str, int] = LOOPBACK,
        broken: Callable[[Wire, OSError], None] = lambda wire, error: None,
    ) -> UdpWire:
        loop = asyncio.get_running_loop()
        wires.append(UdpWire(local, inbox, drops, loop, broken, backend))
        return wires[-1]

    yield listen
    for wire in wires:
        wire.close()


@pytest.fixture(params=[PlainDatagrams, BatchedDatagrams])
def backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.fixture
async def udp(listen: Listen, backend: Backend) -> UdpWire:
    wire = listen(backend)
    await wire.start()
    return wire


@pytest.fixture
def phones() -> Iterator[list[socket.socket]]:
    """Two telephones."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for phone in (one, other):
            phone.bind(LOOPBACK)
            phone.settimeout(5.0)
        yield [one, other]


def received(phone: socket.socket, count: int) -> list[bytes]:
    return [phone.recv(65_535) for _ in range(count)]


def flow_to(wire: UdpWire, phone: socket.socket) -> Flow:
    return Flow("udp", wire.local, phone.getsockname())


async def test_a_burst_of_datagrams_is_read_in_order_with_few_settlings(
    udp: UdpWire, inbox: Inbox, phones: list[socket.socket]
) -> None:
    for number in range(50):
        for phone in phones:
            phone.sendto(b"%d" % number, udp.local)
    for number in range(50):
        for phone in phones:
            assert await inbox.next_message() == (b"%d" % number, flow_to(udp, phone))
    assert inbox.settled < 10


async def test_all_messages_of_one_peer_come_with_the_same_flow(
    udp: UdpWire, inbox: Inbox, phones: list[socket.socket]
) -> None:
    for _ in range(2):
        phones[0].sendto(b"x", udp.local)
    (_, first), (_, second) = await inbox.next_message(), await inbox.next_message()
    assert first is second


async def test_datagrams_of_every_length_arrive_whole(
    udp: UdpWire, inbox: Inbox, phones: list[socket.socket]
) -> None:
    for length in (1, 20, 1500, 9000, 65_507):
        phones[0].sendto(b"x" * length, udp.local)
        assert (await inbox.next_message())[0] == b"x" * length


async def test_what_is_sent_leaves_from_the_listening_port(
    udp: UdpWire, phones: list[socket.socket]
) -> None:
    udp.send(b"hello", flow_to(udp, phones[0]))
    udp.flush()
    assert phones[0].recvfrom(100) == (b"hello", udp.local)


async def test_answers_of_a_burst_leave_when_it_is_done_with(
    udp: UdpWire, inbox: Inbox, phones: list[socket.socket]
) -> None:
    inbox.on_settled = udp.flush
    phones[0].sendto(b"question", udp.local)
    data, flow = await inbox.next_message()
    udp.send(data, flow)
    phones[0].sendto(b"another", udp.local)
    await inbox.next_message()
    assert received(phones[0], 1) == [b"question"]


async def test_more_than_one_call_takes_leaves_in_order_too(
    udp: UdpWire, phones: list[socket.socket]
) -> None:
    many = WAITING + 100
    for number in range(many):
        for phone in phones:
            udp.send(b"%d" % number, flow_to(udp, phone))
        if number % 100 == 99:
            udp.flush()
            for phone in phones:
                assert received(phone, 100) == [b"%d" % n for n in range(number - 99, number + 1)]
    udp.flush()


@pytest.mark.parametrize("others", [1, FEW])
@pytest.mark.parametrize(
    ("data", "remote"),
    [
        (bytes(65_530), NOBODY),  # longer than a datagram can be
        (bytes(ARENA + 1), NOBODY),
        (b"x", ("255.255.255.255", 9)),  # not allowed without asking for it
        (b"x", ("::1", 9)),
        (b"x", ("phone.example.invalid", 9)),
        (b"x", ("127.0.0.1", 0)),
        (b"x", ("127.0.0.1", 65_536)),
    ],
)
async def test_a_send_that_fails_is_counted_and_costs_no_other(
    listen: Listen,
    backend: Backend,
    drops: Counter[str],
    phones: list[socket.socket],
    others: int,
    data: bytes,
    remote: tuple[str, int],
) -> None:
    udp = listen(backend)
    for _ in range(others):
        udp.send(b"before", flow_to(udp, phones[0]))
    udp.send(data, Flow("udp", udp.local, remote))
    for _ in range(others):
        udp.send(b"after", flow_to(udp, phones[0]))
    udp.flush()
    assert received(phones[0], 2 * others) == [b"before"] * others + [b"after"] * others
    assert drops == {"udp-send-failed": 1}


async def test_a_peer_that_is_gone_does_not_disturb_the_others(
    udp: UdpWire, inbox: Inbox, phones: list[socket.socket]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(LOOPBACK)
        address = gone.getsockname()
    for _ in range(3):
        udp.send(b"anybody?", Flow("udp", udp.local, address))
        udp.flush()
        phones[0].sendto(b"here", udp.local)
        assert (await inbox.next_message())[0] == b"here"
        udp.send(b"good", flow_to(udp, phones[0]))
        udp.flush()
        assert received(phones[0], 1) == [b"good"]


class Kernel:
    """Takes so many datagrams, and then has no room, or takes note of `error`."""

    def __init__(self) -> None:
        self.room = 0
        self.error = errno.EAGAIN
        self.taken = 0

    def receive(self, descriptor: int, at: int, rows: int, flags: int, timeout: None) -> int:
        ctypes.set_errno(self.error)
        return -1

    def send(self, descriptor: int, at: int, rows: int, flags: int) -> int:
        if not self.room:
            ctypes.set_errno(self.error)
            return -1
        took = min(rows, self.room)
        self.room -= took
        self.taken += took
        return took


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


@pytest.fixture
def batch(kernel: Kernel, drops: Counter[str]) -> Iterator[BatchedDatagrams]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield BatchedDatagrams(sock, LOOPBACK, drops, (kernel.receive, kernel.send))


def test_what_the_kernel_has_no_room_for_waits(
    batch: BatchedDatagrams, kernel: Kernel, drops: Counter[str]
) -> None:
    for _ in range(FEW + 10):
        batch.send(b"x", NOBODY)
    kernel.room = 4
    assert batch.flush()
    assert kernel.taken == 4
    batch.send(b"x", NOBODY)
    kernel.room = 100
    assert not batch.flush()
    assert kernel.taken == FEW + 11
    assert drops == {}


@pytest.mark.parametrize("length", [1, ARENA // 32])
def test_no_more_waits_than_there_is_room_for(
    batch: BatchedDatagrams, kernel: Kernel, drops: Counter[str], length: int
) -> None:
    for _ in range(WAITING + 5):
        batch.send(bytes(length), NOBODY)
    assert drops == {"udp-send-buffer-full": 5}
    kernel.room = WAITING + 5
    assert not batch.flush()
    assert kernel.taken == WAITING


def test_an_interrupted_call_is_made_again(batch: BatchedDatagrams, kernel: Kernel) -> None:
    errors = iter([errno.EINTR, errno.ENETUNREACH])

    def send(descriptor: int, at: int, rows: int, flags: int) -> int:
        error = next(errors, 0)
        if not error:
            return rows
        ctypes.set_errno(error)
        return -1

    drops: Counter[str] = Counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        datagrams = BatchedDatagrams(sock, LOOPBACK, drops, (kernel.receive, send))
        datagrams.send(b"unreachable", NOBODY)
        for _ in range(FEW):
            datagrams.send(b"x", NOBODY)
        assert not datagrams.flush()
    assert drops == {"udp-send-failed": 1}


@pytest.mark.parametrize(
    ("error", "counted"),
    [(errno.EAGAIN, 0), (errno.EINTR, 0), (errno.ECONNREFUSED, 1), (errno.EHOSTUNREACH, 1)],
)
def test_an_error_of_one_peer_or_moment_is_no_end(
    batch: BatchedDatagrams, kernel: Kernel, drops: Counter[str], error: int, counted: int
) -> None:
    kernel.error = error
    batch.receive(lambda data, flow: None)
    assert drops["udp-unreachable"] == counted


@pytest.mark.parametrize("error", [errno.EBADF, errno.ENETDOWN])
def test_an_error_of_the_socket_is_raised(
    batch: BatchedDatagrams, kernel: Kernel, error: int
) -> None:
    kernel.error = error
    with pytest.raises(OSError, match=r".") as raised:
        batch.receive(lambda data, flow: None)
    assert raised.value.errno == error


class Failing:
    """A socket that breaks, or has no room, when it is told to."""

    name = "failing"

    def __init__(self, sock: socket.socket, local: tuple[str, int], drops: Counter[str]) -> None:
        self.sock = sock
        self.reads = self.writes = 0
        self.refusals = 0

    def receive(self, take: Take) -> None:
        self.reads += 1
        raise OSError(errno.ENETDOWN, "Network is down")

    def send(self, data: bytes, remote: tuple[str, int]) -> None: ...

    def keep(self, remote: tuple[str, int]) -> None: ...

    def flush(self) -> bool:
        self.writes += 1
        if self.refusals < 0:
            raise OSError(errno.EBADF, "Bad file descriptor")
        self.refusals = max(0, self.refusals - 1)
        return self.refusals > 0


Broke = asyncio.Queue[tuple[Wire, OSError]]


@pytest.fixture
async def failing(listen: Listen) -> tuple[UdpWire, Failing, Broke]:
    broke: Broke = asyncio.Queue()
    made: list[Failing] = []

    def make(sock: socket.socket, local: tuple[str, int], drops: Counter[str]) -> Datagrams:
        made.append(Failing(sock, local, drops))
        return made[-1]

    wire = listen(make, LOOPBACK, lambda wire, error: broke.put_nowait((wire, error)))
    await wire.start()
    return wire, made[0], broke


async def test_a_socket_that_breaks_when_read_is_reported(
    failing: tuple[UdpWire, Failing, Broke], phones: list[socket.socket], inbox: Inbox
) -> None:
    wire, _, broke = failing
    phones[0].sendto(b"x", wire.local)
    broken, error = await asyncio.wait_for(broke.get(), 5.0)
    assert broken is wire
    assert error.errno == errno.ENETDOWN
    assert inbox.settled >= 1


async def test_a_socket_that_breaks_when_written_is_reported_later(
    failing: tuple[UdpWire, Failing, Broke],
) -> None:
    wire, socket_, broke = failing
    socket_.refusals = -1
    wire.flush()
    assert broke.empty()
    assert (await asyncio.wait_for(broke.get(), 5.0))[1].errno == errno.EBADF


async def test_what_waits_is_sent_when_the_kernel_has_room_again(
    failing: tuple[UdpWire, Failing, Broke],
) -> None:
    wire, socket_, _ = failing
    socket_.refusals = 4
    wire.flush()
    for _ in range(1000):
        if not socket_.refusals:
            break
        await asyncio.sleep(0)
    writes = socket_.writes
    assert writes == 4
    for _ in range(20):
        await asyncio.sleep(0)
    assert socket_.writes == writes


@pytest.mark.parametrize("keep_alive", [b"", b"\r\n\r\n", b"\r\n", b"\0", b"\0" * 8])
async def test_a_keep_alive_is_counted_and_nothing_else(
    udp: UdpWire,
    inbox: Inbox,
    drops: Counter[str],
    phones: list[socket.socket],
    keep_alive: bytes,
) -> None:
    phones[0].sendto(keep_alive, udp.local)
    phones[0].sendto(b"\r\nOPTIONS", udp.local)
    assert (await inbox.next_message())[0] == b"\r\nOPTIONS"
    assert drops == {"keep-alive": 1}


@pytest.mark.parametrize("is_known", [True, False])
async def test_stun_is_answered_to_telephones_and_not_to_strangers(
    inbox: Inbox,
    drops: Counter[str],
    backend: Backend,
    phones: list[socket.socket],
    is_known: bool,
) -> None:
    inbox.on_settled = lambda: wire.flush()
    loop = asyncio.get_running_loop()
    wire = UdpWire(LOOPBACK, inbox, drops, loop, backend=backend, knows=lambda flow: is_known)
    await wire.start()
    phones[0].sendto(bytes(Message(REQUEST, bytes(12))), wire.local)
    phones[0].sendto(bytes(Message(0x0011, bytes(12))), wire.local)  # asks for nothing
    phones[0].sendto(b"OPTIONS", wire.local)
    assert (await inbox.next_message())[0] == b"OPTIONS"
    assert drops == {"stun-unanswered": 1 if is_known else 2}
    if is_known:
        told = parse(phones[0].recv(100))
        assert told is not None
        assert told.mapped() == phones[0].getsockname()
    wire.close()


async def test_a_closed_listener_sends_nothing(udp: UdpWire, drops: Counter[str]) -> None:
    udp.close()
    udp.send(b"x", Flow("udp", udp.local, NOBODY))
    udp.flush()
    udp.close()
    assert drops == {}


async def test_a_port_that_is_taken_is_said_in_words(udp: UdpWire, listen: Listen) -> None:
    with pytest.raises(CannotListen, match=rf"udp 127\.0\.0\.1:{udp.local[1]}: Address .* in use"):
        listen(PlainDatagrams, udp.local)


async def test_an_address_that_is_not_here_is_said_in_words(listen: Listen) -> None:
    with pytest.raises(CannotListen, match=r"udp 192\.0\.2\.1:5060: Cannot assign"):
        listen(PlainDatagrams, ("192.0.2.1", 5060))


@pytest.mark.parametrize("host", ["::1", "::"])
async def test_ipv6_is_spoken_by_either_way(listen: Listen, inbox: Inbox, host: str) -> None:
    for backend in (PlainDatagrams, BatchedDatagrams):
        try:
            wire = listen(backend, (host, 0))
        except CannotListen as error:
            pytest.skip(str(error))
        await wire.start()
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as phone:
            phone.bind(("::1", 0))
            phone.settimeout(5.0)
            phone.sendto(b"hello", ("::1", wire.local[1]))
            data, flow = await inbox.next_message()
            assert (data, flow) == (b"hello", Flow("udp", wire.local, phone.getsockname()[:2]))
            wire.send(b"back", flow)
            wire.flush()
            assert phone.recvfrom(100)[1][:2] == ("::1", wire.local[1])


async def test_ipv6_on_every_address_leaves_ipv4_to_others(listen: Listen) -> None:
    try:
        six = listen(BatchedDatagrams, ("::", 0))
    except CannotListen as error:
        pytest.skip(str(error))
    four = listen(BatchedDatagrams, ("0.0.0.0", six.local[1]))
    assert four.local[1] == six.local[1]


async def test_signalling_is_marked_cs3(udp: UdpWire, phones: list[socket.socket]) -> None:
    phones[0].setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    udp.send(b"x", flow_to(udp, phones[0]))
    udp.flush()
    _, ancillary, _, _ = phones[0].recvmsg(100, 100)
    assert ancillary[0][2][0] == CS3


def test_the_fastest_way_that_works_here_is_chosen() -> None:
    assert best_backend() is (BatchedDatagrams if is_available() else PlainDatagrams)
    assert BURST < WAITING  # one answer to each message of a burst leaves in one call


# A listener on every address


@pytest.fixture
async def everywhere(listen: Listen, backend: Backend) -> UdpWire:
    wire = listen(backend, ("0.0.0.0", 0))
    await wire.start()
    return wire


@pytest.mark.parametrize("count", [1, FEW + 2])
async def test_who_speaks_to_one_of_our_addresses_hears_of_it(
    everywhere: UdpWire, inbox: Inbox, phones: list[socket.socket], count: int
) -> None:
    port = everywhere.local[1]
    ours = [("127.0.0.2", port), ("127.0.0.3", port)]
    for phone, address in zip(phones, ours, strict=True):
        phone.sendto(b"question", address)
    flows = [(await inbox.next_message())[1] for _ in phones]
    assert {flow.local for flow in flows} == {everywhere.local}  # there is one listener
    for _ in range(count):  # an answer, and requests of ours later
        for phone in phones:
            everywhere.send(b"hello", flow_to(everywhere, phone))
    everywhere.flush()
    for phone, address in zip(phones, ours, strict=True):
        assert [phone.recvfrom(100) for _ in range(count)] == [(b"hello", address)] * count


@pytest.mark.parametrize("count", [1, FEW + 2])
async def test_the_address_that_was_spoken_to_last_counts(
    everywhere: UdpWire, inbox: Inbox, phones: list[socket.socket], count: int
) -> None:
    port = everywhere.local[1]
    for host in ("127.0.0.2", "127.0.0.4"):
        phones[0].sendto(b"question", (host, port))
        _, flow = await inbox.next_message()
    for _ in range(count):
        everywhere.send(b"hello", flow)
        everywhere.send(b"hello", flow_to(everywhere, phones[1]))  # who has said nothing
    everywhere.flush()
    assert {phones[0].recvfrom(100)[1] for _ in range(count)} == {("127.0.0.4", port)}
    assert {phones[1].recvfrom(100)[1] for _ in range(count)} == {("127.0.0.1", port)}


class Outdated(Sources):
    """Believes that all have spoken to an address which is not ours any more."""

    def note(self, peer: object, told: bytes) -> None:
        super().note(peer, bytes(4) + socket.inet_aton("198.51.100.1") + bytes(4))


@pytest.mark.parametrize("count", [1, FEW + 2])
@pytest.mark.parametrize("backend", [PlainDatagrams, BatchedDatagrams])
async def test_where_an_address_of_ours_is_gone_the_kernel_chooses(
    listen: Listen,
    inbox: Inbox,
    drops: Counter[str],
    phones: list[socket.socket],
    backend: type[PlainDatagrams | BatchedDatagrams],
    count: int,
) -> None:
    def make(sock: socket.socket, local: tuple[str, int], drops: Counter[str]) -> Datagrams:
        sources = sources_of(sock, local[0])
        assert sources is not None
        return backend(sock, local, drops, sources=Outdated(sources.kind))

    wire = listen(make, ("0.0.0.0", 0))
    await wire.start()
    phones[0].sendto(b"question", ("127.0.0.2", wire.local[1]))
    _, flow = await inbox.next_message()
    for _ in range(count):
        wire.send(b"hello", flow)
    wire.flush()
    assert [phones[0].recvfrom(100) for _ in range(count)] == [
        (b"hello", ("127.0.0.1", wire.local[1]))
    ] * count
    assert drops == {}


@pytest.mark.parametrize("count", [1, FEW + 2])
async def test_ipv6_is_answered_from_where_it_was_sent_to_as_well(
    listen: Listen, inbox: Inbox, backend: Backend, count: int
) -> None:
    try:
        wire = listen(backend, ("::", 0))
    except CannotListen as error:
        pytest.skip(str(error))
    await wire.start()
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as phone:
        phone.bind(("::1", 0))
        phone.settimeout(5.0)
        for _ in range(2):
            phone.sendto(b"hello", ("::1", wire.local[1]))
            _, flow = await inbox.next_message()
        for _ in range(count):
            wire.send(b"back", flow)
        wire.flush()
        for _ in range(count):
            assert phone.recvfrom(100)[1][:2] == ("::1", wire.local[1])
