"""Pieces of samples are where they were put, over the end of a ring as well."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.rings import Rings

Order = tuple[bool, list[int], list[int], int]

LENGTH = 40
ROWS = 3

pieces = st.lists(
    st.tuples(
        st.booleans(),
        st.permutations(range(ROWS)).map(lambda rows: rows[:2]),
        st.lists(st.integers(-3 * LENGTH, 3 * LENGTH), min_size=2, max_size=2),
        st.integers(1, LENGTH),
    ),
    max_size=12,
)


@given(pieces)
def test_a_ring_is_as_one_that_is_kept_sample_by_sample(orders: list[Order]) -> None:
    rings = Rings(LENGTH)
    rings.grow(ROWS)
    known: dict[tuple[int, int], int] = {}
    for number, (is_put, rows, at, count) in enumerate(orders, 1):
        begins = zip(rows, at, strict=True)
        places = [(row, (begin + i) % LENGTH) for row, begin in begins for i in range(count)]
        if is_put:
            rings.write(np.array(rows), np.array(at), np.full((2, count), number, np.int16))
            known |= dict.fromkeys(places, number)
        else:
            rings.remove(np.array(rows), np.array(at), count)
            for place in places:
                known.pop(place, None)
        sound, there = rings.read(np.array(rows), np.array(at), count)
        for place, sample, is_there in zip(places, sound.flat, there.flat, strict=True):
            assert is_there == (place in known)
            assert not is_there or sample == known[place]


def test_what_was_there_stays_when_rows_are_added() -> None:
    rings = Rings(LENGTH)
    rings.grow(1)
    rings.write(np.array([0]), np.array([5]), np.full((1, 3), 7, np.int16))
    rings.grow(2)
    rings.write(np.array([1]), np.array([5]), np.full((1, 3), 8, np.int16))
    sound, there = rings.read(np.array([0, 1]), np.array([5, 5]), 4)
    assert sound[:, :3].tolist() == [[7] * 3, [8] * 3]
    assert there.tolist() == [[True] * 3 + [False]] * 2
    rings.clear(0)
    assert rings.read(np.array([0, 1]), np.array([5, 5]), 1)[1].tolist() == [[False], [True]]
