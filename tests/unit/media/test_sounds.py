"""Sounds by name: any format and rate, and errors in words."""

import os
from pathlib import Path
from weakref import ref

import numpy as np
import pytest
import soundfile

from media.codecs.g711 import Samples
from media.signals import tone
from media.sounds import Library, SoundError, read


def write_tone(
    path: Path, rate: int, seconds: float = 1.0, *, channels: int = 1, hertz: float = 440.0
) -> Path:
    time = np.arange(round(rate * seconds)) / rate
    sound = 0.25 * np.sin(2 * np.pi * hertz * time)
    soundfile.write(path, np.repeat(sound[:, None], channels, axis=1), rate)
    return path


def strongest(samples: Samples) -> float:
    """Return the frequency that is loudest in one second."""
    return float(np.abs(np.fft.rfft(samples[:8000].astype(np.float64), 8000)).argmax())


@pytest.mark.parametrize(
    ("name", "rate"),
    [("a.wav", 8000), ("a.wav", 44100), ("a.flac", 48000), ("a.ogg", 22050), ("a.mp3", 44100)],
)
def test_any_format_of_any_rate_becomes_8_khz(tmp_path: Path, name: str, rate: int) -> None:
    samples = read(str(write_tone(tmp_path / name, rate, channels=2)))
    assert samples.dtype == np.int16
    assert len(samples) == pytest.approx(8000, abs=400)  # MP3 pads its frames
    assert strongest(samples) == pytest.approx(440, abs=1)
    level = np.sqrt(np.mean(samples[2000:6000].astype(np.float64) ** 2)) / 32768 * np.sqrt(2)
    assert level == pytest.approx(0.25, rel=0.03)


def test_a_recording_of_our_own_format_is_read_bit_for_bit(tmp_path: Path) -> None:
    wanted = np.arange(-32768, 32768, 7).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", wanted, 8000, "PCM_16")
    assert np.array_equal(read(str(tmp_path / "a.wav")), wanted)


def test_channels_are_mixed(tmp_path: Path) -> None:
    left_alone = np.array([[0.5, 0.0]] * 800)
    soundfile.write(tmp_path / "a.wav", left_alone, 8000)
    assert read(str(tmp_path / "a.wav")) == pytest.approx(np.full(800, 8192), abs=1)


def test_a_file_without_sound_is_an_empty_sound(tmp_path: Path) -> None:
    for rate in (8000, 44100):
        soundfile.write(tmp_path / "a.wav", np.zeros(0), rate)
        assert len(read(str(tmp_path / "a.wav"))) == 0


def test_a_name_that_lies_about_the_format_does_not_matter(tmp_path: Path) -> None:
    os.replace(write_tone(tmp_path / "a.wav", 8000), tmp_path / "a.raw")
    assert strongest(read(str(tmp_path / "a.raw"))) == pytest.approx(440, abs=1)


def test_floats_that_are_no_numbers_are_no_accident(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([np.nan, np.inf, -9.0, 0.5]), 8000, "FLOAT")
    assert read(str(tmp_path / "a.wav")).tolist() == [0, 32767, -32768, 16384]


def test_a_file_that_is_too_long_is_refused_in_words(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 8000, 3.0)
    with pytest.raises(SoundError, match=r"a\.wav: 3 s long, 2 s at most"):
        read(str(path), longest=2.0)


def test_what_is_no_sound_says_which_and_why(tmp_path: Path) -> None:
    library = Library()
    (tmp_path / "text.wav").write_text("this is no sound")
    (tmp_path / "empty.wav").touch()
    os.mkfifo(tmp_path / "pipe.wav")
    for name, why in [
        ("text.wav", "[Ff]ormat"),
        ("empty.wav", "[Ff]ormat"),
        ("pipe.wav", "not a file"),
        ("missing.wav", "No such file"),
        ("nul\0.wav", "null"),
        (".", "not a file"),
    ]:
        with pytest.raises(SoundError, match=f"{name.replace(chr(0), '.')}.*{why}"):
            library.get(str(tmp_path / name) if name != "." else str(tmp_path) + "/.")


def test_a_truncated_file_plays_what_is_there(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "a.wav", 8000)
    path.write_bytes(path.read_bytes()[:8044])
    assert len(read(str(path))) == 4000


def test_tones_are_sounds() -> None:
    assert Library().get("tone:busy") is tone("busy")
    assert Library("us").get("tone:busy") is tone("busy", "us")
    with pytest.raises(SoundError, match="tone:nonsense: there is no such tone"):
        Library().get("tone:nonsense")


def test_a_sound_is_read_once_and_shared(tmp_path: Path) -> None:
    library, path = Library(), str(write_tone(tmp_path / "a.wav", 16000))
    assert library.get(path) is library.get(path)
    assert not library.get(path).flags.writeable


def test_a_file_that_has_changed_is_read_anew(tmp_path: Path) -> None:
    library, path = Library(), tmp_path / "a.wav"
    assert strongest(library.get(str(write_tone(path, 8000)))) == pytest.approx(440, abs=1)
    write_tone(path, 8000, 1.5, hertz=600)
    assert strongest(library.get(str(path))) == pytest.approx(600, abs=1)


def test_what_was_not_wanted_for_longest_goes_first(tmp_path: Path) -> None:
    paths = [str(write_tone(tmp_path / f"{name}.wav", 8000)) for name in "abc"]
    library = Library(capacity=2 * 16000)
    a, b = library.get(paths[0]), library.get(paths[1])
    assert library.get(paths[0]) is a
    library.get(paths[2])
    assert library.get(paths[0]) is a
    assert library.get(paths[1]) is b, "somebody plays it"
    library.get(paths[2])
    library.get(paths[0])
    gone = ref(b)
    del b
    assert gone() is None


def test_a_sound_that_is_larger_than_the_library_is_played_and_not_kept(tmp_path: Path) -> None:
    library = Library(capacity=100)
    path = str(write_tone(tmp_path / "a.wav", 8000))
    played = library.get(path)
    assert len(played) == 8000
    assert library.get(path) is played, "who plays at the same time shares it"
    gone = ref(played)
    del played
    assert gone() is None


def folder(path: Path) -> Path:
    """Return a folder with two sounds of 1 s, and what is no sound."""
    path.mkdir()
    write_tone(path / "b.flac", 16000, hertz=600)
    write_tone(path / "a.wav", 8000)
    (path / "aa.wav").write_text("broken")
    (path / "cover.jpeg").touch()
    (path / ".hidden.wav").touch()
    return path


def test_a_folder_is_its_files_by_name_without_the_broken_ones(tmp_path: Path) -> None:
    first, second = Library().get_all(str(folder(tmp_path / "music")))
    assert strongest(first) == pytest.approx(440, abs=1)
    assert strongest(second) == pytest.approx(600, abs=1)


def test_of_a_huge_folder_the_beginning_is_played(tmp_path: Path) -> None:
    library = Library(longest_folder=1.5)
    lengths = [len(sound) for sound in library.get_all(str(folder(tmp_path / "music")))]
    assert lengths == [8000, 4000]


def test_a_folder_without_a_sound_says_so(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="there is no sound in this folder"):
        Library().get_all(str(tmp_path))
    (tmp_path / "a.wav").write_text("broken")
    with pytest.raises(SoundError, match=r"a\.wav: .*[Ff]ormat"):
        Library().get_all(str(tmp_path))
    with pytest.raises(SoundError, match="No such file"):
        Library().get_all(str(tmp_path / "missing"))
