from softswitch.sip.guard import Callers


def test_an_extension_makes_so_many_calls_and_others_as_many() -> None:
    callers = Callers(most=2)
    for leg in ("a", "b"):
        assert callers.has_room("101")
        callers.enter(leg, "101")
    assert not callers.has_room("101")
    assert callers.has_room("102")


def test_a_call_that_has_ended_makes_room_once() -> None:
    callers = Callers(most=1)
    callers.enter("a", "101")
    callers.leave("a")
    callers.enter("b", "101")
    callers.leave("a")
    callers.leave("never entered")
    assert not callers.has_room("101")
    callers.leave("b")
    assert len(callers) == 0
    assert callers.has_room("101")
