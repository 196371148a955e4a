"""Playlists: every sample once, in order, without a gap."""

import numpy as np
import pytest

from media.codecs.g711 import Samples
from media.player import FRAME, Playlist


def counted(first: int, count: int) -> Samples:
    return np.arange(first, first + count).astype(np.int16)


def played(playlist: Playlist, most: int = 1000) -> list[Samples]:
    frames: list[Samples] = []
    while len(frames) < most and (frame := playlist.next_frame()) is not None:
        frames.append(frame.copy())
    return frames


@pytest.mark.parametrize("count", [1, 159, 160, 161, 320, 500])
def test_a_sound_is_played_whole_and_filled_up_with_silence(count: int) -> None:
    frames = played(Playlist([counted(1, count)]))
    assert all(len(frame) == FRAME for frame in frames)
    whole = np.concatenate(frames)
    assert len(whole) == -(-count // FRAME) * FRAME
    assert np.array_equal(whole[:count], counted(1, count))
    assert not whole[count:].any()


def test_sounds_follow_one_another_without_a_gap() -> None:
    playlist = Playlist([counted(1, 200), counted(201, 3), counted(204, 277)])
    assert np.array_equal(np.concatenate(played(playlist)), counted(1, 480))


def test_repetition_begins_again_within_a_frame() -> None:
    frames = played(Playlist([counted(1, 100)], repeat=True), most=5)
    assert np.array_equal(np.concatenate(frames), np.tile(counted(1, 100), 8))


def test_the_end_stays_the_end() -> None:
    playlist = Playlist([counted(1, 160)])
    assert playlist.next_frame() is not None
    assert playlist.next_frame() is None
    assert playlist.next_frame() is None


@pytest.mark.parametrize("repeat", [True, False])
def test_nothing_to_play_is_over_at_once(*, repeat: bool) -> None:
    empty = np.zeros(0, np.int16)
    assert Playlist([], repeat=repeat).next_frame() is None
    assert Playlist([empty, empty], repeat=repeat).next_frame() is None


def test_listeners_share_a_sound_and_do_not_copy_it() -> None:
    sound = counted(1, 1600)
    first, second = Playlist([sound]).next_frame(), Playlist([sound]).next_frame()
    assert first is not None
    assert second is not None
    assert np.shares_memory(first, second)


def rest(playlist: Playlist) -> list[int]:
    return [int(sample) for frame in played(playlist) for sample in frame]


def test_seeking_goes_to_the_sample_wherever_the_sounds_begin() -> None:
    sounds = [counted(1, 100), counted(101, 300), counted(401, 400)]
    playlist = Playlist(sounds)
    for position in (0, 99, 100, 399, 400, 640):
        playlist.seek(position / 8000)
        assert rest(playlist)[0] == position + 1
    playlist.seek(0.05)
    playlist.seek(0.01, from_here=True)
    assert rest(playlist)[0] == 481
    playlist.seek(0.02)
    playlist.seek(-0.005, from_here=True)
    assert rest(playlist)[0] == 121


@pytest.mark.parametrize("seconds", [0.1, 5.0, 1e300, float("inf")])
def test_over_the_end_is_the_end(seconds: float) -> None:
    playlist = Playlist([counted(1, 800)])
    playlist.seek(seconds)
    assert playlist.next_frame() is None


@pytest.mark.parametrize("seconds", [-0.1, -1e300, float("-inf"), float("nan")])
def test_before_the_beginning_is_the_beginning(seconds: float) -> None:
    playlist = Playlist([counted(1, 800)])
    playlist.seek(seconds)
    frame = playlist.next_frame()
    assert frame is not None
    assert frame[0] == 1


def test_what_repeats_goes_around() -> None:
    playlist = Playlist([counted(1, 300), counted(301, 500)], repeat=True)
    playlist.seek(0.1 * 7 + 0.05)
    frame = playlist.next_frame()
    assert frame is not None
    assert frame[0] == 401


def test_a_pause_is_silence_and_loses_nothing() -> None:
    playlist = Playlist([counted(1, 480)])
    first = playlist.next_frame()
    playlist.is_paused = True
    for _ in range(3):
        silence = playlist.next_frame()
        assert silence is not None
        assert not silence.any()
    playlist.is_paused = False
    assert first is not None
    assert first[0] == 1
    assert rest(playlist)[0] == 161
