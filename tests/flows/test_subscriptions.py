"""Subscriptions and referrals over networks that lose, repeat and reorder: both sides agree."""

from random import Random

import pytest

from softswitch.sip.dialog import Over, Phase
from tests.support.clerk import ADDRESS, Clerk
from tests.support.station import Seen, Station
from tests.support.world import Conditions, Network, World

BAD = Conditions(latency=0.02, jitter=0.5, loss=0.2, duplication=0.1)


class Place:
    """A clerk, and a station that talks with it."""

    def __init__(self, seed: int = 0, conditions: Conditions | None = None) -> None:
        self.world = World()
        self.network = Network(self.world, seed, conditions)
        self.clerk = Clerk(self.world, self.network)
        self.station = Station(self.world, self.network, "101", "p", ("10.0.1.1", 5060), ADDRESS)

    def settle(self, seconds: float = 120.0) -> None:
        """Let the network be good, and time pass."""
        self.network.impair(loss=0.0, jitter=0.0, duplication=0.0)
        self.world.advance(seconds)

    def told(self, seen: Seen) -> list[tuple[str, str]]:
        return [(state, body.decode()) for state, body in seen.told]


# Subscriptions


def test_a_station_sees_every_state_and_the_end() -> None:
    place = Place()
    seen = place.station.subscribe("102")
    place.world.advance(1.0)
    place.clerk.change()
    place.world.advance(1.0)
    place.station.unsubscribe(seen)
    place.world.advance(1.0)
    assert place.told(seen) == [("active", "0"), ("active", "1"), ("terminated", "1")]
    assert seen.over == Over("timeout", 0)
    assert place.clerk.subscriptions == {}


def test_a_subscription_is_kept_for_hours() -> None:
    place = Place()
    seen = place.station.subscribe("102", expires=120)
    place.world.advance(3 * 3600.0)
    assert seen.over is None
    assert len(seen.told) > 100
    assert list(place.clerk.subscriptions.values()) == ["102"]


def test_a_station_that_has_gone_is_forgotten() -> None:
    place = Place()
    place.station.subscribe("102")
    place.world.advance(1.0)
    place.station.unplug()
    place.clerk.change()
    place.settle()
    assert place.clerk.subscriptions == {}
    assert place.clerk.held == {}


@pytest.mark.parametrize("seed", range(25))
def test_on_a_bad_network_the_newest_state_arrives_and_both_sides_agree(seed: int) -> None:
    place, chance = Place(seed, BAD), Random(seed)
    seen = place.station.subscribe("102", expires=chance.choice([60, 120, 600]))
    for _ in range(30):
        place.world.advance(chance.uniform(0.0, 8.0))
        place.clerk.change()
    place.settle()
    assert list(place.clerk.subscriptions.values()) == ["102"]
    assert seen.subscriber is not None
    assert seen.subscriber.phase is Phase.RUNNING
    assert seen.told[-1] == ("active", b"30")
    place.station.unsubscribe(seen)
    place.settle()
    assert seen.over == Over("timeout", 0)
    assert place.clerk.subscriptions == {}
    assert place.clerk.held == {}
    assert place.station.live == 0
    numbers = [int(body) for _, body in seen.told]
    assert numbers == sorted(numbers), "an old state came after a newer one"


# Referrals


def test_a_referral_is_told_to_its_end() -> None:
    place = Place()
    place.station.call("102")
    place.world.advance(1.0)
    seen = place.station.refer("sip:103@10.0.0.1")
    place.world.advance(5.0)
    assert [event.number for event in place.clerk.transfers] == ["103"]
    assert [body.split()[1] for _, body in seen.told] == [b"100", b"180", b"200"]
    assert seen.over == Over("noresource")


@pytest.mark.parametrize("hangs_up_after", [None, 0.3, 1.5])
@pytest.mark.parametrize("seed", range(15))
def test_on_a_bad_network_a_referral_is_told_to_its_end(
    seed: int, hangs_up_after: float | None
) -> None:
    place = Place(seed)
    place.station.call("102")
    place.world.until(lambda: place.station.dialog is not None)
    place.world.advance(1.0)
    place.network.impair(loss=BAD.loss, jitter=BAD.jitter, duplication=BAD.duplication)
    seen = place.station.refer("sip:103@10.0.0.1")
    if hangs_up_after is not None:
        place.world.after(hangs_up_after, place.station.hang_up)
    place.world.advance(60.0)
    place.settle()
    if place.station.refer_status == 481:  # BYE was faster
        assert place.clerk.transfers == []
        assert seen.over == Over("gone", 0)
    else:
        assert len(place.clerk.transfers) == 1
        assert seen.told[-1] == ("terminated", b"SIP/2.0 200 OK\r\n")
        assert seen.over == Over("noresource")
    if not place.station.has_ended:
        place.station.hang_up()
    place.settle(400.0)
    assert place.clerk.held == {}
    assert len(place.clerk.ended) == 1
    assert place.station.live == 0
