"""Digits that come as tones in the audio (ITU-T Q.24), for many streams at once."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import Samples
from media.dtmf.pairs import NONE, WINDOW, Indices, Keys, recognise
from media.dtmf.tones import FRAME, PAD

STEP: Final = 10
"""Milliseconds from one window to the next."""

ON: Final = 2
"""Windows in a row of one key, and it is pressed: together they see 30 ms. Q.24: 40 ms are to be
heard, 23 ms are not."""

OFF: Final = 5
"""Windows without it, and it is released. Q.24: 40 ms of pause are one, and reach into 5 windows
or 6; 10 ms are none. The 20 ms of a packet that was lost reach into 4 at most."""

_UNSEEN: Final = 15
"""Milliseconds of a press by which it is longer than its windows are apart: what the first and the
last of them see beyond their own step."""


class Tone(NamedTuple):
    """One press of a key, reported at its end."""

    row: int
    key: str
    milliseconds: int


class ToneDetector:
    """Hears presses in the sound of streams, each reported once.

    rows  how many streams there can be
    """

    def __init__(self, rows: int) -> None:
        self._tail: Samples = np.zeros((rows, FRAME // 2), np.int16)
        self._key: Keys = np.full(rows, NONE, np.int8)
        self._steps: NDArray[np.int64] = np.zeros(rows, np.int64)
        """Windows since it was pressed."""

        self._missing: NDArray[np.int64] = np.zeros(rows, np.int64)
        """Windows since it was heard last."""

        self._likely: Keys = np.full(rows, NONE, np.int8)
        """The key of the last window, which may not be pressed yet."""

        self._count: NDArray[np.int64] = np.zeros(rows, np.int64)
        """Windows of it in a row."""

    def forget(self, row: int) -> None:
        """Begin anew with a stream. A key that is pressed is not reported."""
        self._tail[row] = 0
        self._key[row] = self._likely[row] = NONE

    def pressed(self, row: int) -> bool:
        """Return whether a key is held down."""
        return bool(self._key[row] != NONE)

    def hear(self, rows: Indices, frames: Samples) -> list[Tone]:
        """Take the next 20 ms of some streams, each once; return the presses that are over.

        frames  int16 (streams, 160) at 8 kHz
        """
        windows = np.empty((2, len(rows), WINDOW), np.float32)
        windows[0, :, : FRAME // 2] = self._tail[rows]
        windows[0, :, FRAME // 2 :] = frames[:, : FRAME // 2]
        windows[1] = frames
        self._tail[rows] = frames[:, FRAME // 2 :]
        windows -= windows.mean(axis=2, keepdims=True)
        keys = recognise(windows.reshape(-1, WINDOW)).reshape(2, len(rows))
        tones: list[Tone] = []
        concerned = (keys != NONE).any(axis=0) | (self._key[rows] != NONE)
        concerned |= self._likely[rows] != NONE
        which = concerned.nonzero()[0]
        if len(which):
            for heard in keys[:, which]:
                tones += self._step(rows[which], heard)
        return tones

    def _step(self, rows: Indices, heard: Keys) -> list[Tone]:
        """Go on by one window, in which these keys were heard."""
        key = self._key[rows]
        goes_on = (heard == key) & (key != NONE)
        self._steps[rows] += key != NONE
        self._missing[rows] = np.where(goes_on, 0, self._missing[rows] + 1)

        is_new = (heard != NONE) & ~goes_on
        again = is_new & (heard == self._likely[rows])
        self._count[rows] = np.where(again, self._count[rows] + 1, is_new)
        self._likely[rows] = np.where(is_new, heard, NONE)

        begins = self._count[rows] >= ON
        over = (key != NONE) & (begins | (self._missing[rows] >= OFF))
        tones = [self._over(row) for row in rows[over].tolist()]
        self._key[rows[over]] = NONE
        begun = rows[begins]
        self._key[begun] = heard[begins]
        self._steps[begun] = self._count[begun]
        self._missing[begun] = self._count[begun] = 0
        self._likely[begun] = NONE
        return tones

    def _over(self, row: int) -> Tone:
        windows = int(self._steps[row] - self._missing[row])
        return Tone(row, PAD[self._key[row]], windows * STEP + _UNSEEN)
