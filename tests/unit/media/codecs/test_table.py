"""The table of codecs: whatever stands in it encodes, decodes and conceals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.table import CODECS, decoder, encoder
from tests.unit.media.codecs.sounds import tone, tone_and_noise

ALWAYS = ("PCMU", "PCMA", "G722")


def test_the_codecs_that_need_no_library_are_there() -> None:
    assert tuple(CODECS)[:3] == ALWAYS
    assert [CODECS[name].payload_type for name in ALWAYS] == [0, 8, 9]
    assert [(CODECS[name].clock_rate, CODECS[name].rate) for name in ALWAYS] == [
        (8000, 8000),
        (8000, 8000),
        (8000, 16000),
    ]


@pytest.mark.parametrize("name", list(CODECS))
def test_a_tone_arrives_with_its_level(name: str) -> None:
    rate = CODECS[name].rate
    encode, decode = encoder(name).encode, decoder(name).decode
    frames = tone(1000, rate, 1.0, -12.0).reshape(50, -1)
    heard = np.concatenate([decode(encode(frame)) for frame in frames])
    assert len(heard) == rate
    pure, noise = tone_and_noise(heard[rate // 2 :], 1000, rate)
    assert pure == pytest.approx(-12.0, abs=0.3)
    assert noise < pure - 30


@pytest.mark.parametrize("name", list(CODECS))
def test_streams_do_not_share_what_they_remember(name: str) -> None:
    frame = tone(700, CODECS[name].rate, 0.02)
    first, second = encoder(name), encoder(name)
    first.encode(tone(3000, CODECS[name].rate, 0.02))
    assert second.encode(frame) == encoder(name).encode(frame)


@given(st.sampled_from(list(CODECS)), st.lists(st.binary(max_size=300), max_size=4))
def test_what_a_stranger_sends_never_raises(name: str, payloads: list[bytes]) -> None:
    stream = decoder(name)
    for payload in payloads:
        assert stream.decode(payload).dtype == np.int16


def test_what_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        decoder("G729")
    with pytest.raises(KeyError):
        encoder("pcmu")
