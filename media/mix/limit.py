"""Sums of several voices within full scale."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import Samples

LOUDEST: Final = 24_000.0
"""Of a frame that goes beyond full scale, samples up to here stay and what is louder is bent."""

_FULL: Final = 32_767.0
_HEADROOM: Final = _FULL - LOUDEST


def limited(mixed: NDArray[np.float32]) -> Samples:
    """Return sums as int16 samples, none beyond full scale.

    mixed  float32 (frames, samples), whose loud samples are changed

    Only frames that would go beyond are touched, so a single speaker, however loud, is not.
    """
    if mixed.size and (mixed.max() > _FULL or mixed.min() < -_FULL):
        beyond = (np.abs(mixed).max(axis=1) > _FULL).nonzero()[0]
        mixed[beyond] = _bent(mixed[beyond])
    samples: Samples = np.rint(mixed).astype(np.int16)
    return samples


def _bent(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return sums whose loud samples approach full scale and never reach it."""
    size = np.abs(sums)
    bent = LOUDEST + _HEADROOM * np.tanh((size - LOUDEST) / _HEADROOM)
    return np.where(size > LOUDEST, np.copysign(bent, sums), sums).astype(np.float32)
