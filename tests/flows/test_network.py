"""Networks that lose, repeat and reorder: in the end everybody agrees, and nothing is left."""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from softswitch.calls.record import Cause, Disposition
from tests.flows.conftest import MakeOffice
from tests.support.handset import Handset, answers_after, refuses_with, rings
from tests.support.office import Office
from tests.support.world import Address

TWO = """
employees:
  101: {name: One, password: p}
  102: {name: Two, password: p}
"""
Cut = Callable[[bytes, Address, Address], bool]


class Cutter:
    """Stands in the network and takes out what it is told to."""

    def __init__(self, world: Office) -> None:
        self.cuts: Cut = lambda data, source, destination: False
        self.passed: Counter[tuple[str, str, str]] = Counter()
        """By source, destination and first word: a method or a status."""

        carry = world.network.send

        def send(data: bytes, source: Address, destination: Address) -> None:
            if self.cuts(data, source, destination):
                return
            self.passed[source[0], destination[0], word(data)] += 1
            carry(data, source, destination)

        world.network.send = send  # type: ignore[method-assign]


def word(data: bytes) -> str:
    """Return the method of a request, the status and method of a response, nothing of RTP."""
    if b"SIP/2.0" not in data[:300]:
        return ""
    first = data.split(b" ", 2)
    if first[0] != b"SIP/2.0":
        return first[0].decode()
    method = data.partition(b"CSeq: ")[2].partition(b"\r\n")[0].split()[-1]
    return f"{first[1].decode()} {method.decode()}"


def talking(world: Office) -> tuple[Handset, Handset]:
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    one.call("102")
    world.until(lambda: one.connected and two.connected)
    world.advance(1.0)
    return one, two


def assert_all_agree(world: Office, calls: int) -> None:
    """Fail unless telephones and switch have the same calls, and each a record or a leg."""
    views = {number: handset.phone.dialogs() for number, handset in world.handsets.items()}
    states = {number: [view.state.value for view in seen] for number, seen in views.items()}
    assert states["101"] == states["102"], states
    assert set(states["101"]) <= {"connected"}, states
    up = len(states["101"])
    assert world.switch.exchange.counts()["calls"] == up
    assert world.switch.endpoint.counts()["legs"] == 2 * up
    assert len(world.records) + up == calls


BAD = [
    {"loss": 0.2},
    {"duplication": 0.3},
    {"jitter": 0.3},
    {"loss": 0.2, "duplication": 0.2, "jitter": 0.3},
]


@pytest.mark.parametrize("conditions", BAD, ids=["loss", "copies", "disorder", "all"])
@pytest.mark.parametrize("seed", range(12))
def test_calls_over_a_bad_network(
    office: MakeOffice, seed: int, conditions: dict[str, float]
) -> None:
    world = office(TWO, seed=seed)
    dice = random.Random(seed)
    one, two = world.register("101", "102")
    world.network.impair(**conditions)
    for _ in range(3):
        two.user = dice.choice(
            [rings, answers_after(dice.uniform(0.0, 3.0)), refuses_with(486, after=1.0)]
        )
        one.call("102")
        world.advance(dice.uniform(0.0, 5.0))
        dice.choice([one.hang_up, two.hang_up, lambda: None])()
        world.advance(dice.uniform(0.0, 2.0))
        for handset in (one, two):
            handset.hang_up()
        world.advance(100.0)
    world.network.impair(loss=0.0, duplication=0.0, jitter=0.0)
    world.advance(70.0)
    assert_all_agree(world, len({invite.call_id() for invite in two.invites}))
    assert len({record.call for record in world.records}) == len(world.records)


@pytest.mark.parametrize("seed", range(12))
def test_a_call_that_nobody_ends_survives_a_bad_network(office: MakeOffice, seed: int) -> None:
    world = office(TWO, seed=seed)
    one, two = world.register("101", "102")
    world.network.impair(loss=0.2, duplication=0.2, jitter=0.3)
    two.user = answers_after(1.0)
    one.call("102")
    world.advance(45.0)
    assert one.connected
    assert two.connected
    assert_all_agree(world, 1)


def test_the_answer_is_repeated_until_it_is_acknowledged(office: MakeOffice) -> None:
    world = office(TWO)
    cutter = Cutter(world)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    began = world.now + 0.5
    cutter.cuts = lambda data, source, to: (
        source == one.address and word(data) == "ACK" and began < world.now < began + 7.0
    )
    one.call("102")
    world.until(lambda: two.connected)
    began = world.now
    world.advance(10.0)
    assert cutter.passed["10.0.0.1", one.address[0], "200 INVITE"] == 5
    assert one.connected
    assert two.connected


def test_a_lost_ack_ends_the_call_with_bye_and_its_cause(office: MakeOffice) -> None:
    world = office(TWO)
    cutter = Cutter(world)
    one, two = world.register("101", "102")
    two.user = answers_after(1.0)
    cutter.cuts = lambda data, source, to: (
        source == one.address and word(data) == "ACK" and world.now > 1000.5
    )
    one.call("102")
    world.until(lambda: one.connected)
    answered = world.now
    world.until(lambda: not one.connected, within=40.0)
    assert world.now - answered == pytest.approx(32.0, abs=0.1)
    world.advance(1.0)
    assert not two.connected
    [record] = world.records
    assert record.cause is Cause.NO_ACK
    assert record.by == "switch"


def test_a_lost_bye_is_sent_again(office: MakeOffice) -> None:
    world = office(TWO)
    cutter = Cutter(world)
    one, two = talking(world)
    gone = world.now
    cutter.cuts = lambda data, source, to: word(data) == "BYE" and world.now < gone + 3.0
    one.hang_up()
    world.advance(9.0)
    assert not one.phone.dialogs()
    assert not two.phone.dialogs()
    assert cutter.passed["10.0.0.1", two.address[0], "BYE"] == 1


def test_one_invite_in_many_copies_is_one_call(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    world.network.impair(duplication=1.0)
    one.call("102")
    world.advance(2.0)
    assert len(two.invites) == 1
    assert world.switch.exchange.calls == 1
    one.hang_up()
    world.advance(1.0)
    assert len(world.records) == 1


def test_a_telephone_that_is_gone_is_given_up_in_32_seconds(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = world.register("101", "102")
    two.unplug()
    one.call("102")
    began = world.now
    world.until(lambda: one.refused_with, within=40.0)
    assert world.now - began < 33.0
    world.until(lambda: world.records, within=40.0)
    assert world.records[0].disposition is Disposition.NO_ANSWER


def test_sound_survives_a_bad_network(office: MakeOffice) -> None:
    world = office(TWO)
    one, two = talking(world)
    world.network.impair(loss=0.05, duplication=0.05, jitter=0.03)
    one.say(bytes(160 * 500))
    world.advance(11.0)
    packets = {data[2:4] for _, data in two.talk().heard}
    assert len(packets) >= 0.85 * 500
