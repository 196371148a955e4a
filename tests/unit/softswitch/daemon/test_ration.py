from softswitch.daemon.ration import Ration


def told(ration: Ration, now: float, *hosts: str) -> list[bool]:
    return [ration.allows(host, now) for host in hosts]


def test_one_host_does_not_use_up_the_lines_of_others() -> None:
    ration = Ration(most=4, of_one=2)
    assert told(ration, 0.0, "a", "a", "a", "b", "a") == [True, True, False, True, False]
    assert ration.untold() == 2
    assert ration.untold() == 0


def test_many_hosts_together_have_an_end_too() -> None:
    ration = Ration(most=3, of_one=2)
    assert told(ration, 0.0, "a", "b", "c", "d") == [True, True, True, False]
    assert ration.untold() == 1


def test_after_a_while_there_are_lines_again() -> None:
    ration = Ration(most=1, of_one=1, within=60.0)
    assert told(ration, 0.0, "a", "a") == [True, False]
    assert told(ration, 59.0, "a") == [False]
    assert told(ration, 60.0, "a") == [True]
    assert ration.untold() == 2
