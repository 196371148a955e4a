"""G.711: levels, thresholds, and the tables between the laws."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.codecs.g711 import (
    ALAW_TO_LINEAR,
    ALAW_TO_ULAW,
    SILENCE,
    ULAW_TO_ALAW,
    ULAW_TO_LINEAR,
    Law,
    decode,
    encode,
)

EVERY_SAMPLE = np.arange(-32768, 32768).astype(np.int16)
EVERY_CODE = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        (0xFF, 0),
        (0xFE, 8),
        (0xF0, 120),
        (0xEF, 132),
        (0xCF, 924),
        (0x80, 32124),
        (0x7F, 0),
        (0x7E, -8),
        (0x00, -32124),
    ],
)
def test_ulaw_octets_have_the_levels_of_the_standard(code: int, level: int) -> None:
    assert ULAW_TO_LINEAR[code] == level


@pytest.mark.parametrize(
    ("code", "level"),
    [(0xD5, 8), (0xD4, 24), (0x55, -8), (0xC5, 264), (0x80, 5504), (0xAA, 32256), (0x2A, -32256)],
)
def test_alaw_octets_have_the_levels_of_the_standard(code: int, level: int) -> None:
    assert ALAW_TO_LINEAR[code] == level


@pytest.mark.parametrize("law", list(Law))
def test_every_level_is_encoded_as_the_octet_that_stands_for_it(law: Law) -> None:
    again = encode(decode(EVERY_CODE, law), law)
    minus_zero = 0x7F if law is Law.PCMU else -1  # has the level of 0xFF, which is preferred
    assert [code for code in range(256) if again[code] != code and code != minus_zero] == []


@pytest.mark.parametrize("law", list(Law))
def test_the_octet_lies_in_the_right_interval_and_signs_do_not_mix(law: Law) -> None:
    levels = decode(encode(EVERY_SAMPLE, law), law).astype(np.int32)
    assert np.all(np.diff(levels) >= 0)
    error = np.abs(levels - EVERY_SAMPLE)
    loud = np.abs(EVERY_SAMPLE.astype(np.int32))
    assert np.all(error[loud < 32000] <= np.maximum(8, loud[loud < 32000] / 16))


@pytest.mark.parametrize(("law", "threshold", "below", "above"), [
    (Law.PCMU, 4, 0, 8),
    (Law.PCMU, 12, 8, 16),
    (Law.PCMU, 124, 120, 132),
    (Law.PCMA, 16, 8, 24),
    (Law.PCMA, 512, 504, 528),
])  # fmt: skip
def test_decision_values_are_those_of_the_standard(
    law: Law, threshold: int, below: int, above: int
) -> None:
    samples = np.array([threshold - 1, threshold], np.int16)
    assert decode(encode(samples, law), law).tolist() == [below, above]


@pytest.mark.parametrize("law", list(Law))
def test_full_scale_is_clipped_and_not_wrapped(law: Law) -> None:
    loudest = decode(encode(np.array([-32768, 32767], np.int16), law), law)
    assert loudest[0] < -32000
    assert loudest[1] > 32000


@pytest.mark.parametrize("law", list(Law))
def test_silence_is_the_octet_of_zero(law: Law) -> None:
    assert encode(np.zeros(1, np.int16), law)[0] == SILENCE[law]


def test_transcoding_a_positive_level_is_decoding_and_encoding_it() -> None:
    positive = EVERY_CODE[128:]
    via_linear = encode(decode(positive, Law.PCMU), Law.PCMA)
    assert np.array_equal(ULAW_TO_ALAW[positive], via_linear)
    via_linear = encode(decode(positive, Law.PCMA), Law.PCMU)
    assert np.array_equal(ALAW_TO_ULAW[positive], via_linear)


def test_transcoding_adds_no_offset() -> None:
    for table, levels in ((ULAW_TO_ALAW, ALAW_TO_LINEAR), (ALAW_TO_ULAW, ULAW_TO_LINEAR)):
        positive, negative = levels[table[128:]], levels[table[:128]]
        assert np.array_equal(positive, -negative)


@pytest.mark.parametrize("law", list(Law))
def test_arrays_keep_their_shape(law: Law) -> None:
    samples = np.zeros((3, 5, 160), np.int16)
    assert encode(samples, law).shape == samples.shape
    assert decode(encode(samples, law)[:, ::2], law).shape == (3, 3, 160)


def test_another_law_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        decode(EVERY_CODE, "G722")


# All 256 codes and 254 decision values, from "number of intervals and interval size" in tables 1
# and 2 of the recommendation, at its own scale: 13 bits for A-law, 14 for µ-law, sign included

INTERVALS = {
    Law.PCMA: [(32, 2), (16, 4), (16, 8), (16, 16), (16, 32), (16, 64), (16, 128)],
    Law.PCMU: [(1, 1), (15, 2), *((16, 2**k) for k in range(2, 9))],
}
ENDS = {
    Law.PCMA: [64, 128, 256, 512, 1024, 2048, 4096],
    Law.PCMU: [1, 31, 95, 223, 479, 991, 2015, 4063, 8159],
}
SCALE = {Law.PCMA: 8, Law.PCMU: 4}


def decision_values(law: Law) -> NDArray[np.int64]:
    """Return x0 to x128."""
    sizes = [size for count, size in INTERVALS[law] for _ in range(count)]
    return np.concatenate(([0], np.cumsum(sizes)))


def output_values(law: Law) -> NDArray[np.int64]:
    """Return the values of all positive codes, smallest first: the middle of each interval."""
    values = decision_values(law)
    middles = (values[:-1] + values[1:]) // 2
    if law is Law.PCMU:
        middles[0] = 0
    return middles


def positive_codes(law: Law) -> NDArray[np.uint8]:
    """Return the character signals of the positive values, smallest first; A-law's even bits are
    inverted, and µ-law counts down."""
    number = np.arange(128, dtype=np.uint8)
    return number + 128 ^ np.uint8(0x55) if law is Law.PCMA else ~number


@pytest.mark.parametrize("law", list(Law))
def test_the_segments_end_where_the_recommendation_has_them_end(law: Law) -> None:
    counts = np.cumsum([count for count, _ in INTERVALS[law]])
    assert decision_values(law)[counts].tolist() == ENDS[law]
    assert counts[-1] == 128


@pytest.mark.parametrize("law", list(Law))
def test_each_of_the_256_codes_has_its_value(law: Law) -> None:
    codes, values = positive_codes(law), output_values(law) * SCALE[law]
    assert np.array_equal(decode(codes, law), values)
    assert np.array_equal(decode(codes ^ np.uint8(0x80), law), -values)
    assert len(set(codes.tolist() + (codes ^ np.uint8(0x80)).tolist())) == 256


@pytest.mark.parametrize("law", list(Law))
def test_each_decision_value_parts_two_codes(law: Law) -> None:
    codes, values = positive_codes(law), decision_values(law)[1:128] * SCALE[law]
    assert np.array_equal(encode((values - 1).astype(np.int16), law), codes[:-1])
    assert np.array_equal(encode(values.astype(np.int16), law), codes[1:])
    mirrored = -values - (law is Law.PCMA)  # -1 is A-law's mirror of 0
    assert np.array_equal(encode((mirrored + 1).astype(np.int16), law), codes[:-1] ^ 0x80)
    assert np.array_equal(encode(mirrored.astype(np.int16), law), codes[1:] ^ 0x80)
