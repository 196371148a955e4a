"""The parts of a switch talk to each other; only what is for others comes out."""

from pathlib import Path
from typing import cast, get_args

import pytest

from media.control import Closed as StreamClosed
from media.control import Leased, Open
from media.measuring import Statistics
from softswitch.applications import Troupe
from softswitch.calls.facts import Logged
from softswitch.calls.instructions import ApplicationWanted, Heard
from softswitch.calls.outputs import Discard as CallDiscard
from softswitch.calls.outputs import Output, ToMedia
from softswitch.calls.record import Closed
from softswitch.configuration.load import parse
from softswitch.daemon.addresses import Own, addresses
from softswitch.daemon.composition import compose
from softswitch.daemon.media_link import MediaLink
from softswitch.daemon.switch import EFFECTS, Effect, ReachChange, Switch
from softswitch.identifiers import Identifiers, counted
from softswitch.phone.agent import Phone
from softswitch.phone.events import CallRefused, Connected, HungUp, Registered, Send
from softswitch.routing.plan import Prompt
from softswitch.sip.binding import BindingRemoved, BindingSaved
from softswitch.sip.flow import Flow
from softswitch.sip.outputs import EndpointOutput
from softswitch.sip.transaction import Discard, Transmit
from softswitch.sip.vocabulary import LegCommand, LegEvent
from softswitch.sip.watching import SubscriptionEvent
from tests.unit.softswitch.daemon.test_media_link import Engine

TEXT = """
    employees: {101: {password: long-enough}, 102: {password: long-enough}}
    menus: {main: {greeting: {say: hello}, keys: {1: employee 102}}}
    numbers: {500: {open: menu main}}
    network: {listen: [udp 10.0.0.1:5060]}
"""
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0\r\n"
)
NOW = 100.0


class Table:
    """A switch and one phone, joined by nothing but bytes."""

    def __init__(self) -> None:
        loaded = parse(TEXT, Path("/nowhere"), {})
        self.broken = ""
        self.link = MediaLink([Engine()], self._told)
        self.link.prepare()
        self.link.hear(0, Leased((20_000, 20_002)))
        self.switch: Switch = compose(
            loaded,
            addresses(loaded.settings, Own("10.0.0.1")),
            self.link,
            self._sources,
            Identifiers(counted("s")),
            0.0,
            bytes(32),
        )
        self.flow = Flow("udp", ("10.0.0.1", 5060), ("10.0.0.2", 5060))
        there = Flow("udp", ("10.0.0.2", 5060), ("10.0.0.1", 5060))
        self.phone = Phone("101", "long-enough", there, Identifiers(counted("p")))
        self.effects: list[Effect] = []
        self.heard: list[object] = []

    def say(self, outputs: list[object]) -> None:
        """Carry bytes to and fro until both sides are silent."""
        for output in outputs:
            if isinstance(output, Send):
                self.carry_out(self.switch.receive(output.data, self.flow, NOW))
            else:
                self.heard.append(output)

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            self.effects.append(effect)
            if isinstance(effect, Transmit):
                self.say([*self.phone.receive(effect.data, NOW)])

    def _told(self, flow: Flow) -> str:
        if self.broken == "ports":
            raise RuntimeError("broken ports")
        return "10.0.0.1"

    def _sources(self, prompt: Prompt) -> tuple[str, ...]:
        if self.broken == "prompts":
            raise RuntimeError("broken prompts")
        return ("tone:beep",)

    def effects_of(self, kind: type) -> list[Effect]:
        return [effect for effect in self.effects if isinstance(effect, kind)]


@pytest.fixture
def table() -> Table:
    return Table()


def test_a_registration_comes_out_to_be_saved(table: Table) -> None:
    table.say([*table.phone.register(NOW)])
    assert [type(event) for event in table.heard] == [Registered]
    [saved] = table.effects_of(BindingSaved)
    assert isinstance(saved, BindingSaved)
    assert saved.binding.extension == "101"
    assert table.switch.deadline is not None


def test_a_registration_that_is_restored_and_expires_comes_out_removed(table: Table) -> None:
    table.say([*table.phone.register(NOW)])
    [saved] = table.effects_of(BindingSaved)
    assert isinstance(saved, BindingSaved)
    other = Table().switch
    assert other.restore([saved.binding], NOW) == []
    assert other.deadline == saved.binding.expires_at
    assert other.expire(saved.binding.expires_at) == [BindingRemoved("101", saved.binding.contact)]


def test_who_asks_hears_of_phones_that_come_and_go(table: Table) -> None:
    heard: list[object] = []

    def hear(change: ReachChange, now: float) -> list[object]:
        heard.append(change)
        return [Discard("heard")]

    table.say([*table.phone.register(NOW)])
    table.switch.announce(hear)
    table.say([*table.phone.register(NOW + 1.0)])
    assert heard == [], "it was there before"
    table.say([*table.phone.unregister(NOW + 2.0)])
    assert [type(change) for change in heard] == [BindingRemoved]
    table.say([*table.phone.register(NOW + 3.0)])
    assert [type(change) for change in heard] == [BindingRemoved, BindingSaved]
    assert table.switch.discards["heard"] == 2, "what is said about it goes its way"
    assert len(table.effects_of(BindingSaved)) == 3
    assert len(table.effects_of(BindingRemoved)) == 1


def test_a_call_into_an_application_needs_nobody_outside_but_media(table: Table) -> None:
    call, outputs = table.phone.call("*43", SDP, NOW)
    table.say([*outputs])
    assert any(isinstance(event, Connected) for event in table.heard)
    opened = [effect.command for effect in table.effects if isinstance(effect, ToMedia)]
    assert isinstance(opened[0], Open)
    assert table.effects_of(Logged)
    table.say([*table.phone.hang_up(call, NOW)])
    assert table.switch.exchange.calls == 1  # its stream is not closed yet


def test_what_is_discarded_is_counted(table: Table) -> None:
    assert table.switch.receive(b"\r\n\r\n", table.flow, NOW) == []
    assert table.switch.receive(b"hello", table.flow, NOW) == []
    assert table.switch.discards == {"keep-alive": 1, "unreadable": 1}


def test_a_switch_that_drains_refuses_and_ends(table: Table) -> None:
    _, outputs = table.phone.call("*43", SDP, NOW)
    table.say([*outputs])
    assert not table.switch.is_idle
    table.switch.drain()
    assert any(isinstance(effect, Transmit) for effect in table.switch.end_all(NOW))
    table.effects.clear()
    _, outputs = table.phone.call("102", SDP, NOW)
    table.say([*outputs])
    [closed] = table.effects_of(Closed)
    assert isinstance(closed, Closed)
    assert closed.record.cause == "stopping"


def test_the_earliest_deadline_of_all_parts_counts(table: Table) -> None:
    assert table.switch.deadline is None
    assert isinstance(table.switch.troupe, Troupe)
    table.say([*table.phone.register(NOW)])
    assert table.switch.deadline == table.switch.endpoint.deadline


def flattened(union: object) -> set[type]:
    """Return the types of a union of unions."""
    parts = get_args(union)
    return set().union(*map(flattened, parts)) if parts else {cast(type, union)}


@pytest.mark.parametrize("outputs", [EndpointOutput, Output])
def test_whatever_a_part_says_is_for_another_part_or_an_effect(outputs: object) -> None:
    known = flattened(LegEvent | LegCommand | ApplicationWanted | Heard | Discard | CallDiscard)
    known |= flattened(SubscriptionEvent)
    assert flattened(outputs) <= known | EFFECTS


def trip(table: Table, number: str, broken: str) -> None:
    """Call while something in the switch is broken, and let it resume."""
    table.broken = broken
    _, outputs = table.phone.call(number, SDP, NOW)
    with pytest.raises(RuntimeError, match=f"broken {broken}"):
        table.say([*outputs])
    table.broken = ""
    table.carry_out(table.switch.resume(NOW))


def test_a_call_in_which_something_raises_is_ended_and_leaves_nothing(table: Table) -> None:
    trip(table, "*43", "ports")
    [refused] = [event for event in table.heard if isinstance(event, CallRefused)]
    assert refused.status == 503
    [closed] = table.effects_of(Closed)
    assert isinstance(closed, Closed)
    assert closed.record.cause == "switch-failed"
    assert not any(table.switch.exchange.counts().values())


def test_a_call_whose_application_raises_is_ended_and_leaves_nothing(table: Table) -> None:
    trip(table, "500", "prompts")
    assert any(isinstance(event, HungUp) for event in table.heard)
    assert not any(table.switch.troupe.counts().values())
    table.carry_out(table.switch.media(0, StreamClosed(1, Statistics()), NOW))
    [closed] = table.effects_of(Closed)
    assert isinstance(closed, Closed)
    assert closed.record.cause == "switch-failed"
    assert not any(table.switch.exchange.counts().values())


def test_other_calls_go_on_when_one_raises(table: Table) -> None:
    other, outputs = table.phone.call("*43", SDP, NOW)
    table.say([*outputs])
    trip(table, "500", "prompts")
    table.carry_out(table.switch.media(0, StreamClosed(2, Statistics()), NOW))
    assert table.switch.exchange.calls == 1
    assert [view.call for view in table.phone.dialogs()] == [other]


def test_nothing_happens_when_a_switch_resumes_for_no_reason(table: Table) -> None:
    assert table.switch.resume(NOW) == []
