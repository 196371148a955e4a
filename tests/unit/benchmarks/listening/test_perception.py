"""What ears would notice is measured, and what they would not is forgiven."""

import numpy as np
import pytest

from benchmarks.listening.perception import Heard, Sound, compare
from media.codecs.g711 import decode, encode

RATE = 8000


@pytest.fixture(scope="module")
def said() -> Sound:
    """Three seconds voiced like speech, with pauses: a buzz whose pitch and timbre move."""
    t = np.arange(3 * RATE) / RATE
    pitch = 120 + 30 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formant = 600 + 300 * np.sin(2 * np.pi * 1.3 * t)
    harmonics = (
        np.sin(n * phase) / (1 + (np.abs(n * pitch - formant) / 200) ** 2) for n in range(1, 20)
    )
    envelope = np.clip(np.sin(2 * np.pi * 2.5 * t), 0, 1)
    return np.asarray(0.1 * sum(harmonics) * envelope)


def difference(said: Sound, heard: Sound) -> Heard:
    return compare(said, heard, RATE)


def test_what_arrives_untouched_is_perfect(said: Sound) -> None:
    heard = difference(said, said)
    assert (heard.delay_ms, heard.gaps_ms) == (0.0, 0.0)
    assert heard.level_db == pytest.approx(0.0, abs=0.01)
    assert heard.snr_db == pytest.approx(35.0)
    assert heard.distance_db == pytest.approx(0.0, abs=0.01)


def test_a_delay_is_told_and_forgiven(said: Sound) -> None:
    heard = difference(said, np.concatenate((np.zeros(640), said)))
    assert heard.delay_ms == 80.0
    assert heard.snr_db > 34


def test_a_level_is_told_and_forgiven(said: Sound) -> None:
    heard = difference(said, said / 2)
    assert heard.level_db == pytest.approx(-6.02, abs=0.01)
    assert heard.snr_db > 34


def test_missing_speech_is_told(said: Sound) -> None:
    broken = said.copy()
    middle = int(np.argmax(np.abs(said)))
    broken[middle - 400 : middle + 400] = 0.0
    assert difference(said, broken).gaps_ms in (80.0, 100.0)
    assert difference(said, said[: len(said) // 2]).gaps_ms > 300


def test_noise_and_another_timbre_are_told(said: Sound) -> None:
    noise = np.random.default_rng(1).normal(0, np.sqrt(np.mean(said**2)) / 10, len(said))
    assert 10 < difference(said, said + noise).snr_db < 22
    dull = np.convolve(said, np.ones(8) / 8, "same")
    assert difference(said, dull).distance_db > 4


def test_the_wrong_law_is_told(said: Sound) -> None:
    octets = encode((said * 32768).astype(np.int16), "PCMU")
    right, wrong = (decode(octets, law) / 32768 for law in ("PCMU", "PCMA"))
    assert difference(said, right).snr_db > 30
    assert difference(said, wrong).snr_db < 15


def test_nothing_heard_is_all_missing(said: Sound) -> None:
    heard = difference(said, np.zeros(0))
    assert heard.gaps_ms > 500
    assert heard.snr_db == pytest.approx(0.0, abs=0.1)


def test_nothing_said_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="nothing is said"):
        compare(np.zeros(800), np.zeros(800), RATE)
