import numpy as np
import pytest

from media.codecs.g711 import encode
from media.loudness import PAUSE, REACH, Loudness
from media.net.batch import Batch, Buffer
from tests.unit.media.bench import tone


def hear(
    loudness: Loudness, *payloads: bytes, law: int = 0, rows: list[int] | None = None, now: float
) -> None:
    buffer = Buffer(len(payloads))
    for view, payload in zip(buffer.views, payloads, strict=True):
        view[12 : 12 + len(payload)] = payload
    lengths = [12 + len(payload) for payload in payloads]
    batch = Batch.of(buffer, lengths, [0] * len(payloads), [1] * len(payloads))
    where = np.array(rows or [0] * len(payloads))
    loudness.hear(batch, where, np.full(len(payloads), law, np.int8), now)


def level(loudness: Loudness, row: int = 0) -> float:
    return float(loudness.levels(np.array([row]))[0])


@pytest.mark.parametrize("frequency", [100, 400, 500, 800, 1000, 1600, 2000, 3000])
@pytest.mark.parametrize(("codec", "law"), [("PCMU", 0), ("PCMA", 1)])
def test_a_tone_has_its_level_at_any_frequency(codec: str, law: int, frequency: float) -> None:
    loudness = Loudness(1)
    for k, frame in enumerate(tone(2.0, frequency, 32768 * 10**-1).reshape(-1, 160)):
        hear(loudness, encode(frame, codec).tobytes(), law=law, now=k * 0.02)
    assert level(loudness) == pytest.approx(-23.0, abs=0.8)
    assert loudness.spurts[0] == 1


def test_silence_and_what_is_no_g711_have_no_level() -> None:
    loudness = Loudness(2)
    hear(loudness, b"\xff" * 160, b"\x00" * 160, rows=[0, 1], now=0.0)
    assert np.isnan(level(loudness))
    assert level(loudness, 1) == pytest.approx(-0.2, abs=0.2)
    hear(loudness, b"\x00" * 160, law=-1, now=0.0)
    hear(loudness, b"\x00" * 160, law=2, now=0.0)
    hear(loudness, b"\x00" * (REACH - 1), law=0, now=0.0)
    assert np.isnan(level(loudness))


def test_several_packets_of_one_stream_at_once_begin_one_spurt() -> None:
    loudness = Loudness(1)
    hear(loudness, *[b"\x00" * 160] * 3, now=0.0)
    assert loudness.spurts[0] == 1
    hear(loudness, b"\x00" * 160, now=PAUSE)
    assert loudness.spurts[0] == 1
    hear(loudness, b"\x00" * 160, now=2.1 * PAUSE)
    assert loudness.spurts[0] == 2
    loudness.reset(0)
    assert np.isnan(level(loudness))
