"""The members of benchmarked rooms notice what does not sound as it should."""

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.rooms import AMPLITUDE, HERTZ, NOISE, Members, tones_of
from media.codecs.g711 import Samples, encode


@pytest.fixture
def members() -> Iterator[Members]:
    members = Members([3, 3, 5])
    yield members
    members.close()


def sound(*tones: int, amplitude: float = AMPLITUDE, shift: int = 0) -> Samples:
    """Return 20 ms of tones, as multiples of HERTZ."""
    t = (np.arange(160) + shift) / 8000
    waves = [amplitude * np.sin(2 * np.pi * HERTZ * tone * t) for tone in tones]
    noise = np.random.default_rng(2).standard_normal(160) * NOISE
    return np.rint(sum(waves, noise)).astype(np.int16)


def unlike(members: Members, stream: int, samples: Samples) -> int:
    return members.unlike(encode(samples, "PCMU")[None, :], np.array([stream]))


def test_the_others_of_the_room_sound_right_at_any_moment_of_theirs(members: Members) -> None:
    a, b, c = tones_of(0)
    assert unlike(members, 0, sound(b, c)) == 0
    assert unlike(members, 1, sound(a, c, shift=57)) == 0
    assert unlike(members, 10, sound(*tones_of(2))) == 0  # who says none himself


def test_who_hears_himself_or_another_room_or_one_too_few_is_noticed(members: Members) -> None:
    a, b, c = tones_of(0)
    assert unlike(members, 0, sound(a, b, c)) == 1
    assert unlike(members, 0, sound(b)) == 1
    assert unlike(members, 0, sound(b, c, tones_of(1)[0])) == 1
    assert unlike(members, 0, sound(b, c, amplitude=AMPLITUDE / 2)) == 1
    assert unlike(members, 3, sound(b, c)) == 1


def test_what_is_played_faster_for_a_while_is_known_too(members: Members) -> None:
    _, b, c = tones_of(1)
    where = np.arange(160) * (163 / 160)
    long = np.concatenate((sound(b, c), sound(b, c)))
    faster = np.rint(np.interp(where, np.arange(320), long)).astype(np.int16)
    assert unlike(members, 3, faster) == 0
    assert unlike(members, 4, faster) == 1
