from softswitch.sip.locate import Hop
from softswitch.sip.outbound.avoidance import Avoidance

ONE = Hop("udp", "203.0.113.1", 5060, "a.example")
TWO = Hop("udp", "203.0.113.2", 5060, "a.example")


def test_a_hop_that_has_failed_comes_last_for_a_while() -> None:
    avoidance = Avoidance()
    avoidance.note(ONE, 60.0)
    assert avoidance.sort([ONE, TWO], 59.0) == [TWO, ONE]
    assert avoidance.sort([ONE, TWO], 60.0) == [ONE, TWO]
    assert len(avoidance) == 0


def test_it_is_the_place_that_has_failed_whoever_it_belongs_to() -> None:
    avoidance = Avoidance()
    avoidance.note(ONE, 60.0)
    assert avoidance.holds(Hop("udp", "203.0.113.1", 5060, "b.example"), 0.0)
    assert not avoidance.holds(Hop("tcp", "203.0.113.1", 5060, "a.example"), 0.0)


def test_a_hop_that_answers_is_as_good_as_any() -> None:
    avoidance = Avoidance()
    avoidance.note(ONE, 60.0)
    avoidance.clear(ONE)
    assert not avoidance.holds(ONE, 0.0)


def test_the_oldest_are_forgotten_when_there_are_too_many() -> None:
    avoidance = Avoidance()
    for port in range(1, 2002):
        avoidance.note(Hop("udp", "203.0.113.1", port), 60.0)
    assert len(avoidance) == 1000
    assert not avoidance.holds(Hop("udp", "203.0.113.1", 1001), 0.0)
    assert avoidance.holds(Hop("udp", "203.0.113.1", 1002), 0.0)
