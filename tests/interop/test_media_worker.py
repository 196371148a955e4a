"""The media worker as a process, over real sockets."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from media.client import WorkerClient
from media.control import (
    Bridge,
    Close,
    Closed,
    Direct,
    Event,
    Lease,
    Leased,
    LeaseFailed,
    Open,
    Play,
    Played,
    Record,
    Recorded,
    Started,
    WorkerLost,
)
from media.handing import HandedOff, HandOff, TakeOver
from media.net import CHOICES
from media.rtp.header import RtpPacket
from media.worker import WorkerSettings
from tests.support.ports import free_port

pytestmark = pytest.mark.interop

PORTS = 8
"""Of each worker: as many as four streams need."""


class Worker:
    """A worker and what it has said."""

    def __init__(self, address: str, ports: tuple[int, int], backend: str) -> None:
        settings = WorkerSettings(
            address=address,
            first_port=ports[0],
            last_port=ports[1],
            quarantine=0.2,
            backend=backend,
        )
        self.client = WorkerClient(settings, self._hear)
        self.started: Started | None = None
        self._events: list[Event] = []
        self._changed = asyncio.Event()

    def _hear(self, event: Event) -> None:
        if isinstance(event, Started):
            self.started = event
            return
        self._events.append(event)
        self._changed.set()

    async def said(self, kind: type[Event], patience: float = 10.0) -> Event:
        """Return the next event, which is to be of this kind."""
        async with asyncio.timeout(patience):
            while not self._events:
                self._changed.clear()
                await self._changed.wait()
        event = self._events.pop(0)
        assert isinstance(event, kind)
        return event

    async def ports(self, count: int) -> tuple[int, ...]:
        self.client.submit(Lease(count))
        leased = await self.said(Leased)
        assert isinstance(leased, Leased)
        return leased.ports


StartWorker = Callable[..., Awaitable[Worker]]


def some_ports(count: int) -> tuple[int, int]:
    first = free_port(count)
    return first, first + count - 1


@pytest.fixture
async def start() -> AsyncIterator[StartWorker]:
    workers: list[Worker] = []

    async def started(
        address: str = "127.0.0.1", ports: tuple[int, int] | None = None, backend: str = "auto"
    ) -> Worker:
        worker = Worker(address, ports or some_ports(PORTS), backend)
        worker.client.start()
        workers.append(worker)
        return worker

    yield started
    for worker in workers:
        await worker.client.stop()


@pytest.fixture
def phones() -> Iterator[list[socket.socket]]:
    opened: list[socket.socket] = []
    for _ in range(2):
        phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(5.0)
        opened.append(phone)
    yield opened
    for phone in opened:
        phone.close()


def direct(stream: int, phone: socket.socket) -> Direct:
    host, port = phone.getsockname()[:2]
    return Direct(stream, host, port, "PCMU", 0, 0, 101, 101)


async def hear(phone: socket.socket) -> RtpPacket:
    packet = RtpPacket.parse(await asyncio.to_thread(phone.recv, 2000))
    assert packet is not None
    return packet


@pytest.mark.parametrize("backend", ["auto", "epoll"])
async def test_two_phones_hear_each_other(
    start: StartWorker, phones: list[socket.socket], backend: str
) -> None:
    worker = await start(backend=backend)
    one, two = phones
    ports = await worker.ports(2)
    for stream, phone in enumerate(phones):
        worker.client.submit(Open(stream, ports[stream]))
        worker.client.submit(direct(stream, phone))
    worker.client.submit(Bridge(0, 1))
    await worker.ports(1)  # all before it has been done
    for k in range(10):
        one.sendto(bytes(RtpPacket(0, k, 160 * k, 1, bytes([k]) * 160)), ("127.0.0.1", ports[0]))
        assert (await hear(two)).payload == bytes([k]) * 160
        two.sendto(bytes(RtpPacket(0, k, 160 * k, 2, bytes([k]) * 160)), ("127.0.0.1", ports[1]))
        assert (await hear(one)).payload == bytes([k]) * 160
    worker.client.submit(Close(0))
    closed = await worker.said(Closed)
    assert isinstance(closed, Closed)
    assert (closed.statistics.received, closed.statistics.sent) == (10, 10)
    assert await worker.said(Leased) == Leased((ports[0],))


async def test_a_tone_is_played_and_the_caller_recorded(
    start: StartWorker, phones: list[socket.socket], tmp_path: Path
) -> None:
    worker = await start()
    (port,) = await worker.ports(1)
    path = tmp_path / "message.wav"
    for command in (
        Open(1, port),
        direct(1, phones[0]),
        Play(1, ("tone:silence:200",), token=5),
        Record(1, str(path), token=6, maximum=60.0),
    ):
        worker.client.submit(command)
    packets = [await hear(phones[0]) for _ in range(10)]
    assert [p.sequence - packets[0].sequence for p in packets] == list(range(10))
    assert await worker.said(Played) == Played(1, 5, "end")
    for k in range(5):
        phones[0].sendto(bytes(RtpPacket(0, k, 160 * k, 1, b"\x11" * 160)), ("127.0.0.1", port))
    worker.client.submit(Lease(1))
    assert isinstance(await worker.said(Leased), Leased)
    worker.client.submit(Close(1))
    recorded = await worker.said(Recorded)
    assert recorded == Recorded(1, 6, str(path), 0.1, "closed")
    assert path.stat().st_size == 44 + 5 * 320
    assert isinstance(await worker.said(Closed), Closed)


async def test_a_file_that_cannot_be_read_is_told(
    start: StartWorker, phones: list[socket.socket]
) -> None:
    worker = await start()
    (port,) = await worker.ports(1)
    for command in (Open(1, port), direct(1, phones[0]), Play(1, ("/nowhere.wav",), token=5)):
        worker.client.submit(command)
    played = await worker.said(Played)
    assert isinstance(played, Played)
    assert played.reason.startswith("failed: ")


async def test_a_killed_worker_is_missed_within_a_second(start: StartWorker) -> None:
    worker = await start()
    await worker.ports(1)
    assert worker.client.process_id is not None
    os.kill(worker.client.process_id, signal.SIGKILL)
    began = time.monotonic()
    lost = await worker.said(WorkerLost)
    assert isinstance(lost, WorkerLost)
    assert "-9" in lost.reason
    assert time.monotonic() - began < 1.0
    assert not worker.client.is_alive
    worker.client.submit(Lease(1))  # is dropped


async def test_a_worker_that_hangs_is_missed_and_ended(start: StartWorker) -> None:
    worker = await start()
    await worker.ports(1)
    process = worker.client.process_id
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    lost = await worker.said(WorkerLost, patience=2.0)
    assert isinstance(lost, WorkerLost)
    assert lost.reason.startswith("it hangs")
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_streams_of_other_workers_never_notice(
    start: StartWorker, phones: list[socket.socket], number: signal.Signals
) -> None:
    victim, other = await start(), await start()
    await victim.ports(1)
    (port,) = await other.ports(1)
    for command in (Open(1, port), direct(1, phones[0]), Play(1, ("tone:ringback",), token=5)):
        other.client.submit(command)
    assert victim.client.process_id is not None
    first = await hear(phones[0])
    os.kill(victim.client.process_id, number)
    lost = asyncio.create_task(victim.said(WorkerLost))
    packets = [first]
    while not lost.done():
        packets.append(await hear(phones[0]))
    assert isinstance(await lost, WorkerLost)
    packets += [await hear(phones[0]) for _ in range(5)]
    assert [p.sequence - first.sequence for p in packets] == list(range(len(packets)))
    assert other.client.is_alive


async def test_a_worker_says_how_it_works(start: StartWorker) -> None:
    worker = await start()
    await worker.ports(1)
    assert worker.started is not None
    assert worker.started.backend in CHOICES
    assert worker.started.scheduling


async def test_a_worker_ends_when_its_switch_does(start: StartWorker) -> None:
    worker = await start()
    await worker.ports(1)
    process = worker.client.process_id
    assert process is not None
    await worker.client.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_a_worker_that_ends_completes_what_it_records(
    start: StartWorker, phones: list[socket.socket], tmp_path: Path
) -> None:
    worker = await start()
    (port,) = await worker.ports(1)
    path = tmp_path / "message.wav"
    worker.client.submit(Open(1, port))
    worker.client.submit(direct(1, phones[0]))
    worker.client.submit(Bridge(1, 1))
    worker.client.submit(Record(1, str(path), token=6, maximum=60.0))
    await worker.ports(1)
    for k in range(3):
        phones[0].sendto(bytes(RtpPacket(0, k, 160 * k, 1, b"\x11" * 160)), ("127.0.0.1", port))
        await hear(phones[0])  # the echo: it has been taken
    await worker.client.stop()
    assert path.stat().st_size == 44 + 3 * 320


async def test_a_worker_leaves_the_end_to_its_switch(
    start: StartWorker, phones: list[socket.socket], tmp_path: Path
) -> None:
    """A service manager tells all processes at once to end; the switch lets its calls go on."""
    worker = await start()
    (port,) = await worker.ports(1)
    path = tmp_path / "message.wav"
    worker.client.submit(Open(1, port))
    worker.client.submit(direct(1, phones[0]))
    worker.client.submit(Bridge(1, 1))
    worker.client.submit(Record(1, str(path), token=6, maximum=60.0))
    await worker.ports(1)
    process = worker.client.process_id
    assert process is not None
    for k in range(6):
        if k == 3:
            os.kill(process, signal.SIGTERM)
        phones[0].sendto(bytes(RtpPacket(0, k, 160 * k, 1, b"\x11" * 160)), ("127.0.0.1", port))
        await hear(phones[0])
    await worker.client.stop()
    assert path.stat().st_size == 44 + 6 * 320


async def test_audio_is_marked_for_expedited_forwarding(
    start: StartWorker, phones: list[socket.socket]
) -> None:
    worker = await start()
    phone = phones[0]
    phone.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    (port,) = await worker.ports(1)
    for command in (Open(1, port), direct(1, phone), Play(1, ("tone:beep",), token=5)):
        worker.client.submit(command)
    _, ancillary, _, _ = await asyncio.to_thread(phone.recvmsg, 2000, 100)
    assert [data[0] >> 2 for _, _, data in ancillary] == [46]


async def test_taken_ports_are_passed_over(start: StartWorker) -> None:
    first, last = some_ports(4)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", first + 1))
        worker = await start(ports=(first, last))
        assert await worker.ports(2) == (first + 2,)
        worker.client.submit(Lease(1))
        failed = await worker.said(LeaseFailed)
        assert isinstance(failed, LeaseFailed)
        assert str(first) in failed.reason


async def test_ipv4_and_ipv6_phones_talk(start: StartWorker) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    worker = await start(address="::", ports=some_ports(4))
    worker.client.submit(Lease(2))
    leased = await worker.said(Leased)
    assert isinstance(leased, Leased)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six,
    ):
        four.bind(("127.0.0.1", 0))
        with suppress(OSError):
            six.bind(("::1", 0))
        if not six.getsockname()[1]:
            pytest.skip("no IPv6 loopback here")
        for phone in (four, six):
            phone.settimeout(5.0)
        for stream, phone in enumerate((four, six)):
            worker.client.submit(Open(stream, leased.ports[stream]))
            worker.client.submit(direct(stream, phone))
        worker.client.submit(Bridge(0, 1))
        worker.client.submit(Lease(1))
        await worker.said(LeaseFailed)  # all before it has been done
        four.sendto(bytes(RtpPacket(0, 1, 160, 1, b"4" * 160)), ("127.0.0.1", leased.ports[0]))
        assert (await hear(six)).payload == b"4" * 160
        six.sendto(bytes(RtpPacket(0, 1, 160, 1, b"6" * 160)), ("::1", leased.ports[1]))
        assert (await hear(four)).payload == b"6" * 160


def test_the_console_takes_json_and_prints_events() -> None:
    first, last = some_ports(2)
    lines = (
        '{"type":"Lease","count":1}',
        "nonsense",
        f'{{"type":"Open","stream":1,"port":{first}}}',
        '{"type":"Close","stream":1}',
    )
    done = subprocess.run(
        (sys.executable, "-m", "media", "--ports", f"{first}-{last}"),
        input="".join(f"{line}\n" for line in lines),
        text=True,
        capture_output=True,
        timeout=20,
        check=True,
    )
    events = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert [event["type"] for event in events] == ["Started", "Leased", "Closed"]
    assert "not a command" in done.stderr
    assert events[0]["backend"] in CHOICES


def test_the_console_uses_the_backend_that_is_wanted() -> None:
    first, last = some_ports(2)
    done = subprocess.run(
        (sys.executable, "-m", "media", "--backend", "epoll", "--ports", f"{first}-{last}"),
        input="",
        text=True,
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert msgspec.json.decode(done.stdout)["backend"] == "epoll"


def speak(phone: socket.socket, first: int, count: int, port: int) -> None:
    """Send so many packets, whose payload is their number."""
    for k in range(first, first + count):
        packet = RtpPacket(0, k, 160 * k, 1, bytes([k]) * 160)
        phone.sendto(bytes(packet), ("127.0.0.1", port))


async def test_a_stream_moves_to_another_worker_with_what_waits_in_its_socket(
    start: StartWorker, phones: list[socket.socket]
) -> None:
    here, there = await start(), await start()
    speaker, listener = phones
    (home,) = await here.ports(1)
    (other,) = await there.ports(1)
    here.client.submit(Open(1, home))
    here.client.submit(direct(1, speaker))
    there.client.submit(Open(2, other))
    there.client.submit(direct(2, listener))
    await here.ports(1)
    speak(speaker, 0, 3, home)
    here.client.submit(HandOff(1))
    handed = await here.said(HandedOff)
    assert isinstance(handed, HandedOff)
    assert handed.port == home
    speak(speaker, 3, 5, home)  # nobody reads there at this moment
    there.client.submit(TakeOver(1, handed.port, handed.state, handed.descriptors))
    there.client.submit(Bridge(1, 2))
    await there.ports(1)
    speak(speaker, 8, 2, home)
    heard = [await hear(listener) for _ in range(7)]
    assert [packet.payload[0] for packet in heard] == list(range(3, 10))
    assert [packet.sequence for packet in heard] == [
        (heard[0].sequence + k) & 0xFFFF for k in range(7)
    ]
    listener.sendto(bytes(RtpPacket(0, 1, 160, 2, b"\x77" * 160)), ("127.0.0.1", other))
    _, source = speaker.recvfrom(2000)
    assert source == ("127.0.0.1", home)
    there.client.submit(Close(1))
    closed = await there.said(Closed)
    assert isinstance(closed, Closed)
    assert (closed.statistics.received, closed.statistics.sent) == (10, 1)
    assert closed.statistics.lost == 0
    # One for the switch, and two for each pair of ports: one pair has gone, and no guest is there.
    assert (sockets_of(here), sockets_of(there)) == (3, 5)


def sockets_of(worker: Worker) -> int:
    """Return how many sockets a worker's process holds."""
    folder = Path(f"/proc/{worker.client.process_id}/fd")
    return sum(os.readlink(each).startswith("socket:") for each in folder.iterdir())


async def test_streams_handed_to_a_worker_that_is_gone_are_closed(
    start: StartWorker, phones: list[socket.socket]
) -> None:
    here, there = await start(), await start()
    (home,) = await here.ports(1)
    here.client.submit(Open(1, home))
    here.client.submit(direct(1, phones[0]))
    here.client.submit(HandOff(1))
    handed = await here.said(HandedOff)
    assert isinstance(handed, HandedOff)
    await there.client.stop()
    there.client.submit(TakeOver(1, handed.port, handed.state, handed.descriptors))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handed.descriptors[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", home))
