import pytest

from softswitch.sip.flow import Flow
from softswitch.sip.guard import Ban, Bans
from softswitch.sip.guard.bans import Tally
from softswitch.sip.settings import BanSettings
from tests.unit.softswitch.sip.speaking import flow

MINUTE, HOUR = 60.0, 3600.0
PEER = "198.51.100.7"


def from_host(host: str) -> Flow:
    return Flow("udp", ("::", 5060), (host, 5060))


def banned(bans: Bans, way: Flow, now: float) -> Ban:
    """Guess until there is a ban, and return it."""
    while not (begun := bans.begun()):
        bans.note(way, "101", now)
    return begun[0]


def test_a_tally_is_filled_by_so_many_within_its_window_and_begins_anew() -> None:
    tally = Tally(limit=2, within=60.0)
    assert [tally.fills("a", now) for now in (0.0, 50.0, 51.0, 52.0)] == [False, True, False, True]


def test_what_happens_seldom_never_fills_a_tally() -> None:
    tally = Tally(limit=3, within=60.0)
    assert not any(tally.fills("a", 30.0 * minute) for minute in range(100))


def test_a_tally_forgets_the_oldest_when_there_are_too_many() -> None:
    tally = Tally(limit=2, within=60.0)
    for number in range(10_001):
        tally.fills(str(number), 0.0)
    assert len(tally) == 10_000
    assert not tally.fills("0", 0.0)
    assert tally.fills("10000", 0.0)


def test_a_ban_says_who_since_when_until_when_and_how_often() -> None:
    bans = Bans(BanSettings(failures=3))
    for _ in range(2):
        bans.note(flow(), "102", 5.0)
    assert bans.begun() == []
    assert not bans.hold(flow(), 5.0)
    bans.note(flow(), "103", 6.0)
    ban = Ban(f"{PEER}:5060", 6.0, 66.0, 1, "103")
    assert bans.begun() == [ban]
    assert bans.begun() == []
    assert bans.standing(6.0) == [ban]
    assert bans.hold(flow(), 65.9)
    assert not bans.hold(flow(), 66.0)
    assert bans.standing(66.0) == []


def test_each_ban_lasts_twice_as_long_as_the_one_before_up_to_a_day() -> None:
    bans = Bans(BanSettings(failures=1))
    now, lengths = 0.0, []
    for _ in range(13):
        ban = banned(bans, flow(), now)
        lengths.append((ban.until - ban.since) / MINUTE)
        now = ban.until
    assert lengths == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440]


def test_each_hour_of_quiet_takes_one_ban_back() -> None:
    bans = Bans(BanSettings(failures=1))
    ban = banned(bans, flow(), 0.0)
    for _ in range(2):
        ban = banned(bans, flow(), ban.until)
    assert ban.times == 3
    assert banned(bans, flow(), ban.until + 2 * HOUR).times == 2
    later = bans.standing(ban.until + 2 * HOUR)[0]
    assert banned(bans, flow(), later.until + 99 * HOUR).times == 1


def test_who_stays_below_the_limit_of_a_minute_is_banned_by_that_of_an_hour() -> None:
    bans = Bans(BanSettings())
    guesses = 0
    for second in range(24 * 3600):
        way = flow(port=1024 + second % 60_000)
        if second % 60 < 50 and not bans.hold(way, float(second)):
            guesses += 1
            bans.note(way, "101", float(second))
    assert guesses < 7_000  # a day has 72,000 of these seconds
    assert {ban.address for ban in bans.begun()} == {PEER}


def test_an_office_whose_phones_mistype_all_day_is_not_banned() -> None:
    bans = Bans(BanSettings())
    for second in range(0, 24 * 3600, 30):
        for port in range(4):
            bans.note(flow(port=5060 + port), str(101 + port), float(second))
    assert bans.begun() == []


def test_guesses_that_are_heard_during_a_ban_do_not_prolong_it() -> None:
    bans = Bans(BanSettings(failures=1))
    ban = banned(bans, flow(), 0.0)
    for _ in range(5):
        bans.note(flow(), "102", 30.0)
    assert bans.standing(30.0) == [ban]
    assert bans.begun() == []


def test_forgiving_an_address_does_not_forgive_its_host() -> None:
    bans = Bans(BanSettings(failures=10, failures_of_host=3))
    for port in (5060, 5060, 5061):
        bans.note(flow(port=port), "101", 0.0)
        bans.forgive(flow(port=port))
    assert bans.hold(flow(port=5062), 0.0)
    assert [ban.address for ban in bans.standing(0.0)] == [PEER]


@pytest.mark.parametrize(
    ("guesser", "other", "is_banned"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_the_host_of_an_ipv6_address_is_its_network(
    guesser: str, other: str, *, is_banned: bool
) -> None:
    bans = Bans(BanSettings(failures=10, failures_of_host=1))
    bans.note(from_host(guesser), "101", 0.0)
    assert bans.hold(from_host(other), 0.0) is is_banned


def test_who_is_in_a_network_that_is_never_banned_may_guess() -> None:
    bans = Bans(BanSettings(failures=1, failures_of_host=1, never=("198.51.100.0/24",)))
    bans.note(flow(), "101", 0.0)
    bans.note(flow(host="203.0.113.1"), "101", 0.0)
    assert not bans.hold(flow(), 0.0)
    assert bans.hold(flow(host="203.0.113.1"), 0.0)


@pytest.mark.parametrize("address", [f"{PEER}:5060", PEER])
def test_a_ban_can_be_lifted_and_counts_no_more(address: str) -> None:
    bans = Bans(BanSettings(failures=2))
    banned(bans, flow(), 0.0)
    banned(bans, flow(host="203.0.113.9"), 0.0)
    assert [ban.address for ban in bans.lift(address, 1.0)] == [f"{PEER}:5060"]
    assert not bans.hold(flow(), 1.0)
    assert bans.hold(flow(host="203.0.113.9"), 1.0)
    assert banned(bans, flow(), 2.0).times == 1


def test_lifting_the_ban_of_a_host_lifts_those_of_its_ports() -> None:
    bans = Bans(BanSettings(failures=1, failures_of_host=3))
    for port in (5060, 5062, 5064):
        bans.note(flow(port=port), "101", 0.0)
    assert len(bans.standing(0.0)) == 4
    assert len(bans.lift(PEER, 0.0)) == 4
    assert not bans.hold(flow(), 0.0)


def test_what_was_counted_of_an_address_is_forgotten_with_its_ban() -> None:
    bans = Bans(BanSettings(failures=1, failures_of_host=3))
    for port in (5060, 5062):
        bans.note(flow(port=port), "101", 0.0)
    bans.lift(PEER, 0.0)
    bans.note(flow(port=5066), "101", 0.0)
    assert [ban.address for ban in bans.standing(0.0)] == [f"{PEER}:5066"]


@pytest.mark.parametrize(
    "address", ["2001:db8:1:2::1", "2001:db8:1:2::/64", "[2001:db8:1:2::1]:5060"]
)
def test_an_ipv6_ban_is_lifted_by_any_way_to_write_it(address: str) -> None:
    bans = Bans(BanSettings(failures=1, failures_of_host=1))
    bans.note(from_host("2001:db8:1:2::1"), "101", 0.0)
    assert len(bans.standing(0.0)) == 2
    assert bans.lift(address, 0.0)


def test_lifting_a_ban_of_nobody_lifts_nothing() -> None:
    bans = Bans(BanSettings(failures=1))
    ban = banned(bans, flow(), 0.0)
    for address in ("203.0.113.1", "198.51.100", "5060", "", "nonsense"):
        assert bans.lift(address, 0.0) == []
    assert bans.standing(0.0) == [ban]


def test_bans_of_before_a_restart_hold_and_grow() -> None:
    bans = Bans(BanSettings(failures=1))
    bans.restore([Ban(f"{PEER}:5060", -10.0, 50.0, 3, "101")])
    assert bans.hold(flow(), 49.0)
    assert bans.begun() == []
    assert banned(bans, flow(), 50.0).times == 4


def test_bans_are_forgotten_before_there_are_too_many() -> None:
    most = 100_000
    bans = Bans(BanSettings(failures=1, failures_of_host=most, failures_of_host_in_hour=most))
    for port in range(10_001):
        bans.note(flow(port=port), "101", 0.0)
    assert len(bans.standing(0.0)) == 10_000
    assert not bans.hold(flow(port=0), 0.0)
    assert bans.hold(flow(port=10_000), 0.0)


def test_a_name_that_is_kept_to_be_shown_is_a_short_one() -> None:
    bans = Bans(BanSettings(failures=1))
    bans.note(flow(), "1" * 5000, 0.0)
    assert len(bans.begun()[0].user) == 40
