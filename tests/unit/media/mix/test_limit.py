"""Sums stay within full scale, and what fits stays as it is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from media.mix import limited

frames = arrays.arrays(
    np.float32, (3, 20), elements=st.floats(-400_000, 400_000, width=32, allow_nan=False)
)


@given(frames)
def test_what_fits_stays_and_what_does_not_is_bent(sums: NDArray[np.float32]) -> None:
    made = limited(sums.copy())
    for frame, sound in zip(sums, made, strict=True):
        if np.abs(frame).max() <= 32_767:
            assert sound.tolist() == np.rint(frame).astype(np.int64).tolist()
        else:
            order = np.argsort(frame, kind="stable")
            assert (np.diff(sound[order].astype(np.int64)) >= 0).all()  # louder stays louder
            assert np.abs(sound.astype(np.int64)).max() <= 32_767
            quiet = np.abs(frame) <= 24_000
            assert sound[quiet].tolist() == np.rint(frame[quiet]).astype(np.int64).tolist()
