"""Tones are heard as ITU-T Q.24 wants them to be, and speech is not."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media.codecs.g711 import Samples, decode, encode
from media.dtmf.detector import Tone, ToneDetector
from media.dtmf.tones import COLUMNS, PAD, ROWS, amplitude
from media.sounds import read

Sound = NDArray[np.float64]
SILENCE = 80
"""Milliseconds after the last key, in which its end is seen."""


def pressed(
    key: str,
    milliseconds: int,
    *,
    low: float = -9.0,
    high: float = -7.0,
    low_off: float = 0.0,
    high_off: float = 0.0,
    phase: float = 0.0,
) -> Sound:
    """Return what a telephone makes of a key: not our own tones, but raw ones.

    low, high          levels in dBm0
    low_off, high_off  by how much their frequencies are wrong, relative
    """
    row, column = divmod(PAD.index(key), 4)
    turns = 2 * np.pi * np.arange(milliseconds * 8) / 8000
    low_tone = amplitude(low) * np.sin(ROWS[row] * (1 + low_off) * turns + phase)
    high_tone = amplitude(high) * np.sin(COLUMNS[column] * (1 + high_off) * turns)
    return np.asarray(low_tone + high_tone)


def pause(milliseconds: float) -> Sound:
    return np.zeros(round(milliseconds * 8))


def hear(*sounds: Sound, detector: ToneDetector | None = None) -> list[Tone]:
    """Return what is heard on row 0, in sounds that follow one another, and a pause."""
    detector = detector or ToneDetector(1)
    whole = np.concatenate((*sounds, pause(SILENCE)))
    whole = np.concatenate((whole, np.zeros(-len(whole) % 160)))
    frames = np.clip(np.rint(whole), -32768, 32767).astype(np.int16).reshape(-1, 160)
    rows = np.array([0])
    return [tone for frame in frames for tone in detector.hear(rows, frame[None])]


def keys(*sounds: Sound) -> str:
    return "".join(tone.key for tone in hear(*sounds))


@given(
    digits=st.text(PAD, min_size=1, max_size=6),
    low=st.floats(-24, -7),
    twist=st.floats(-8, 4),
    on=st.integers(45, 200),
    off=st.integers(40, 200),
    wrong=st.tuples(st.floats(-0.012, 0.012), st.floats(-0.012, 0.012)),
    start=st.integers(0, 320),
    seed=st.integers(0, 1 << 32),
)
@settings(max_examples=150, deadline=None)
def test_digits_are_heard_whatever_their_level_twist_and_noise(
    digits: str,
    low: float,
    twist: float,
    on: int,
    off: int,
    wrong: tuple[float, float],
    start: int,
    seed: int,
) -> None:
    levels = {"low": low, "high": low + twist}
    parts = [np.zeros(start)]
    for key in digits:
        parts += [pressed(key, on, low_off=wrong[0], high_off=wrong[1], **levels), pause(off)]
    whole = np.concatenate(parts)
    square = sum(amplitude(level) ** 2 / 2 for level in levels.values())
    noise = np.random.default_rng(seed).normal(0, np.sqrt(square * 10**-1.5), len(whole))
    tones = hear(whole + noise)
    assert "".join(tone.key for tone in tones) == digits
    assert all(abs(tone.milliseconds - on) <= 15 for tone in tones)


@pytest.mark.parametrize("key", PAD)
@pytest.mark.parametrize("start", range(0, 160, 13))
def test_the_shortest_press_and_pause_are_heard(key: str, start: int) -> None:
    sounds = [np.zeros(start), pressed(key, 40), pause(40), pressed(key, 40)]
    assert keys(*sounds) == 2 * key


@pytest.mark.parametrize("key", PAD)
@pytest.mark.parametrize("start", range(0, 160, 13))
def test_what_is_too_short_is_no_press(key: str, start: int) -> None:
    assert keys(np.zeros(start), pressed(key, 23), pause(40), pressed(key, 23)) == ""


@pytest.mark.parametrize("start", range(0, 160, 13))
@pytest.mark.parametrize("missing", [10, 20])
def test_a_short_break_does_not_make_two_of_one(start: int, missing: int) -> None:
    """Not of a contact, nor that of a packet that was lost."""
    (tone,) = hear(np.zeros(start), pressed("5", 60), pause(missing), pressed("5", 60))
    assert tone.milliseconds == pytest.approx(120 + missing, abs=15)


@pytest.mark.parametrize("key", PAD)
@pytest.mark.parametrize("off", [-0.015, 0.015])
def test_frequencies_may_be_a_little_wrong(key: str, off: float) -> None:
    assert keys(pressed(key, 60, low_off=off, high_off=-off)) == key


@pytest.mark.parametrize("key", PAD)
@pytest.mark.parametrize("off", [-0.035, 0.035])
def test_frequencies_that_are_more_wrong_are_not_of_keys(key: str, off: float) -> None:
    assert keys(pressed(key, 100, low_off=off)) == ""
    assert keys(pressed(key, 100, high_off=off)) == ""


@pytest.mark.parametrize(
    ("low", "high", "is_heard"),
    [
        (0, 0, True),
        (-25, -25, True),
        (-8, -16, True),
        (-12, -8, True),
        (-8, -19, False),
        (-15, -8, False),
        (-55, -55, False),
    ],
)
def test_levels_and_twist_are_bounded(low: float, high: float, is_heard: bool) -> None:
    assert keys(pressed("7", 80, low=low, high=high)) == ("7" if is_heard else "")


def test_one_tone_or_three_are_no_key() -> None:
    turns = 2 * np.pi * np.arange(1600) / 8000
    one = 6000 * np.sin(770 * turns)
    assert keys(one) == ""
    assert keys(pressed("5", 200) + 8000 * np.sin(1633 * turns)) == ""
    assert keys(pressed("5", 200) + 6000 * np.sin(2 * 770 * turns)) == "", "a harmonic"


def test_a_key_after_another_without_a_pause_ends_it() -> None:
    assert keys(pressed("1", 100), pressed("9", 100)) == "19"


def test_a_constant_part_does_no_harm() -> None:
    assert keys(pressed("1", 100) + 3000) == "1"


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_g711_does_no_harm(law: str) -> None:
    sound = pressed("0", 50, low=-25, high=-22)
    coded = decode(encode(np.rint(sound).astype(np.int16), law), law)
    assert keys(coded.astype(float)) == "0"


def test_streams_do_not_disturb_each_other() -> None:
    detector = ToneDetector(8)
    rows = np.array([6, 1, 4])
    sounds = [np.concatenate((pressed(key, 100), pause(100))) for key in "38*"]
    frames = np.rint(np.stack(sounds)).astype(np.int16).reshape(3, -1, 160)
    heard = [tone for i in range(frames.shape[1]) for tone in detector.hear(rows, frames[:, i])]
    assert sorted((tone.row, tone.key) for tone in heard) == [(1, "8"), (4, "*"), (6, "3")]
    assert not any(detector.pressed(int(row)) for row in rows)


def test_a_key_is_known_to_be_pressed_before_it_is_released() -> None:
    detector = ToneDetector(1)
    frames = np.rint(pressed("4", 60)).astype(np.int16).reshape(-1, 160)
    known = []
    for frame in frames:
        assert detector.hear(np.array([0]), frame[None]) == []
        known.append(detector.pressed(0))
    assert known == [False, True, True]


def test_a_stream_that_is_forgotten_reports_nothing() -> None:
    detector = ToneDetector(1)
    frames = np.rint(pressed("4", 80)).astype(np.int16).reshape(-1, 160)
    for frame in frames:
        detector.hear(np.array([0]), frame[None])
    detector.forget(0)
    assert not detector.pressed(0)
    assert hear(pause(200), detector=detector) == []


TEXT = (
    "The quick brown fox jumps over the lazy dog, while eleven benevolent elephants see the sea. "
    "Please hold the line: you are number seven in the queue. We were away a year ago. "
    "Would you mind telling me once more where the money went, and who the new owner is? "
    "Nine hundred and ninety nine thousand, eight hundred and seventy six. Oh, ee, ah, oo. "
    "She sells sea shells by the shore; fuzzy cases hiss and buzz. Hello? Hello! Can you hear me? "
)


@pytest.mark.skipif(shutil.which("flite") is None, reason="speech is made by the program flite")
@pytest.mark.parametrize("voice", ["kal", "awb", "rms", "slt"])
def test_nobody_presses_keys_by_talking(voice: str, tmp_path: Path) -> None:
    """Talk-off: minutes of speech of each voice, as loud as it can be, have no digit in them."""
    path = tmp_path / "speech.wav"
    command = ["flite", "-voice", voice, "-t", TEXT * 4, "-o", str(path)]
    subprocess.run(command, check=True, timeout=60)
    speech: Samples = read(str(path))
    assert len(speech) > 80 * 8000
    loud = speech.astype(np.int32) * 30000 // int(np.abs(speech).max())
    minutes = [loud[start:] for start in (0, 53, 107)]  # the same words, cut otherwise
    count = min(map(len, minutes)) // 160
    frames = np.stack([each[: count * 160] for each in minutes]).astype(np.int16)
    frames = frames.reshape(3, count, 160)
    detector, rows = ToneDetector(3), np.arange(3)
    heard = [tone for i in range(count) for tone in detector.hear(rows, frames[:, i])]
    assert heard == []
    assert keys(pressed("5", 100)) == "5"
