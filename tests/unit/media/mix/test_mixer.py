"""Any rooms of any sizes: each hears the sum of the others of its own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from media.hearing import Heard
from media.mix import Mixer

ROWS = 24
FRAME = 160

memberships = st.lists(st.integers(0, 4), min_size=ROWS, max_size=ROWS)
flags = st.lists(st.booleans(), min_size=ROWS, max_size=ROWS)


def said(rows: list[int], loud: list[bool]) -> Heard:
    """Return what each row says: a number of its own, in all samples."""
    values = np.array([1 << row % 12 if loud[row] else 0 for row in rows], np.int16)
    frames = np.repeat(values[:, None], FRAME, axis=1)
    return Heard(8000, np.array(rows, np.int64), frames, np.zeros(len(rows), np.int8))


@given(memberships, flags, flags, flags)
def test_each_hears_the_others_of_its_room(
    rooms: list[int], loud: list[bool], muted: list[bool], listens: list[bool]
) -> None:
    mixer = Mixer(ROWS)
    inside = [row for row, room in enumerate(rooms) if room]
    for row in inside:
        mixer.join(row, rooms[row], 0.0, muted=muted[row], listens=listens[row])
    heard = said([row for row in inside if not listens[row]], loud)
    announced = {1: np.full(FRAME, 5000, np.int16)}
    for _ in range(2):  # in the first one all are faded in
        mixed = mixer.tick([heard], announced, {2})
    found = {
        row: set(frame.tolist())
        for one in mixed.said
        for row, frame in zip(one.rows.tolist(), one.frames, strict=True)
    }
    assert set(found) == set(inside)
    speaks = [row for row in inside if loud[row] and not muted[row] and not listens[row]]
    for room in range(1, 5):
        members = [row for row in inside if rooms[row] == room and not listens[row]]
        if len(members) > 16:
            continue  # of whom not all are heard
        for row in (row for row in inside if rooms[row] == room):
            others = sum(1 << each % 12 for each in speaks if rooms[each] == room and each != row)
            assert found[row] == {others + 5000 * (room == 1)}
    everybody = sum(1 << row % 12 for row in speaks if rooms[row] == 2)
    assert {room: set(frame.tolist()) for room, (_, frame) in mixed.sums.items()} == (
        {2: {everybody}} if mixer.has(2) else {}
    )


def test_of_a_crowd_four_are_heard_together() -> None:
    mixer = Mixer(ROWS)
    for row in range(ROWS):
        mixer.join(row, 1, 0.0, muted=False, listens=False)
    levels = np.array([100 + 100 * row for row in range(ROWS)], np.int16)
    frames = np.repeat(levels[:, None], FRAME, axis=1)
    heard = Heard(8000, np.arange(ROWS), frames, np.zeros(ROWS, np.int8))
    for _ in range(2):
        (spoken,) = mixer.tick([heard], {}, ()).said
    loudest = int(levels[-4:].sum())
    expected = [loudest] * (ROWS - 4) + [loudest - int(level) for level in levels[-4:]]
    assert dict(zip(spoken.rows.tolist(), spoken.frames[:, -1].tolist(), strict=True)) == dict(
        enumerate(expected)
    )
