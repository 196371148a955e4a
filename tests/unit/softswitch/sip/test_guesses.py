import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.guesses import Guesses, Tally
from tests.unit.softswitch.sip.speaking import flow


def from_host(host: str) -> Flow:
    return Flow("udp", ("::", 5060), (host, 5060))


def test_a_tally_is_full_for_a_while_after_it_was_filled() -> None:
    tally = Tally(limit=2, within=60.0)
    tally.add("a", 0.0)
    assert not tally.is_full("a", 0.0)
    tally.add("a", 50.0)
    assert tally.is_full("a", 109.0)
    assert not tally.is_full("a", 110.0)


def test_what_happens_seldom_never_fills_a_tally() -> None:
    tally = Tally(limit=3, within=60.0)
    for minute in range(100):
        tally.add("a", 30.0 * minute)
        assert not tally.is_full("a", 30.0 * minute)


def test_a_tally_forgets_the_oldest_when_there_are_too_many() -> None:
    tally = Tally(limit=1, within=60.0)
    for number in range(10_001):
        tally.add(str(number), 0.0)
    assert len(tally) == 10_000
    assert not tally.is_full("0", 0.0)
    assert tally.is_full("10000", 0.0)


def test_forgiving_an_address_does_not_forgive_its_host() -> None:
    guesses = Guesses(of_address=10, of_host=3, within=60.0)
    for port in (5060, 5060, 5061):
        guesses.note(flow(port=port), 0.0)
    guesses.forgive(flow(port=5060))
    assert guesses.are_too_many(flow(port=5062), 0.0)


@pytest.mark.parametrize(
    ("guesser", "other", "barred"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_the_host_of_an_ipv6_address_is_its_network(
    guesser: str, other: str, *, barred: bool
) -> None:
    guesses = Guesses(of_address=10, of_host=1, within=60.0)
    guesses.note(from_host(guesser), 0.0)
    assert guesses.are_too_many(from_host(other), 0.0) is barred
