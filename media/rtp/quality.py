"""How good a call sounds, by the E-model: the R factor and its MOS (ITU-T G.107, 06/2015).

All that is not measured has the default value of the recommendation (table 3), which gives R 93.2.
What is measured is loss, its burstiness and delay. Nothing here tells narrowband from wideband:
a codec without a narrowband impairment in ITU-T G.113 has no R factor.
"""

from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class Impairment(NamedTuple):
    """What a codec takes from the quality (ITU-T G.113, appendix I)."""

    ie: float
    """Equipment impairment factor, without loss."""

    bpl: float
    """Robustness against packet loss: the higher, the less loss is heard."""


IMPAIRMENTS: Final = MappingProxyType(
    {"PCMU": Impairment(0.0, 25.1), "PCMA": Impairment(0.0, 25.1)}  # with concealment
)
"""By codec."""

UNKNOWN: Final = Impairment(float("nan"), 1.0)
"""Of any other codec."""

_RO: Final = 94.768
"""Basic signal-to-noise ratio: 15 - 1.5 (SLR + No) at the defaults."""

_IS: Final = 1.414
"""Simultaneous impairments at the defaults."""

_NOISE: Final = -61.179
_RLR: Final = 2.0
_TELR: Final = 65.0
_WEPL: Final = 110.0


def r_factor(loss: Values, burst_ratio: Values, delay: Values, ie: Values, bpl: Values) -> Values:
    """Return the transmission rating factor R, NaN where `ie` or `loss` is (section 7.1).

    loss         packets in 100 that were not there to be played
    burst_ratio  mean length of a run of lost packets, as a multiple of what chance gives; 1 or more
    delay        milliseconds from mouth to ear; NaN, which costs nothing, where it is not measured
    ie, bpl      of the codec, as in Impairment
    """
    effective = ie + (95.0 - ie) * loss / (loss / burst_ratio + bpl)
    return _RO - _IS - _delay_impairment(np.nan_to_num(delay)) - effective


def mos(r: Values) -> Values:
    """Return the mean opinion score, 1 to 4.5, that belongs to R (annex B)."""
    bounded = np.clip(r, 0.0, 100.0)
    score = 1.0 + 0.035 * bounded + bounded * (bounded - 60.0) * (100.0 - bounded) * 7e-6
    return np.maximum(score, 1.0)  # the formula dips below 1 for R under 6.5


def burst_ratio(loss: Values, runs: Values, lost: Values) -> Values:
    """Return the burst ratio of `lost` packets that were lost in so many `runs` (section 7.5).

    loss  packets in 100
    """
    mean = lost / np.maximum(runs, 1.0)
    return np.maximum(mean * (1.0 - np.minimum(loss, 99.0) / 100.0), 1.0)


def _delay_impairment(one_way: Values) -> Values:
    """Return Id = Idte + Idle + Idd (section 7.4), T = Ta = Tr / 2."""
    return _talker_echo(one_way) + _listener_echo(2.0 * one_way) + _pure_delay(one_way)


def _talker_echo(one_way: Values) -> Values:
    ratio = (1.0 + one_way / 10.0) / (1.0 + one_way / 150.0)
    terv = _TELR - 40.0 * np.log10(ratio) + 6.0 * np.exp(-0.3 * one_way**2)
    re = 80.0 + 2.5 * (terv - 14.0)
    half = (-1.5 * (_NOISE - _RLR) - re) / 2.0
    return (half + np.sqrt(half**2 + 100.0) - 1.0) * (1.0 - np.exp(-one_way))


def _listener_echo(round_trip: Values) -> Values:
    half = (_RO - 10.5 * (_WEPL + 7.0) * (round_trip + 1.0) ** -0.25) / 2.0
    return half + np.sqrt(half**2 + 169.0)


def _pure_delay(one_way: Values) -> Values:
    x = np.log2(np.maximum(one_way, 100.0) / 100.0)
    return 25.0 * ((1.0 + x**6) ** (1 / 6) - 3.0 * (1.0 + (x / 3.0) ** 6) ** (1 / 6) + 2.0)
