"""Companding loses once and never again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.g711 import Law, decode, encode

laws = st.sampled_from(Law)
samples = st.lists(st.integers(-32768, 32767), max_size=200).map(lambda x: np.array(x, np.int16))


@given(samples, laws)
def test_encoding_what_was_decoded_changes_nothing(
    original: np.ndarray[tuple[int], np.dtype[np.int16]], law: Law
) -> None:
    once = decode(encode(original, law), law)
    assert np.array_equal(decode(encode(once, law), law), once)


@given(samples, laws)
def test_louder_stays_louder(
    original: np.ndarray[tuple[int], np.dtype[np.int16]], law: Law
) -> None:
    heard = decode(encode(np.sort(original), law), law)
    assert np.all(np.diff(heard.astype(np.int32)) >= 0)
