from softswitch.sip.locate import Srv, in_order


def one(host: str, priority: int = 0, weight: int = 0) -> Srv:
    return Srv(priority, weight, 5060, host)


def names(records: list[Srv]) -> list[str]:
    return [record.host for record in records]


def test_a_lower_priority_comes_first_whatever_the_weight() -> None:
    records = [one("b", 20, 65535), one("a", 10), one("c", 30, 1)]
    assert names(in_order(records, lambda: 0.999)) == ["a", "b", "c"]


def test_a_draw_falls_on_the_record_whose_share_it_is_in() -> None:
    records = [one("a", weight=60), one("b", weight=20), one("c", weight=20)]
    assert names(in_order(records, lambda: 0.0))[0] == "b"
    assert names(in_order(records, lambda: 0.99))[0] == "a"


def test_a_weight_of_nothing_is_chosen_only_by_a_draw_of_nothing() -> None:
    records = [one("heavy", weight=99), one("light")]
    assert names(in_order(records, lambda: 0.0)) == ["light", "heavy"]
    assert names(in_order(records, lambda: 0.02)) == ["heavy", "light"]


def test_no_records_have_no_order() -> None:
    assert in_order([], lambda: 0.0) == []
