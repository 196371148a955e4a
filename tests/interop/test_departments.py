"""Departments on the wire: which phones ring when, and who has the call."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from softswitch.phone.events import (
    CallRefused,
    Cancelled,
    Confirmed,
    Connected,
    Ended,
    HungUp,
    Incoming,
    PhoneOutput,
)
from tests.support.daemon import Daemon, employees
from tests.support.socket_phone import SocketPhone

EXACTLY = 0.1
"""Seconds by which a phone may ring or stop too early or too late."""

MEMBERS = ("102", "103", "104")
RULES = (
    employees("101", *MEMBERS)
    + """
departments:
  together:
    number: 600
    ring: all at once
    members: [102, 103, 104]
    no_answer: {after: 2s, to: hang up}
  one after another:
    number: 601
    ring: in turn
    timeout: 1s
    members: [102, {employee: 103, timeout: 2s}, 104]
    no_answer: {to: hang up}
  more and more:
    number: 602
    ring: increasing
    delay: 1s
    members: [102, 103, {employee: 104, delay: 3s}]
    no_answer: {after: 4s, to: hang up}
"""
)

pytestmark = [pytest.mark.interop, pytest.mark.slow]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("departments"), RULES) as daemon:
        yield daemon


class Office:
    """A caller and the members of every department, all registered."""

    def __init__(self, caller: SocketPhone, members: dict[str, SocketPhone]) -> None:
        self.caller = caller
        self.members = members
        self._began = 0.0

    async def call(self, number: str) -> str:
        name = self.caller.call(number)
        self._began = time.monotonic()
        return name

    def rang(self, kind: type[PhoneOutput]) -> dict[str, list[float]]:
        """Return when each member heard events of this kind, in seconds from the call."""
        return {
            number: [at - self._began for at in phone.times(kind)]
            for number, phone in self.members.items()
            if phone.times(kind)
        }

    def complaints(self) -> list[str]:
        phones = [self.caller, *self.members.values()]
        return [what for phone in phones for what in phone.complaints]


@pytest.fixture
async def office(daemon: Daemon) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        phones = [
            await stack.enter_async_context(await SocketPhone(number).open(daemon.address))
            for number in ("101", *MEMBERS)
        ]
        for phone in phones:
            await phone.register()
        caller, *members = phones
        yield Office(caller, {phone.number: phone for phone in members})
        for phone in phones:
            await phone.unregister()


def exactly(**times: float) -> dict[str, object]:
    """Return what `rang` says when each phone (`p102`) hears one event at its time."""
    return {name[1:]: pytest.approx([at], abs=EXACTLY) for name, at in times.items()}


async def test_all_at_once_rings_everybody_and_stops_everybody(office: Office) -> None:
    await office.call("600")
    await office.caller.wait_for(CallRefused)
    assert office.rang(Incoming) == exactly(p102=0.0, p103=0.0, p104=0.0)
    assert office.rang(Cancelled) == exactly(p102=2.0, p103=2.0, p104=2.0)
    assert office.complaints() == []


async def test_in_turn_stops_the_one_before_the_next_starts(office: Office) -> None:
    await office.call("601")
    await office.caller.wait_for(CallRefused)
    assert office.rang(Incoming) == exactly(p102=0.0, p103=1.0, p104=3.0)
    assert office.rang(Cancelled) == exactly(p102=1.0, p103=3.0, p104=4.0)
    assert office.complaints() == []


async def test_increasing_keeps_the_earlier_phones_ringing(office: Office) -> None:
    await office.call("602")
    await office.caller.wait_for(CallRefused)
    assert office.rang(Incoming) == exactly(p102=0.0, p103=1.0, p104=3.0)
    assert office.rang(Cancelled) == exactly(p102=4.0, p103=4.0, p104=4.0)
    assert office.complaints() == []


async def test_an_answer_stops_all_the_others_and_says_why(office: Office) -> None:
    office.members["103"].answers = 0.3
    call = await office.call("600")
    await office.caller.wait_for(Connected)
    for loser in ("102", "104"):
        cancelled = await office.members[loser].wait_for(Cancelled)
        assert cancelled.reason == 'SIP;cause=200;text="Call completed elsewhere"'
    assert office.rang(Cancelled) == exactly(p102=0.3, p104=0.3)
    await office.members["103"].wait_for(Confirmed)
    office.caller.hang_up(call)
    await office.members["103"].wait_for(HungUp)
    assert office.complaints() == []


async def test_exactly_one_wins_when_two_answer_in_the_same_millisecond(office: Office) -> None:
    rivals = [office.members[number] for number in ("102", "103")]
    for count in range(1, 11):
        call = await office.call("600")
        await asyncio.gather(*(rival.wait_for(Incoming, count=count) for rival in rivals))
        for rival in rivals:  # both are on their way before either hears a reply
            rival.answer(rival.events(Incoming)[-1].call)
        await office.caller.wait_for(Connected, count=count)
        await asyncio.gather(*(rival.wait_for(Confirmed, count=count) for rival in rivals))
        # The loser's answer is confirmed, and hung up on at once; the winner's call goes on.
        await _one_of(rivals, HungUp, count)
        office.caller.hang_up(call)
        await office.caller.wait_for(Ended, count=count)
        await asyncio.gather(*(rival.wait_for(HungUp, count=count) for rival in rivals))
        await office.members["104"].wait_for(Cancelled, count=count)
    assert len(office.caller.events(Connected)) == 10
    assert office.complaints() == []


async def _one_of(phones: list[SocketPhone], kind: type[HungUp], count: int) -> None:
    """Wait until one of the phones has heard so many events, and no other has."""
    waiting = [asyncio.create_task(phone.wait_for(kind, count=count)) for phone in phones]
    done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    assert len(done) == 1
