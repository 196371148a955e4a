from softswitch.calls.keypad import WINDOW, Keypad, Way

MEDIA, INFO = Way.MEDIA, Way.INFO


def counted(presses: list[tuple[str, Way, float]]) -> str:
    keypad = Keypad()
    return "".join(key for key, way, at in presses if keypad.press(key, way, at))


def test_what_comes_in_one_way_counts_each_time() -> None:
    for way in Way:
        assert counted([("1", way, 0.0), ("1", way, 0.2), ("2", way, 0.4)]) == "112"


def test_what_comes_in_both_ways_counts_once() -> None:
    assert counted([("1", INFO, 0.0), ("1", MEDIA, 0.1)]) == "1"
    assert counted([("1", MEDIA, 0.0), ("1", INFO, 0.3)]) == "1"


def test_pairs_are_found_whatever_the_order() -> None:
    presses = [("1", MEDIA, 0.0), ("1", MEDIA, 0.2), ("1", INFO, 0.3), ("1", INFO, 0.4)]
    assert counted(presses) == "11"
    presses = [("1", MEDIA, 0.0), ("2", MEDIA, 0.2), ("2", INFO, 0.3), ("1", INFO, 0.4)]
    assert counted(presses) == "12"


def test_long_after_it_is_another_press() -> None:
    assert counted([("1", MEDIA, 0.0), ("1", INFO, WINDOW + 0.1)]) == "11"
