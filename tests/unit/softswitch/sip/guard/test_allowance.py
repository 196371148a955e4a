from softswitch.sip.guard import Allowance


def test_a_burst_is_let_by_and_then_one_for_each_gap() -> None:
    allowance = Allowance(rate=10.0, burst=3)
    assert [allowance.take("a", 100.0) for _ in range(5)] == [True, True, True, False, False]
    assert [allowance.take("a", 100.1) for _ in range(2)] == [True, False]
    assert [allowance.take("a", 200.0) for _ in range(4)] == [True, True, True, False]


def test_the_pace_is_kept_in_the_long_run() -> None:
    allowance = Allowance(rate=50.0, burst=10)
    taken = sum(allowance.take("a", tick / 1000) for tick in range(10_000))
    assert 500 + 9 <= taken <= 500 + 10


def test_one_key_takes_no_turn_of_another() -> None:
    allowance = Allowance(rate=1.0, burst=1)
    assert allowance.take("loud", 0.0)
    assert not allowance.take("loud", 0.0)
    assert allowance.take("quiet", 0.0)


def test_who_has_to_wait_is_told_how_long() -> None:
    allowance = Allowance(rate=0.1, burst=1)
    assert allowance.take("a", 0.0)
    wait = allowance.wait("a", 2.0)
    assert not allowance.take("a", 2.0)
    assert allowance.take("a", 2.0 + wait)


def test_keys_are_forgotten_before_there_are_too_many() -> None:
    allowance = Allowance(rate=1.0, burst=1)
    for number in range(10_100):
        assert allowance.take(str(number), 0.0)
    assert len(allowance) == 10_000
    assert not allowance.take("10099", 0.0)
    assert allowance.take("0", 0.0)
