"""What plays, through the engine: from anywhere, paused, shared, and over at once."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.codecs.g711 import Samples
from media.control import Bridge, Play, Played, Stop
from media.filing import Pause, Resume, Seek
from tests.unit.media.bench import Bench, Peer


def steps(path: Path, *values: int) -> str:
    """Write a file that holds each value for half a second."""
    soundfile.write(path, np.repeat(np.array(values, np.int16), 4000), 8000, "PCM_16")
    return str(path)


def told(sound: Samples, unit: float = 0.1) -> list[int]:
    """Return what is heard in each `unit` of seconds, to hundreds."""
    count = round(8000 * unit)
    return [
        round(int(block.mean()) / 100)
        for block in sound[: len(sound) // count * count].reshape(-1, count)
    ]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def peer(bench: Bench) -> Peer:
    return bench.peer(1)


def listen(bench: Bench, peer: Peer, seconds: float) -> list[int]:
    peer.heard()
    bench.advance(seconds - 1e-6)
    return told(peer.heard_samples())


@pytest.fixture
def song(tmp_path: Path) -> str:
    return steps(tmp_path / "song.wav", 1000, 2000, 4000, 8000)


def test_a_position_is_where_it_begins(bench: Bench, peer: Peer, song: str) -> None:
    bench.do(Play(1, (song,), 7, position=0.8))
    bench.advance(1.3)
    assert told(peer.heard_samples()) == [20, 20, *[41] * 5, *[79] * 5]


def test_a_pause_is_silent_and_goes_on_where_it_was(bench: Bench, peer: Peer, song: str) -> None:
    bench.do(Play(1, (song,), 7))
    bench.advance(0.6 - 1e-6)
    bench.do(Pause(1))
    assert listen(bench, peer, 1.0)[1:] == [0] * 9
    bench.do(Resume(1))
    assert listen(bench, peer, 1.0)[1:] == [20, 20, 20, *[41] * 5, 79]


def test_seeking_is_heard_with_the_next_frame(bench: Bench, peer: Peer, song: str) -> None:
    bench.do(Play(1, (song,), 7))
    bench.advance(0.1 - 1e-6)
    bench.do(Seek(1, 1.5))
    assert listen(bench, peer, 0.3) == [79, 79, 79]
    bench.do(Seek(1, -1.0, from_here=True))
    assert listen(bench, peer, 0.2) == [20, 20]
    bench.do(Seek(1, 60.0))
    assert bench.advance(0.02) == [Played(1, 7, "end")]


def test_what_is_asked_before_the_sound_is_read_is_not_lost(
    bench: Bench, peer: Peer, song: str
) -> None:
    for command in (Play(1, (song,), 7), Pause(1), Seek(1, 1.0)):
        bench.engine.submit(command)
    bench.poll()
    assert listen(bench, peer, 0.5) == [0] * 4
    bench.do(Resume(1))
    assert listen(bench, peer, 0.3)[1:] == [41, 41]


def test_commands_for_what_does_not_play_are_nothing(bench: Bench, peer: Peer) -> None:
    assert bench.do(Pause(1), Resume(1), Seek(1, 3.0)) == []
    assert not peer.heard()


def test_a_caller_who_breaks_in_hears_nothing_of_it_after_40_ms(
    bench: Bench, peer: Peer, song: str
) -> None:
    """From the command on no frame is sent any more; 20 ms of it may be on the way."""
    bench.do(Play(1, (song,), 7, repeat=True))
    bench.advance(1.0)
    peer.heard()
    assert bench.do(Stop(1)) == [Played(1, 7, "stopped")]
    bench.advance(1.0)
    assert peer.heard() == []


def test_after_breaking_in_the_partner_is_heard_at_once(bench: Bench, song: str) -> None:
    one, two = bench.pair()
    bench.do(Play(1, (song,), 7, repeat=True))
    two.talk()
    bench.advance(0.1)
    one.heard()
    bench.do(Stop(1))
    two.talk()
    assert [packet.payload for packet in one.heard()] == [b"\x11" * 160]


def test_a_folder_is_music_on_hold_that_all_hear_at_the_same_moment(
    bench: Bench, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    steps(music / "2.flac", 4000, 8000)
    steps(music / "1.wav", 1000, 2000)
    play = {"sources": (str(music),), "shared": True, "shuffle": True}
    peers = [bench.peer(number) for number in (1, 2, 3)]
    for number, peer in enumerate(peers, 1):
        bench.do(Play(stream=number, token=number, **play))  # type: ignore[arg-type]
        bench.advance(0.7)
        peer.heard()
    for peer in peers:
        peer.heard()
    bench.advance(4.0)
    heard = [peer.heard_samples() for peer in peers]
    changes = [np.flatnonzero(np.diff(sound)).tolist() for sound in heard]
    assert len(changes[0]) in (7, 8)
    for other in changes[1:]:
        assert other == pytest.approx(changes[0], abs=160), "a tick apart at most"
    assert set(told(heard[0])) >= {10, 20, 41, 79}


def test_music_in_order_goes_from_file_to_file(bench: Bench, peer: Peer, tmp_path: Path) -> None:
    steps(tmp_path / "2.flac", 4000)
    steps(tmp_path / "1.wav", 1000, 2000)
    bench.do(Play(1, (str(tmp_path),), 7, repeat=True))
    bench.advance(2.0 - 1e-6)
    assert told(peer.heard_samples()) == [*[10] * 5, *[20] * 5, *[41] * 5, *[10] * 5]


def test_who_talks_to_somebody_hears_him_again_after_music(bench: Bench, tmp_path: Path) -> None:
    one, two = bench.pair()
    bench.do(Play(1, (steps(tmp_path / "a.wav", 1000),), 7), Pause(1))
    two.talk()
    assert not [packet for packet in one.heard() if packet.payload == b"\x11" * 160]
    bench.do(Stop(1), Bridge(1, 2))
    two.talk()
    assert [packet.payload for packet in one.heard()] == [b"\x11" * 160]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.wav", None, "No such file"),
        ("empty.wav", b"", "ormat"),
        ("text.mp3", b"no sound at all" * 50, "ormat"),
        ("torn.flac", b"fLaC" + bytes(60), ""),
    ],
)
def test_what_cannot_be_played_says_which_and_why(
    bench: Bench, peer: Peer, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    [played] = bench.do(Play(1, (str(path),), 7))
    assert isinstance(played, Played)
    assert played.reason.startswith(f"failed: {path}: ")
    assert words in played.reason
    assert not peer.heard()
