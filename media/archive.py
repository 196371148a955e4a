"""Recordings that are kept in less room: FLAC, without loss, and OGG (Vorbis), with some.

They grow as WAV, because that is whole at every moment; at their end the thread that has time for
it writes the other form. A process that dies before leaves a WAV to be recovered.
"""

from pathlib import Path
from typing import Final

import soundfile

FORMS: Final = {".flac": ("FLAC", "PCM_16"), ".ogg": ("OGG", "VORBIS")}
"""Format and coding by the suffix of a path, as libsndfile names them."""

_BLOCK: Final = 8192
"""Frames at a time: of much more at once the Vorbis encoder runs out of stack."""


def growing(path: Path) -> Path:
    """Return where the WAV belongs that becomes `path` at its end."""
    return path.with_suffix(".wav") if path.suffix.lower() in FORMS else path


def compress(wav: Path, path: Path, suffix: str) -> None:
    """Write the sound of `wav` to `path` in the form of `suffix`. Raises OSError."""
    form, coding = FORMS[suffix.lower()]
    try:
        with soundfile.SoundFile(wav) as source:
            frames, rate, channels = source.frames, source.samplerate, source.channels
            with soundfile.SoundFile(path, "w", rate, channels, coding, format=form) as sink:
                for block in source.blocks(_BLOCK, dtype="int16", always_2d=True):
                    sink.write(block)
        is_whole = soundfile.info(str(path)).frames == frames
    except (soundfile.SoundFileError, AssertionError) as error:
        # soundfile asserts that all was written; a full disk is what makes that fail
        raise OSError(f"not compressed: {error}") from error
    if not is_whole:
        raise OSError("not compressed: what was written is too short")
