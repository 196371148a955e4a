from media.descriptors import RESERVE, pairs_within


def test_some_descriptors_are_left_for_files() -> None:
    assert pairs_within(RESERVE + 11) == 5
    assert pairs_within(RESERVE - 1) == 0
