"""Tones that a telephone network makes, as samples (ITU-T E.180).

Each is one period of its cadence: repeated, it is what a caller hears. All begin and end at zero,
by short ramps, so that no click is heard where they are cut.
"""

from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np
from msgspec import Struct

from media.codecs.g711 import Samples

RATE: Final = 8000
LONGEST_SILENCE: Final = 600_000
"""Milliseconds."""

_FULL_SCALE: Final = 3.14
"""Level of a sine that fills int16, in dBm0 (G.711)."""

_RAMP: Final = 40
"""Samples of fading in and out: 5 ms."""


class Signal(Struct, frozen=True, gc=False):
    """One period of a tone: for how long it sounds and then is silent."""

    frequencies: tuple[float, ...]
    """Hz, sounded together."""

    on: float
    """Seconds."""

    off: float
    level: float = -10.0
    """dBm0 of the whole."""

    def samples(self) -> Samples:
        """Return int16 (samples,) at 8 kHz."""
        count = round(self.on * RATE)
        time = np.arange(count) / RATE
        share = self.level - 10 * np.log10(len(self.frequencies))
        amplitude = 32767 * 10 ** ((share - _FULL_SCALE) / 20)
        sound = amplitude * sum(np.sin(2 * np.pi * hertz * time) for hertz in self.frequencies)
        ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(_RAMP) / _RAMP)
        sound[:_RAMP] *= ramp
        sound[count - _RAMP :] *= ramp[::-1]
        period: Samples = np.zeros(count + round(self.off * RATE), np.int16)
        period[:count] = np.rint(sound)
        return period


_BEEP: Final = Signal((1000.0,), 0.4, 0.0)

COUNTRIES: Final = MappingProxyType(
    {
        "eu": {
            "ringback": Signal((425.0,), 1.0, 4.0),
            "busy": Signal((425.0,), 0.5, 0.5),
            "congestion": Signal((425.0,), 0.25, 0.25),
            "beep": _BEEP,
        },
        "us": {
            "ringback": Signal((440.0, 480.0), 2.0, 4.0),
            "busy": Signal((480.0, 620.0), 0.5, 0.5),
            "congestion": Signal((480.0, 620.0), 0.25, 0.25),
            "beep": _BEEP,
        },
    }
)
"""Signals by country and name; `eu` is what most of Europe has."""


def tone(name: str, country: str = "eu") -> Samples:
    """Return one period of a tone: `ringback`, `busy`, `congestion`, `beep`, or
    `silence:MILLISECONDS`. Shared, so read-only. Raises KeyError for any other name."""
    return _made(name, country)


@lru_cache(maxsize=256)
def _made(name: str, country: str) -> Samples:
    kind, _, length = name.partition(":")
    if kind == "silence" and length.isascii() and length.isdigit() and len(length) <= 6:
        samples: Samples = np.zeros(min(int(length), LONGEST_SILENCE) * RATE // 1000, np.int16)
    else:
        samples = COUNTRIES[country][name].samples()
    samples.setflags(write=False)
    return samples
