"""Which listeners work, which do not, and what is done about it; nothing here is a socket."""

import asyncio
import errno
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from structlog.testing import CapturingLogger

from softswitch.daemon.listening import ListenerState, Listening
from softswitch.sip.flow import Flow
from softswitch.sip.settings import ListenerSettings
from softswitch.transport.errors import CannotListen
from softswitch.transport.wires import Broken, Wire, Wires

UDP = ListenerSettings("udp", ("127.0.0.1", 5060))
TCP = ListenerSettings("tcp", ("::1", 5060))
IN_USE = OSError(errno.EADDRINUSE, "Address already in use")


@dataclass
class Line:
    """A wire that carries nothing."""

    transport: str
    local: tuple[str, int]
    broken: Broken
    refuses_to_start: OSError | None = None
    backend: str = "test"
    is_started: bool = False
    is_closed: bool = False

    async def start(self) -> None:
        if self.refuses_to_start is not None:
            raise self.refuses_to_start
        self.is_started = True

    def send(self, data: bytes, flow: Flow) -> None: ...

    def flush(self) -> None: ...

    def backlog(self) -> float:
        return 0.0

    def close_flow(self, flow: Flow) -> None: ...

    def keep_flow(self, flow: Flow, alias: int = 0) -> None: ...

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Machine:
    """A machine with addresses, of which some are not to be had."""

    unavailable: dict[ListenerSettings, OSError] = field(default_factory=dict)
    deaf: dict[ListenerSettings, OSError] = field(default_factory=dict)
    """Bound, but nobody can be let in."""

    opened: list[Line] = field(default_factory=list)

    def open(self, listener: ListenerSettings, broken: Broken) -> Wire:
        if error := self.unavailable.get(listener):
            raise CannotListen(listener.transport, listener.local, error)
        line = Line(listener.transport, listener.local, broken, self.deaf.get(listener))
        self.opened.append(line)
        return line


@dataclass
class Room:
    """Listeners on a machine, and what was said of them."""

    machine: Machine
    log: CapturingLogger
    wires: Wires
    listening: Listening

    def said(self) -> list[tuple[str, str, str]]:
        return [
            (call.method_name, call.kwargs["listener"], call.kwargs.get("error", ""))
            for call in self.log.calls
        ]

    async def until(self, listener: int, failure: str) -> None:
        for _ in range(1000):
            if self.listening.states()[listener].failure == failure:
                return
            await asyncio.sleep(0)
        raise AssertionError(self.listening.states())


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    machine, log, wires = Machine(), CapturingLogger(), Wires()
    listening = Listening((UDP, TCP), machine.open, wires, log, again=0.0)
    yield Room(machine, log, wires, listening)
    await listening.close()


async def test_every_listener_that_can_work_is_opened_and_started(room: Room) -> None:
    room.listening.bind()
    await room.listening.start()
    assert [line.is_started for line in room.machine.opened] == [True, True]
    assert room.listening.states() == (
        ListenerState("udp 127.0.0.1:5060", "test"),
        ListenerState("tcp [::1]:5060", "test"),
    )
    assert room.said() == []


async def test_one_that_fails_is_said_and_the_others_run(room: Room) -> None:
    room.machine.unavailable[UDP] = IN_USE
    room.listening.bind()
    assert room.said() == [("error", "udp 127.0.0.1:5060", "Address already in use")]
    assert room.listening.states() == (
        ListenerState("udp 127.0.0.1:5060", "", "Address already in use"),
        ListenerState("tcp [::1]:5060", "test"),
    )
    assert [wire.transport for wire in room.wires] == ["tcp"]


async def test_when_none_works_the_first_reason_is_raised(room: Room) -> None:
    room.machine.unavailable = {UDP: IN_USE, TCP: OSError(errno.EACCES, "Permission denied")}
    with pytest.raises(CannotListen, match=r"udp 127.0.0.1:5060: Address .* in use"):
        room.listening.bind()
    assert [error for _, _, error in room.said()] == ["Address already in use", "Permission denied"]


async def test_one_that_failed_is_tried_again_until_it_works(room: Room) -> None:
    room.machine.unavailable[TCP] = OSError(errno.EADDRNOTAVAIL, "Cannot assign")
    room.listening.bind()
    await room.listening.start()
    for _ in range(20):
        await asyncio.sleep(0)
    del room.machine.unavailable[TCP]
    await room.until(1, "")
    assert room.machine.opened[-1].is_started
    assert room.said() == [
        ("error", "tcp [::1]:5060", "Cannot assign"),
        ("info", "tcp [::1]:5060", ""),
    ]


async def test_one_that_breaks_is_closed_said_and_opened_again(room: Room) -> None:
    room.listening.bind()
    first = room.machine.opened[0]
    room.machine.unavailable[UDP] = IN_USE
    first.broken(first, OSError(errno.ENETDOWN, "Network is down"))
    assert first.is_closed
    assert room.listening.states()[0].failure == "Network is down"
    assert [wire.transport for wire in room.wires] == ["tcp"]
    first.broken(first, OSError(errno.EBADF, "Bad file descriptor"))
    await room.listening.start()
    await room.until(0, "Address already in use")
    room.machine.unavailable.clear()
    await room.until(0, "")
    assert [error for _, _, error in room.said()] == [
        "Network is down",
        "Address already in use",
        "",
    ]
    assert [wire.transport for wire in room.wires] == ["tcp", "udp"]


async def test_one_that_can_be_bound_but_not_started_has_failed(room: Room) -> None:
    room.machine.deaf[UDP] = OSError(errno.EMFILE, "Too many open files")
    room.listening.bind()
    await room.listening.start()
    assert room.listening.states()[0].failure == "Too many open files"
    assert room.machine.opened[0].is_closed
    room.machine.deaf.clear()
    await room.until(0, "")


async def test_closing_closes_all_and_ends_the_trying(room: Room) -> None:
    room.listening.bind()
    await room.listening.start()
    await room.listening.close()
    assert [line.is_closed for line in room.machine.opened] == [True, True]
    room.machine.opened.clear()
    for _ in range(20):
        await asyncio.sleep(0)
    assert room.machine.opened == []
