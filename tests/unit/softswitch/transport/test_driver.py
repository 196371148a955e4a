"""Time is the loop's; the machine here asks for alarms and notes when it was woken."""

import asyncio
from dataclasses import dataclass, field

from softswitch.sip.flow import Flow
from softswitch.transport.driver import Driver

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


async def test_effects_go_to_the_handler_of_their_type_in_order() -> None:
    carried: list[object] = []
    handlers = {bytes: carried.append, int: carried.append}
    driver = Driver(Echo(), handlers, asyncio.get_running_loop())
    driver.receive(b"one", FLOW)
    driver.receive(b"three", FLOW)
    assert carried == [b"one", 3, b"three", 5]


async def test_the_machine_is_woken_at_its_deadline() -> None:
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[bytes] = loop.create_future()
    machine = Echo(deadline=loop.time() + 0.01)
    driver = Driver(machine, {bytes: woken.set_result}, loop)
    driver.settle()
    assert await asyncio.wait_for(woken, 5.0) == b"expired"
    assert len(machine.expired) == 1


async def test_an_earlier_deadline_replaces_a_later_alarm() -> None:
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[bytes] = loop.create_future()
    machine = Echo(deadline=loop.time() + 3600.0)
    driver = Driver(machine, {bytes: woken.set_result}, loop)
    driver.settle()
    machine.deadline = loop.time() + 0.01
    driver.settle()
    assert await asyncio.wait_for(woken, 5.0) == b"expired"
    driver.close()


async def test_connections_that_end_after_closing_are_not_reported() -> None:
    machine = Echo()
    driver = Driver(machine, {}, asyncio.get_running_loop())
    driver.flow_lost(FLOW)
    driver.close()
    driver.flow_lost(FLOW)
    assert machine.lost == [FLOW]
