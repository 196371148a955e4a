import pytest

from softswitch.transport.limits import StreamLimits
from softswitch.transport.watch import PING, Watch

LIMITS = StreamLimits(
    stranger=20.0, handshake=10.0, idle=1000.0, message=15.0, ping=(60.0, 90.0), pong=5.0
)


def ready(*, pings: bool = False, is_stranger: bool = False, chance: float = 0.0) -> Watch:
    watch = Watch(LIMITS, lambda: chance, 0.0, pings=pings, is_stranger=is_stranger)
    watch.ready()
    return watch


def test_hands_that_are_not_shaken_in_time_end_it() -> None:
    watch = Watch(LIMITS, lambda: 0.0, 0.0, pings=False, is_stranger=True)
    watch.heard(9.0, is_message=False, is_pending=False)
    assert watch.due() == 10.0
    assert watch.look(9.9) == ""
    assert watch.look(10.0) == "handshake-unfinished"


def test_a_stranger_is_put_out_however_much_it_says() -> None:
    watch = ready(is_stranger=True)
    watch.heard(19.0, is_message=True, is_pending=False)
    assert watch.look(20.0) == "stranger"


def test_who_has_proven_itself_may_be_silent_until_the_idle_limit() -> None:
    watch = ready(is_stranger=True)
    watch.heard(5.0, is_message=True, is_pending=False)
    watch.is_stranger = False
    assert watch.due() == 1005.0
    assert watch.look(1005.0) == "idle"


def test_a_message_has_its_time_from_its_first_byte() -> None:
    watch = ready()
    assert watch.heard(1.0, is_message=False, is_pending=True)
    assert not watch.heard(14.0, is_message=False, is_pending=True)
    assert watch.look(15.9) == ""
    assert watch.look(16.0) == "message-unfinished"


def test_the_next_message_has_its_own_time() -> None:
    watch = ready()
    watch.heard(1.0, is_message=False, is_pending=True)
    assert watch.heard(14.0, is_message=True, is_pending=True)
    assert watch.due() == 29.0
    watch.heard(20.0, is_message=True, is_pending=False)
    assert watch.due() == 1020.0


@pytest.mark.parametrize(("chance", "due"), [(0.0, 60.0), (0.5, 75.0), (1.0, 90.0)])
def test_pings_are_spread_by_chance(chance: float, due: float) -> None:
    watch = ready(pings=True, chance=chance)
    assert watch.due() == due
    assert watch.look(due) == PING


def test_a_ping_without_a_pong_ends_what_has_answered_before() -> None:
    watch = ready(pings=True)
    assert watch.look(60.0) == PING
    watch.heard(60.1, is_message=False, is_pending=False)
    assert watch.look(120.0) == PING
    assert watch.due() == 125.0
    assert watch.look(125.0) == "no-pong"


def test_a_peer_that_has_never_answered_a_ping_is_only_pinged_on() -> None:
    watch = ready(pings=True)
    assert [watch.look(at) for at in (60.0, 65.0, 120.0, 180.0)] == [PING, "", PING, PING]


def test_pongs_alone_do_not_keep_what_nobody_uses() -> None:
    watch = ready(pings=True)
    watch.used(100.0)
    for at in range(160, 1100, 60):
        assert watch.look(float(at)) == PING
        watch.heard(at + 0.1, is_message=False, is_pending=False)
    assert watch.look(1100.0) == "idle"
