from softswitch.sip.strays import Strays


def test_a_few_answers_of_one_invite_are_admitted() -> None:
    strays = Strays(32.0)
    assert sum(strays.admit("a", 0.0) for _ in range(100)) == 8
    assert strays.admit("b", 0.0)


def test_invites_are_counted_no_longer_than_answers_can_come() -> None:
    strays = Strays(32.0)
    assert sum(strays.admit(str(number), float(number) / 1000) for number in range(1000)) == 256
    assert strays.admit("late", 40.0)
    assert len(strays) == 1
