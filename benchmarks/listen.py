"""How real speech sounds behind each path of the engine: in this process, on a virtual clock."""

from pathlib import Path

import numpy as np
from matplotlib import use
from matplotlib.figure import Figure

from benchmarks.listening.perception import Sound, spectrogram
from benchmarks.listening.studio import RATE
from benchmarks.listening.ways import everything
from benchmarks.row import Finding

SHOWN_DB = 70.0
"""Of a spectrogram, below its loudest point."""

use("agg")


def measure(folder: Path | None = None) -> list[Finding]:
    """Return how far what was heard is from what was said, path by path.

    folder  where to draw both of each path, before and after
    Raises RuntimeError where there is no speech to listen to.
    """
    found: list[Finding] = []
    for name, (way, heard, before, after) in everything().items():
        complaint = way.bounds.complaint(heard)
        figures = {
            "dB louder": heard.level_db,
            "ms later": heard.delay_ms,
            "ms missing": heard.gaps_ms,
            "dB of segmental SNR": heard.snr_db,
            "dB of log-spectral distance": heard.distance_db,
        }
        length = round(len(before) / RATE)
        found += [
            Finding("listen", length, f"s of speech, {name}", measured, value, complaint)
            for measured, value in figures.items()
        ]
        if folder is not None:
            draw(folder / f"{_file_name(name)}.png", name, before, after)
    return found


def draw(path: Path, name: str, before: Sound, after: Sound) -> None:
    """Draw the spectrograms of what was said and of what was heard, one above the other."""
    figure = Figure(figsize=(10, 6), layout="tight")
    for axes, sound, title in zip(
        figure.subplots(2, 1, sharex=True),
        (before, after),
        ("said", f"heard: {name}"),
        strict=True,
    ):
        powers = spectrogram(sound, RATE).T
        extent = (0.0, len(sound) / RATE, 0.0, RATE / 2)
        top = float(np.max(powers))
        axes.imshow(
            powers, origin="lower", aspect="auto", extent=extent, vmin=top - SHOWN_DB, vmax=top
        )
        axes.set_title(title)
        axes.set_ylabel("Hz")
    axes.set_xlabel("s")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def _file_name(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name).lower().split())
