"""Where a Play begins and in which order it goes on."""

from collections.abc import Iterator
from itertools import cycle

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.control import Play
from media.player import Playlist
from media.stations import MOST, Stations

SOUNDS = [np.full(1600, value, np.int16) for value in range(1, 6)]


def draws() -> Iterator[int]:
    return cycle((7, 3, 0, 2, 5, 1, 9, 4, 8))


@pytest.fixture
def stations() -> Stations:
    numbers = draws()
    return Stations(lambda: next(numbers))


def play(**more: object) -> Play:
    return Play(1, ("/music",), 1, **more)  # type: ignore[arg-type]


def order(playlist: Playlist, sounds: int = 5) -> list[int]:
    """Return what is heard, a value a sound."""
    frames: list[Samples] = []
    while len(frames) < 10 * sounds and (frame := playlist.next_frame()) is not None:
        frames.append(frame)
    return [int(frame[0]) for frame in frames[::10]]


def test_without_a_word_sounds_play_in_their_order_from_the_start(stations: Stations) -> None:
    assert order(stations.playlist(play(), SOUNDS, 123.0)) == [1, 2, 3, 4, 5]


def test_a_position_is_seconds_from_the_start(stations: Stations) -> None:
    assert order(stations.playlist(play(position=0.4), SOUNDS, 123.0)) == [3, 4, 5]
    assert order(stations.playlist(play(position=9.0), SOUNDS, 123.0)) == []


def test_each_play_is_shuffled_anew_and_plays_each_sound_once(stations: Stations) -> None:
    heard = [order(stations.playlist(play(shuffle=True), SOUNDS, 0.0)) for _ in range(4)]
    assert all(sorted(each) == [1, 2, 3, 4, 5] for each in heard)
    assert len({tuple(each) for each in heard}) > 1


def test_who_shares_a_station_hears_the_same_at_the_same_time(stations: Stations) -> None:
    shared = play(shared=True, shuffle=True)
    first = stations.playlist(shared, SOUNDS, 1000.0)
    for _ in range(17):
        first.next_frame()
    second = stations.playlist(shared, SOUNDS, 1000.0 + 17 * 0.02)
    for _ in range(200):
        one, other = first.next_frame(), second.next_frame()
        assert one is not None
        assert other is not None
        assert np.array_equal(one, other)


def test_a_station_plays_on_while_nobody_listens(stations: Stations) -> None:
    shared = play(shared=True)
    assert order(stations.playlist(shared, SOUNDS, 1000.0), 2) == [1, 2]
    assert order(stations.playlist(shared, SOUNDS, 1000.6), 2) == [4, 5]
    assert order(stations.playlist(shared, SOUNDS, 1001.8), 2) == [5, 1], "and begins again"


def test_orders_of_stations_are_remembered_within_bounds(stations: Stations) -> None:
    first = Play(1, ("/0",), 1, shuffle=True, shared=True)
    before = order(stations.playlist(first, SOUNDS, 0.0))
    assert order(stations.playlist(first, SOUNDS, 0.0)) == before
    for number in range(1, MOST + 1):
        stations.playlist(Play(1, (f"/{number}",), 1, shuffle=True, shared=True), SOUNDS, 0.0)
    assert sorted(order(stations.playlist(first, SOUNDS, 0.0))) == [1, 2, 3, 4, 5]


def test_a_station_without_a_sound_is_over_at_once(stations: Stations) -> None:
    assert stations.playlist(play(shared=True), [], 1000.0).next_frame() is None
