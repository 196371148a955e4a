"""Time is the loop's; the machine here asks for alarms and notes when it was woken."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from softswitch.sip.flow import Flow
from softswitch.transport.driver import MOST_FAULTS, PAUSE, Driver

FLOW = Flow("udp", ("127.0.0.1", 5060), ("127.0.0.1", 5070))


@dataclass
class Echo:
    """Answers each message with itself, and wakes at `deadline`."""

    deadline: float | None = None
    expired: list[float] = field(default_factory=list)
    lost: list[Flow] = field(default_factory=list)

    def receive(self, data: bytes, flow: Flow, now: float) -> list[object]:
        return [data, len(data)]

    def flow_lost(self, flow: Flow, now: float) -> list[object]:
        self.lost.append(flow)
        return []

    def expire(self, now: float) -> list[object]:
        self.expired.append(now)
        self.deadline = None
        return [b"expired"]

    def resume(self, now: float) -> list[object]:
        return []


@dataclass
class Clumsy(Echo):
    """Trips over what it is told as often as it is told, and then says what was left to say."""

    trips: int = 0

    def receive(self, data: bytes, flow: Flow, now: float) -> list[object]:
        self.trips = int(data)
        return self.resume(now)

    def expire(self, now: float) -> list[object]:
        self.expired.append(now)
        raise ValueError("never again")

    def resume(self, now: float) -> list[object]:
        if self.trips:
            self.trips -= 1
            raise ValueError(f"tripped, {self.trips} to go")
        return [b"resumed", 1]


@dataclass
class Faults:
    inputs: list[tuple[object, ...]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def report(self, error: Exception, arguments: tuple[object, ...]) -> None:
        self.inputs.append(arguments)
        self.errors.append(str(error))


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Where faults are reported; a test that expects some takes note of them."""
    faults = Faults()
    yield faults
    assert faults.inputs == []


async def test_effects_go_to_the_handler_of_their_type_in_order(faults: Faults) -> None:
    carried: list[object] = []
    handlers = {bytes: carried.append, int: carried.append}
    driver = Driver(Echo(), handlers, asyncio.get_running_loop(), faults.report)
    driver.receive(b"one", FLOW)
    driver.receive(b"three", FLOW)
    assert carried == [b"one", 3, b"three", 5]


async def test_the_machine_is_woken_at_its_deadline(faults: Faults) -> None:
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[bytes] = loop.create_future()
    machine = Echo(deadline=loop.time() + 0.01)
    driver = Driver(machine, {bytes: woken.set_result}, loop, faults.report)
    driver.settle()
    assert await asyncio.wait_for(woken, 5.0) == b"expired"
    assert len(machine.expired) == 1


async def test_what_was_put_together_is_sent_when_an_input_is_done_with(faults: Faults) -> None:
    carried: list[object] = []
    loop = asyncio.get_running_loop()
    handlers = {bytes: carried.append, int: carried.append}
    machine = Echo()
    flushed = asyncio.Event()

    def flush() -> None:
        carried.append("flushed")
        if machine.expired:
            flushed.set()

    driver = Driver(machine, handlers, loop, faults.report, flush)
    driver.receive(b"one", FLOW)
    driver.receive(b"three", FLOW)
    driver.settle()
    assert carried == [b"one", 3, b"three", 5, "flushed"]
    carried.clear()
    machine.deadline = loop.time()
    driver.settle()
    await asyncio.wait_for(flushed.wait(), 5.0)
    assert carried == ["flushed", b"expired", "flushed"]


async def test_an_earlier_deadline_replaces_a_later_alarm(faults: Faults) -> None:
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[bytes] = loop.create_future()
    machine = Echo(deadline=loop.time() + 3600.0)
    driver = Driver(machine, {bytes: woken.set_result}, loop, faults.report)
    driver.settle()
    machine.deadline = loop.time() + 0.01
    driver.settle()
    assert await asyncio.wait_for(woken, 5.0) == b"expired"
    driver.close()


async def test_connections_that_end_after_closing_are_not_reported(faults: Faults) -> None:
    machine = Echo()
    driver = Driver(machine, {}, asyncio.get_running_loop(), faults.report)
    driver.flow_lost(FLOW)
    driver.close()
    driver.flow_lost(FLOW)
    assert machine.lost == [FLOW]


@pytest.mark.parametrize("times", [1, 3])
async def test_a_machine_that_raises_resumes_with_what_is_left(times: int) -> None:
    carried: list[object] = []
    faults = Faults()
    handlers = {bytes: carried.append, int: carried.append}
    driver = Driver(Clumsy(), handlers, asyncio.get_running_loop(), faults.report)
    driver.receive(b"%d" % times, FLOW)
    assert carried == [b"resumed", 1]
    assert faults.inputs == [(b"%d" % times, FLOW)] * times
    assert faults.errors[-1] == "tripped, 0 to go"


async def test_a_machine_that_only_raises_is_left_alone_after_a_while() -> None:
    carried: list[object] = []
    faults = Faults()
    handlers = {bytes: carried.append, int: carried.append}
    driver = Driver(Clumsy(), handlers, asyncio.get_running_loop(), faults.report)
    driver.receive(b"%d" % (MOST_FAULTS + 8), FLOW)
    assert len(faults.inputs) == MOST_FAULTS
    assert carried == []


async def test_a_handler_that_raises_costs_its_effect_only() -> None:
    carried: list[object] = []
    faults = Faults()

    def refuse(effect: object) -> None:
        raise OSError("no")

    driver = Driver(
        Echo(), {bytes: refuse, int: carried.append}, asyncio.get_running_loop(), faults.report
    )
    driver.receive(b"one", FLOW)
    assert carried == [3]
    assert faults.errors == ["no"]


async def test_a_deadline_that_only_raises_does_not_keep_the_loop_busy() -> None:
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[bytes] = loop.create_future()
    faults = Faults()
    machine = Clumsy(deadline=loop.time())
    driver = Driver(machine, {bytes: woken.set_result, int: lambda _: None}, loop, faults.report)
    driver.settle()
    await asyncio.wait_for(woken, 5.0)
    for _ in range(100):
        await asyncio.sleep(0)
    driver.close()
    assert len(machine.expired) == 1 < PAUSE * 100
