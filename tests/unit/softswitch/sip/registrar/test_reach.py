from softswitch.sip.binding import Binding
from softswitch.sip.registrar.reach import grouped, phone_of, phones_of, surplus
from tests.unit.softswitch.sip.speaking import flow


def binding(contact: str, outbound: str = "", q: float = 1.0) -> Binding:
    return Binding("101", contact, flow(), 10.0, q, "c", 1, "", outbound)


def test_a_phone_is_its_instance_or_else_its_contact() -> None:
    assert phone_of(binding("sip:a")) == "sip:a"
    assert phone_of(binding("sip:a", "1 <urn:x>")) == "<urn:x>"
    assert phone_of(binding("sip:a", " <urn:x>")) == "<urn:x>"
    assert phones_of([binding("sip:a"), binding("sip:b", "2 <urn:x>")]) == {"sip:a", "<urn:x>"}


def test_flows_follow_the_preference_of_the_newest() -> None:
    groups = grouped(
        [binding("sip:a", "1 <urn:x>", 0.2), binding("sip:b"), binding("sip:c", "2 <urn:x>", 0.9)]
    )
    assert [[target.uri for target in group] for group in groups] == [["sip:b"], ["sip:a"]]
    assert [other.uri for other in groups[1][0].alternatives] == ["sip:c"]


def test_the_stalest_phones_are_too_many() -> None:
    bindings = [binding("sip:a"), binding("sip:b", "1 <urn:x>"), binding("sip:c", "2 <urn:x>")]
    assert surplus(bindings, 2) == []
    assert surplus(bindings, 1) == [bindings[0]]
