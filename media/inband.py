"""Digits as tones: heard in what peers say, and kept from those who talk with them.

Who is listened to is decoded as it arrives, put in order, and heard in frames of 20 ms, all streams
at once. From when a key is known to be pressed until it is released its stream is `muted`: in a
bridge its packets go on as silence, for the digit goes another way. What was said before that, some
30 ms of the tone and more where packets were late, has passed.

Not by way of `hearing`: its jitter buffer would hold a tone back while relayed packets went on.
"""

from typing import Final

import numpy as np

from media.codecs.g711 import ALAW_TO_LINEAR, ULAW_TO_LINEAR, Samples
from media.control import Digit
from media.dtmf.detector import ToneDetector
from media.dtmf.tones import FRAME
from media.net.batch import Ints
from media.relay import Arrived
from media.rtp.header import payload_span
from media.streams import CLOCK_RATES, LAST_LAW, LAWS, Streams
from media.tape import Tape
from media.timeline import CLOCK_RATE
from media.wideband import Decoders

PATIENCE: Final = 0.1
"""Seconds without audio after which a pressed key is released: who suppresses silence sends none
after a tone."""

_NOTHING: Final[Samples] = np.zeros(0, np.int16)
_RELEASE: Final = 4
"""Frames of silence that end a press."""


class Listener:
    """One stream that is listened to, and what was said and not heard yet."""

    __slots__ = ("rest", "tape")

    def __init__(self) -> None:
        self.tape = Tape()
        self.rest: Samples = _NOTHING


class Inband:
    """Listens to streams of which `detects` is set."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._detector = ToneDetector(streams.rows + 1)
        self._decoders = Decoders()
        self._listeners: dict[int, Listener] = {}
        self._held: dict[int, float] = {}
        """By row, when a pressed key is released though nothing is heard."""

    @property
    def deadline(self) -> float:
        return min(self._held.values(), default=float("inf"))

    def forget(self, row: int) -> None:
        """Hear no more of what was said on this row: its stream is another, or speaks otherwise."""
        self._listeners.pop(row, None)
        self._held.pop(row, None)
        self._detector.forget(row)
        self._decoders.forget(row)
        self._streams.muted[row] = False

    def take(self, arrived: Arrived, now: float) -> list[Digit]:
        """Take audio of any streams; return the digits that are over."""
        streams, digits = self._streams, list[Digit]()
        concerned = (streams.detects[arrived.rows] & (arrived.law >= 0)).nonzero()[0]
        heard: dict[int, Listener] = {}
        for i in concerned.tolist():
            row = int(arrived.rows[i])
            listener = heard[row] = self._listeners.setdefault(row, Listener())
            listener.rest = np.concatenate((listener.rest, *self._said(listener, arrived, i, now)))
        while waiting := [row for row, each in heard.items() if len(each.rest) >= FRAME]:
            frames = np.stack([heard[row].rest[:FRAME] for row in waiting])
            for row in waiting:
                heard[row].rest = heard[row].rest[FRAME:]
            digits += self.hear(np.array(waiting, np.int64), frames, now)
        return digits

    def hear(self, rows: Ints, frames: Samples, now: float) -> list[Digit]:
        """Take 20 ms of some streams, int16 (streams, 160) at 8 kHz; return the digits that are
        over."""
        over = self._detector.hear(rows, frames)
        for row in rows.tolist():
            self._streams.muted[row] = is_pressed = self._detector.pressed(row)
            if is_pressed:
                self._held[row] = now + PATIENCE
            else:
                self._held.pop(row, None)
        number = self._streams.number
        return [Digit(int(number[each.row]), each.key, each.milliseconds, True) for each in over]

    def expire(self, now: float) -> list[Digit]:
        """Release the keys of those who say nothing any more."""
        rows = np.array([row for row, due in self._held.items() if due <= now], np.int64)
        digits: list[Digit] = []
        for _ in range(_RELEASE if len(rows) else 0):
            digits += self.hear(rows, np.zeros((len(rows), FRAME), np.int16), now)
        return digits

    def _said(self, listener: Listener, arrived: Arrived, i: int, now: float) -> list[Samples]:
        """Return what is in order now that this packet has come."""
        batch, law = arrived.batch, int(arrived.law[i])
        span = payload_span(batch.buffer.views[int(batch.slot[i])][: int(batch.length[i])])
        if span is None:
            return []
        payload = batch.buffer.data[int(batch.slot[i]), span[0] : span[1]]
        timestamp = int(arrived.header[1, i])
        if law > LAST_LAW:
            sound = self._decoders.decode(int(arrived.rows[i]), law, payload.tobytes())
            timestamp = timestamp * CLOCK_RATE // int(CLOCK_RATES[law])
        else:
            sound = (ULAW_TO_LINEAR if law == LAWS["PCMU"] else ALAW_TO_LINEAR)[payload]
        return listener.tape.put(timestamp, sound, now) if len(sound) else []
