"""Opus: packets of any kind are decoded, losses are bridged, and nothing raises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.g711 import Samples
from media.codecs.opus import LIBRARY, RATE, OpusDecoder, OpusEncoder
from media.codecs.table import CODECS, made
from tests.unit.media.codecs.sounds import tone, tone_and_noise

needs_opus = pytest.mark.skipif(LIBRARY is None, reason="libopus0 is not installed")
FRAME = 960


def frames(samples: Samples) -> list[Samples]:
    return [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]


def test_where_the_library_is_missing_the_codec_is_missing() -> None:
    assert list(made(None)) == ["PCMU", "PCMA", "G722"]
    assert ("opus" in CODECS) is (LIBRARY is not None)


@needs_opus
@pytest.mark.parametrize("hertz", [300, 1000, 3400, 6000])
def test_a_tone_arrives_with_its_level_in_the_whole_band_of_speech(hertz: int) -> None:
    encoder, decoder = OpusEncoder(LIBRARY), OpusDecoder(LIBRARY)
    sent = [encoder.encode(frame) for frame in frames(tone(hertz, RATE, 1.0, -15.0))]
    heard = np.concatenate([decoder.decode(payload) for payload in sent])
    pure, noise = tone_and_noise(heard[RATE // 2 :], hertz, RATE)
    assert pure == pytest.approx(-15.0, abs=1.0)
    assert noise < pure - 15
    assert np.mean([len(payload) for payload in sent]) <= 100  # 32 kbit/s are 80 on average


@needs_opus
@pytest.mark.parametrize("milliseconds", [2.5, 5, 10, 20, 40, 60])
def test_packets_may_have_any_length_of_the_standard(milliseconds: float) -> None:
    count = int(milliseconds * 48)
    payload = OpusEncoder(LIBRARY).encode(tone(440, RATE, count / RATE))
    assert OpusDecoder(LIBRARY).decode(payload).shape == (count,)


@needs_opus
def test_a_number_of_samples_that_is_no_packet_is_refused() -> None:
    with pytest.raises(ValueError, match="no packet of 100 samples"):
        OpusEncoder(LIBRARY).encode(np.zeros(100, np.int16))


@needs_opus
@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"\x03", b"\x03\x3f", b"\xfb\x7f" + bytes(3), b"\xff" * 1500],
    ids=["empty", "code 3 alone", "no count", "63 frames", "padding past the end", "ones"],
)
def test_what_is_no_packet_is_nothing(payload: bytes) -> None:
    decoder = OpusDecoder(LIBRARY)
    assert decoder.decode(payload).shape == (0,)
    good = OpusEncoder(LIBRARY).encode(tone(440, RATE, 0.02))
    assert decoder.decode(good).shape == (FRAME,)


@needs_opus
@given(st.lists(st.binary(max_size=1500), max_size=6))
def test_any_octets_are_taken(payloads: list[bytes]) -> None:
    decoder = OpusDecoder(LIBRARY)
    for payload in payloads:
        assert len(decoder.decode(payload)) <= RATE * 120 // 1000


@needs_opus
def test_a_sound_is_not_overwritten_by_the_next() -> None:
    encoder, decoder = OpusEncoder(LIBRARY), OpusDecoder(LIBRARY)
    first, *_, last = frames(tone(440, RATE, 0.5))
    heard = decoder.decode(encoder.encode(first))
    before = heard.copy()
    decoder.decode(encoder.encode(last))
    assert np.array_equal(heard, before)
