"""G.722: a tone keeps its level and frequency in both bands, whatever the octets are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.g711 import Samples
from media.codecs.g722 import RATE, G722Decoder, G722Encoder
from tests.unit.media.codecs.sounds import level_of, tone, tone_and_noise

FRAME = 320


def carried(samples: Samples) -> Samples:
    """Return the samples as they arrive, sent in packets of 20 ms."""
    encoder, decoder = G722Encoder(), G722Decoder()
    frames = [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]
    return np.concatenate([decoder.decode(encoder.encode(frame)) for frame in frames])


@pytest.mark.parametrize("level", [-6.0, -20.0, -40.0])
@pytest.mark.parametrize(
    ("hertz", "least"),
    [(200, 35), (1000, 35), (3000, 33), (3900, 32), (4100, 32), (5000, 19), (6000, 22), (6800, 20)],
)
def test_a_tone_keeps_its_level_and_the_noise_is_that_of_its_band(
    hertz: int, least: float, level: float
) -> None:
    arrived = carried(tone(hertz, RATE, 1.0, level))[4000:]
    pure, noise = tone_and_noise(arrived, hertz, RATE)
    assert pure == pytest.approx(level, abs=0.1)
    assert pure - noise >= least


def test_sound_arrives_by_the_delay_of_the_two_filters() -> None:
    noise = (3000 * np.random.default_rng(1).standard_normal(8000)).astype(np.int16)
    arrived = carried(noise).astype(np.float64)
    likeness = [np.dot(noise[1000:6000], arrived[1000 + k : 6000 + k]) for k in range(60)]
    assert int(np.argmax(likeness)) == 22


def test_an_octet_stands_for_two_samples() -> None:
    payload = G722Encoder().encode(tone(440, RATE, 0.02))
    assert len(payload) == 160
    assert G722Decoder().decode(payload).shape == (320,)


def test_an_odd_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="by twos"):
        G722Encoder().encode(np.zeros(3, np.int16))


def test_samples_may_lie_apart_in_memory() -> None:
    apart = np.repeat(tone(440, RATE, 0.02), 2)[::2]
    assert G722Encoder().encode(apart) == G722Encoder().encode(apart.copy())


def test_silence_stays_silent() -> None:
    assert level_of(carried(np.zeros(3200, np.int16))) < -70


@given(st.lists(st.binary(max_size=400), max_size=5))
def test_any_octets_are_taken(payloads: list[bytes]) -> None:
    decoder = G722Decoder()
    for payload in payloads:
        assert decoder.decode(payload).shape == (2 * len(payload),)


def test_a_decoder_that_missed_packets_finds_back_to_the_tone() -> None:
    encoder, decoder = G722Encoder(), G722Decoder()
    samples = tone(1000, RATE, 1.0, -20.0)
    frames = [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]
    heard = []
    for number, frame in enumerate(frames):
        payload = encoder.encode(frame)
        lost = number in (20, 21, 30)
        heard.append(np.zeros(FRAME, np.int16) if lost else decoder.decode(payload))
    pure, noise = tone_and_noise(np.concatenate(heard[35:]), 1000, RATE)
    assert pure == pytest.approx(-20.0, abs=0.2)
    assert pure - noise > 30
