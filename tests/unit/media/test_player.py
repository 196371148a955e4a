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
