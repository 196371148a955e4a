"""WAV files that grow, and those that were cut off."""

import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.codecs.g711 import Samples
from media.files import partial
from media.wav import Form, Recovered, WavFile, header, recover


def spoken(count: int) -> Samples:
    return (np.arange(count) % 2000 - 1000).astype(np.int16)


def contents(path: Path) -> Samples:
    """Return the samples of a file, read by somebody else's code."""
    with wave.open(str(path), "rb") as file:
        form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert form == (1, 2, 8000)
        assert path.stat().st_size == 44 + 2 * file.getnframes()
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def killed(path: Path, blocks: int) -> None:
    """Leave what a killed process leaves: all that was appended, and nothing completed."""
    file = WavFile(path)
    for count in range(blocks):
        file.append(spoken(1600) + np.int16(count))
    file.abandon()


def test_a_complete_file_is_a_wav_with_all_that_was_appended(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "box" / "a.wav")
    file.append(spoken(1600))
    file.append(spoken(37))
    file.complete()
    assert np.array_equal(contents(file.path), np.concatenate((spoken(1600), spoken(37))))
    assert file.seconds == 1637 / 8000
    assert [path.name for path in file.path.parent.iterdir()] == ["a.wav"]


def test_nothing_said_is_a_wav_of_no_length(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "a.wav")
    file.complete()
    assert len(contents(file.path)) == 0


def test_until_it_is_complete_the_file_is_not_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    file = WavFile(path)
    file.append(spoken(1600))
    assert not path.exists()
    assert partial(path).stat().st_size == 44 + 3200
    file.complete()


def test_whoever_opens_the_file_meanwhile_reads_what_was_appended(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "a.wav")
    for count in range(1, 4):
        file.append(spoken(1600))
        assert len(contents(partial(file.path))) == 1600 * count
    file.complete()


def test_two_channels_of_any_rate_are_recovered_as_such(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "a.wav", Form(2, 16000))
    file.append(np.stack((spoken(1600), -spoken(1600)), axis=1))
    file.abandon()
    with partial(file.path).open("ab") as torn:
        torn.write(b"\x01\x02\x03")  # of a block that was being written
    assert recover(tmp_path) == [Recovered(str(file.path), 0.1)]
    sound, rate = soundfile.read(file.path, dtype="int16")
    assert rate == 16000
    assert np.array_equal(sound, np.stack((spoken(1600), -spoken(1600)), axis=1))


def test_a_file_that_another_is_writing_is_not_touched(tmp_path: Path) -> None:
    first = WavFile(tmp_path / "a.wav")
    with pytest.raises(FileExistsError):
        WavFile(tmp_path / "a.wav")
    first.complete()


def test_what_is_given_up_stays_if_something_was_said(tmp_path: Path) -> None:
    empty, begun = WavFile(tmp_path / "empty.wav"), WavFile(tmp_path / "begun.wav")
    begun.append(spoken(1600))
    empty.abandon()
    begun.abandon()
    assert [path.name for path in tmp_path.iterdir()] == ["begun.wav.part"]


def test_a_killed_recording_is_recovered_whole(tmp_path: Path) -> None:
    path = tmp_path / "box" / "a.wav"
    killed(path, 3)
    assert recover(tmp_path) == [Recovered(str(path), 0.6)]
    assert len(contents(path)) == 4800
    assert contents(path)[4799] == spoken(1600)[-1] + 2
    assert recover(tmp_path) == []


@pytest.mark.parametrize(("octets", "seconds"), [(0, 0.0), (20, 0.0), (44, 0.0), (44 + 1601, 0.1)])
def test_whatever_was_written_of_a_file_becomes_a_wav(
    tmp_path: Path, octets: int, seconds: float
) -> None:
    data = header(0) + spoken(1600).tobytes()
    partial(tmp_path / "a.wav").write_bytes(data[:octets])
    assert recover(tmp_path) == [Recovered(str(tmp_path / "a.wav"), seconds)]
    assert len(contents(tmp_path / "a.wav")) == round(seconds * 8000)


def test_a_recovered_file_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    WavFile(path).complete()
    killed(path, 1)
    assert recover(tmp_path) == [Recovered(str(tmp_path / "a-recovered.wav"), 0.2)]
    assert len(contents(path)) == 0


def test_one_file_that_cannot_be_recovered_does_not_hold_up_the_others(tmp_path: Path) -> None:
    killed(tmp_path / "b.wav", 1)
    (tmp_path / "a.wav.part").mkdir()
    broken, whole = recover(tmp_path)
    assert broken.error == "Is a directory"
    assert whole == Recovered(str(tmp_path / "b.wav"), 0.2)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.json.part").touch()
    (tmp_path / "a.wav").touch()
    assert recover(tmp_path) == []
    assert recover(tmp_path / "missing") == []


def test_a_file_that_still_grows_is_left_to_its_writer(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "a.wav")
    file.append(spoken(1600))
    [found] = recover(tmp_path, patience=0.0)
    assert found == Recovered(str(partial(tmp_path / "a.wav")), 0.0, "it is still being written")
    file.append(spoken(1600))
    file.complete()
    assert len(contents(tmp_path / "a.wav")) == 3200


def test_a_file_that_is_completed_meanwhile_is_waited_for(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "a.wav")
    file.append(spoken(1600))
    with ThreadPoolExecutor(1) as other:
        found = other.submit(recover, tmp_path)
        assert not found.done()
        file.complete()
        assert found.result(10.0) == []
    assert len(contents(tmp_path / "a.wav")) == 1600
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
