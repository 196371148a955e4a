"""Calls that no user ends."""

import pytest

from media.control import WorkerLost
from softswitch.calls.record import Cause, Record
from tests.flows.conftest import MakeOffice
from tests.support.audio import tone
from tests.support.handset import Handset, answers_after, encode_ulaw
from tests.support.office import Office

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
  103: {name: Three, password: p}
"""


def talking(world: Office) -> tuple[Handset, Handset]:
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    return one, two


def the_end(world: Office) -> Record:
    """Return the record of the only call, which both telephones know to be over."""
    world.advance(1.0)
    for handset in world.handsets.values():
        assert not handset.connected
    [record] = world.records
    return record


def test_the_longest_duration_ends_a_call(office: MakeOffice) -> None:
    world = office(TWO + "security: {call_duration: 60s}\n")
    one, _two = talking(world)
    answered = world.now
    world.until(lambda: not one.connected, within=70.0)
    assert world.now - answered == pytest.approx(60.0, abs=0.1)
    record = the_end(world)
    assert (record.cause, record.by) == (Cause.MAXIMUM_DURATION, "switch")
    assert record.disposition.value == "ANSWERED"


def test_a_call_in_which_nobody_is_ever_heard_ends_after_300_s(office: MakeOffice) -> None:
    world = office(TWO)
    one, _two = talking(world)
    answered = world.now
    world.until(lambda: not one.connected, within=400.0)
    assert world.now - answered == pytest.approx(300.0, abs=1.0)
    record = the_end(world)
    assert (record.cause, record.by) == (Cause.DEAD_MEDIA, "switch")


def test_a_call_on_hold_is_borne_for_1800_s(office: MakeOffice) -> None:
    world = office(TWO)
    one, _two = talking(world)
    one.hold(next(iter(one.connected)))
    held = world.now
    world.advance(1700.0)
    assert one.connected
    world.until(lambda: not one.connected, within=200.0)
    assert world.now - held == pytest.approx(1800.0, abs=1.0)
    assert the_end(world).cause is Cause.DEAD_MEDIA


def test_a_telephone_that_falls_silent_ends_the_call(office: MakeOffice) -> None:
    world = office(TWO + "security: {silence: 15s}\n")
    one, two = talking(world)
    one.say(encode_ulaw(tone(400, 25.0)))
    two.say(encode_ulaw(tone(700, 5.0)))
    answered = world.now
    world.until(lambda: not one.connected, within=30.0)
    assert world.now - answered == pytest.approx(20.0, abs=1.0)
    assert the_end(world).cause is Cause.DEAD_MEDIA


@pytest.mark.parametrize("limit", [12.0, 45.0, 70.0])
def test_silence_ends_the_call_at_the_limit_that_is_set(office: MakeOffice, limit: float) -> None:
    world = office(TWO + f"security: {{silence: {limit:g}s}}\n")
    one, two = talking(world)
    one.say(encode_ulaw(tone(400, limit + 15.0)))
    two.say(encode_ulaw(tone(700, 5.0)))
    world.advance(5.0)
    last = world.now
    world.until(lambda: not one.connected, within=limit + 10.0)
    assert world.now - last == pytest.approx(limit, abs=0.1)


def test_who_is_heard_again_is_given_the_whole_time_anew(office: MakeOffice) -> None:
    world = office(TWO + "security: {silence: 15s}\n")
    one, two = talking(world)
    one.say(encode_ulaw(tone(400, 45.0)))
    world.advance(14.0)  # two was never heard
    two.say(encode_ulaw(tone(700, 1.0)))
    world.advance(1.0)
    last = world.now
    world.until(lambda: not one.connected, within=30.0)
    assert world.now - last == pytest.approx(15.0, abs=0.1)


def test_who_was_on_hold_for_long_is_not_cut_off_when_taken_back(office: MakeOffice) -> None:
    world = office(TWO + "security: {silence: 45s}\n")
    one, _two = talking(world)
    call = next(iter(one.connected))
    one.hold(call)
    world.advance(600.0)
    one.hold(call, "sendrecv")
    back = world.now
    world.until(lambda: not one.connected, within=60.0)
    assert world.now - back == pytest.approx(45.0, abs=0.1)


def test_two_who_talk_are_not_cut_off(office: MakeOffice) -> None:
    world = office(TWO + "security: {silence: 12s}\n")
    one, two = talking(world)
    one.say(encode_ulaw(tone(400, 20.0)))
    two.say(encode_ulaw(tone(700, 20.0)))
    world.advance(20.0)
    assert one.connected
    assert two.connected


def test_a_lost_worker_ends_its_calls_and_says_so(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    world.media_event(WorkerLost("killed"))
    world.until(lambda: not one.connected and not two.connected, within=1.0)
    record = the_end(world)
    assert (record.cause, record.by) == (Cause.WORKER_LOST, "switch")


def test_a_worker_that_is_lost_while_it_rings_refuses_the_call(office: MakeOffice) -> None:
    world = office(TWO)
    one, _ = world.register("101", "102")
    one.call("102")
    world.advance(1.0)
    world.media_event(WorkerLost("killed"))
    world.advance(0.5)
    assert one.refused_with == 503
    assert not world.ringing
    assert the_end(world).cause is Cause.WORKER_LOST


@pytest.mark.parametrize("holder", ["101", "102"])
def test_a_telephone_that_is_unplugged_is_found_out_by_the_next_change(
    office: MakeOffice, holder: str
) -> None:
    world = office(TWO)
    one, two = talking(world)
    holds, gone = (one, two) if holder == "101" else (two, one)
    gone.unplug()
    holds.hold(next(iter(holds.connected)))
    world.until(lambda: not holds.connected, within=40.0)
    world.until(lambda: world.records, within=40.0)
    assert world.records[0].cause is Cause.LOST
    gone.connected.clear()
    gone.phone.connection_lost(world.now)


def test_hanging_up_on_an_unplugged_telephone_ends_the_call_at_once(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    two.unplug()
    one.hang_up()
    world.advance(1.0)
    assert not one.phone.dialogs()
    [record] = world.records
    assert record.cause is Cause.CALLER_HUNG_UP
    world.advance(70.0)
    assert not any(world.switch.endpoint.counts().values())
