"""How much sound there is in what was heard."""

import wave
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

FRAME: Final = 0.02
"""Seconds that are judged together."""

FLOOR: Final = -50.0
"""dB of full scale below which a frame is silence."""

_FULL_SCALE: Final = 32768.0


class Heard(Struct, frozen=True, gc=False):
    seconds: float
    """Of sound; silence between does not count."""

    level: float
    """Of the sound: root mean square in dB of full scale."""

    def __str__(self) -> str:
        if not self.seconds:
            return "heard nothing"
        return f"heard {self.seconds:.1f} s at {self.level:.0f} dBFS"


NOTHING: Final = Heard(0.0, float("-inf"))


def measure(path: Path) -> Heard:
    """Return what there is to hear in a WAV file of 16 bit and one channel; of none, nothing."""
    try:
        with wave.open(str(path), "rb") as file:
            frame = round(file.getframerate() * FRAME)
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    except (OSError, EOFError, wave.Error):
        return NOTHING
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame) / _FULL_SCALE
    powers = (frames**2).mean(axis=1)
    loud = powers[powers > 10 ** (FLOOR / 10)]
    if not loud.size:
        return NOTHING
    return Heard(float(loud.size * FRAME), float(10 * np.log10(loud.mean())))
