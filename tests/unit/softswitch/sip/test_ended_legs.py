from softswitch.sip.ended_legs import EndedLegs


def note(legs: EndedLegs, tag: str, now: float) -> None:
    legs.note(tag, "remote", 1, 1, [], now)


def test_what_can_come_no_more_is_forgotten_with_the_next_end() -> None:
    legs = EndedLegs(32.0)
    note(legs, "a", 0.0)
    note(legs, "b", 31.0)
    assert legs.find("a") is not None
    note(legs, "c", 32.0)
    assert (legs.find("a"), len(legs)) == (None, 2)


def test_of_too_many_the_oldest_goes_first() -> None:
    legs = EndedLegs(32.0)
    for number in range(5000):
        note(legs, str(number), 0.0)
    assert len(legs) == 4096
    assert legs.find("903") is None
    assert legs.find("904") is not None
