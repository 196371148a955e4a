"""Speech to listen to: made when it is wanted, by Debian's flite."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from benchmarks.listening.perception import Sound
from media.codecs.resample import SoundResampler

RATE: Final = 16_000
LEVEL: Final = 0.06
"""Root mean square, of full scale: -24 dB, which is how loud people are on the telephone
(ITU-T P.56 levels of about -26 dBov)."""

VOICES: Final = ("slt", "rms")
SENTENCES: Final = (
    "Please hold the line while we fetch your father's yellow jacket from the garage upstairs.",
    "Six boys thought the choir sang a measure too low, though nobody in the hall could prove it.",
)
"""Between them nearly every sound of English, voiced and not."""

_PATIENCE: Final = 60.0


def speech(rate: int) -> Sound:
    """Return some ten seconds of a woman and a man, at 8,000 or 16,000 samples a second.

    Raises RuntimeError when flite is not installed or fails.
    """
    flite = shutil.which("flite")
    if flite is None:
        raise RuntimeError("flite is not installed: apt-get install flite")
    pieces = [_spoken(flite, *each) for each in zip(VOICES, SENTENCES, strict=True)]
    spoken = np.concatenate(pieces)
    spoken *= LEVEL / np.sqrt(np.mean(spoken**2))
    return _resampled(spoken, RATE, rate)


def _spoken(flite: str, voice: str, text: str) -> Sound:
    with tempfile.TemporaryDirectory(prefix="softswitch-listening-") as folder:
        path = Path(folder) / "speech.wav"
        try:
            subprocess.run(
                [flite, "-voice", voice, "-t", text, "-o", str(path)],
                check=True,
                timeout=_PATIENCE,
                capture_output=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise RuntimeError(f"flite cannot speak: {error}") from error
        samples, rate = soundfile.read(path, dtype="float64")
    return _resampled(samples, rate, RATE)


def _resampled(sound: Sound, rate: int, to: int) -> Sound:
    if rate == to:
        return sound
    resampler = SoundResampler(rate, to)
    made = resampler.push(sound.astype(np.float32))
    return np.concatenate((made, resampler.finish())).astype(np.float64)
