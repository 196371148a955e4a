from softswitch.calls.serial import Serial, Waiting
from softswitch.sip.vocabulary import Target
from tests.unit.softswitch.sip.speaking import flow

A, B = (Target(f"sip:{name}@10.0.0.7", flow()) for name in "ab")


def test_groups_follow_each_other_at_equal_distances() -> None:
    serial = Serial()
    assert not serial.waiting
    assert serial.deadline is None
    waiting = Waiting("102", "102", None, [[A], [B]], 5.0, 100.0)
    serial.add(waiting)
    assert serial.deadline == 105.0
    assert serial.due(104.9) == []
    assert serial.due(105.0) == [waiting]
    assert waiting.take(105.0) == [A]
    serial.settle()
    assert serial.deadline == 110.0
    assert waiting.take(107.0) == [B]
    serial.settle()
    assert not serial.waiting


def test_a_member_is_dropped_and_the_others_stay() -> None:
    serial = Serial()
    for member in ("102", "103"):
        serial.add(Waiting(member, member, None, [[A]], 5.0, 100.0))
    serial.drop("102")
    assert serial.next_of("102") is None
    found = serial.next_of("103")
    assert found is not None
    assert found.member == "103"
    serial.drop("103")
    assert not serial.waiting
