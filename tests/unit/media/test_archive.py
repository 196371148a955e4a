"""Recordings that end as FLAC or OGG, and those whose disk has no room for it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from media.archive import compress, growing
from media.recorder import Files, Finished, Recorder, Recovered, recover
from media.wav import Form, WavFile
from tests.support.disk import full_disk
from tests.unit.media.bench import tone

STEREO = Form(2, 8000)
SOUND = np.stack((tone(3.0), tone(3.0, 1000.0)), axis=1)


def record(path: Path) -> Files:
    files = Files()
    assert files.start(1, str(path), STEREO) is None
    assert files.write(1, SOUND) is None
    return files


def level(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))


def test_flac_holds_every_sample(tmp_path: Path) -> None:
    finished = record(tmp_path / "a.flac").finish(1).carry_out()
    assert finished == Finished(1, str(tmp_path / "a.flac"), 3.0)
    sound, rate = soundfile.read(tmp_path / "a.flac", dtype="int16")
    assert rate == 8000
    assert np.array_equal(sound, SOUND)
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"]


def test_ogg_holds_each_side_in_its_channel_and_time(tmp_path: Path) -> None:
    record(tmp_path / "a.ogg").finish(1).carry_out()
    sound, rate = soundfile.read(tmp_path / "a.ogg", dtype="int16")
    assert (rate, sound.shape) == (8000, SOUND.shape)
    for channel, hertz in enumerate((440, 1000)):
        one = sound[8000:16000, channel].astype(np.float64)
        assert np.abs(np.fft.rfft(one)).argmax() == hertz
        assert level(one) == pytest.approx(level(SOUND[:, channel]), rel=0.1)


def test_while_it_grows_it_is_a_wav_that_anybody_can_read(tmp_path: Path) -> None:
    files = record(tmp_path / "a.flac")
    assert np.array_equal(soundfile.read(tmp_path / "a.wav.part", dtype="int16")[0], SOUND)
    files.finish(1).carry_out()


def test_of_a_process_that_died_meanwhile_the_wav_is_recovered(tmp_path: Path) -> None:
    file = WavFile(growing(tmp_path / "a.flac"), STEREO)
    file.append(SOUND)
    file.abandon()
    (tmp_path / "a.flac.part").write_bytes(b"fLaC")
    assert recover(tmp_path, patience=0.0) == [Recovered(str(tmp_path / "a.wav"), 3.0)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("name", ["a.flac", "a.ogg"])
def test_where_the_disk_has_no_room_for_it_the_wav_is_kept(tmp_path: Path, name: str) -> None:
    files = record(tmp_path / name)
    with full_disk(4000):
        finished = files.finish(1).carry_out()
    assert finished == Finished(1, str(tmp_path / "a.wav"), 3.0)
    assert np.array_equal(soundfile.read(tmp_path / "a.wav", dtype="int16")[0], SOUND)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_what_is_no_sound_is_not_compressed(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(OSError, match="not compressed"):
        compress(tmp_path / "a.wav", tmp_path / "a.flac", ".flac")


def test_the_threads_compress_before_they_end(tmp_path: Path) -> None:
    recorder = Recorder()
    recorder.start(1, str(tmp_path / "a.flac"), STEREO)
    recorder.write(1, SOUND)
    assert recorder.close(10.0)
    assert recorder.poll() == [Finished(1, str(tmp_path / "a.flac"), 3.0)]


def test_both_channels_are_silent_where_the_disk_was_too_slow(tmp_path: Path) -> None:
    files = Files()
    files.start(1, str(tmp_path / "a.wav"), STEREO)
    files.lose(1, 800)
    files.write(1, SOUND)
    assert files.finish(1).carry_out() == Finished(1, str(tmp_path / "a.wav"), 3.1, lost=0.1)
    sound, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert not sound[:800].any()
    assert np.array_equal(sound[800:], SOUND)
