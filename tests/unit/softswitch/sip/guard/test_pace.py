from softswitch.sip.guard import Pace
from softswitch.sip.settings import PaceSettings


def test_an_extension_calls_at_its_pace_and_is_told_when_to_go_on() -> None:
    pace = Pace(PaceSettings(in_all=100, of_extension=2, seconds=2))
    assert [pace.hold_up("101", 0.0) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert pace.hold_up("102", 0.0) == 0
    assert pace.hold_up("101", 1.0) == 0


def test_all_together_call_at_the_pace_of_the_switch() -> None:
    pace = Pace(PaceSettings(in_all=2, of_extension=2, seconds=1))
    assert [pace.hold_up(extension, 0.0) for extension in ("101", "102", "103")] == [0, 0, 1]


def test_who_is_too_fast_takes_no_turn_of_the_others() -> None:
    pace = Pace(PaceSettings(in_all=10, of_extension=1, seconds=1))
    for _ in range(1000):
        pace.hold_up("101", 0.0)
    assert [pace.hold_up(str(102 + number), 0.0) for number in range(9)] == [0] * 9


def test_what_else_an_extension_asks_has_a_pace_of_its_own() -> None:
    pace = Pace(PaceSettings(in_all=1, of_extension=1, seconds=1, requests_of_extension=2))
    assert [pace.slow_down("101", 0.0) for _ in range(21)] == [0] * 20 + [1]
    assert pace.slow_down("102", 0.0) == 0
    assert pace.hold_up("101", 0.0) == 0
    assert pace.slow_down("101", 0.5) == 0
