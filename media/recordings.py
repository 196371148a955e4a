"""Recordings in progress: what each peer says, from its packets to blocks for a file."""

from typing import Final

import numpy as np

from media.codecs.g711 import ALAW_TO_LINEAR, ULAW_TO_LINEAR, Octets, Samples
from media.control import Record
from media.ledger import Ledger
from media.outputs import FinishFile, Output, StartFile, Write
from media.streams import CLOCK_RATES, LAST_LAW, LAWS, Streams
from media.tape import Tape
from media.timeline import CLOCK_RATE
from media.wideband import Decoders

BLOCK: Final = 1600
"""Samples that are handed on at once, at least: 200 ms."""

LONGEST: Final = 86_400.0
"""Seconds that no recording exceeds, whatever is asked."""

QUIET: Final = 32768 * 10 ** (-45 / 20)
"""Root mean square of a packet below which it is silence: -45 dBov."""


class Recording:
    """One file that grows. `silent_since` is when the last packet that was not quiet came."""

    __slots__ = (
        "blocks",
        "maximum",
        "number",
        "order",
        "pending",
        "silent_since",
        "started",
        "tape",
        "total",
    )

    def __init__(self, number: int, order: Record, now: float) -> None:
        self.number = number
        self.order = order
        self.started = self.silent_since = now
        self.tape = Tape()
        self.blocks: list[Samples] = []
        self.maximum = min(order.maximum, LONGEST)
        self.pending = 0  # samples in `blocks`
        self.total = 0  # samples handed on, and in `blocks`

    @property
    def deadline(self) -> float:
        """When it ends by itself if nothing is said any more."""
        latest = self.started + self.maximum
        if self.order.silence > 0:
            return min(latest, self.silent_since + self.order.silence)
        return latest

    def reason(self, now: float) -> str | None:
        """Return why it ends by itself now, or None if it does not."""
        samples = round(self.maximum * CLOCK_RATE)
        if now >= self.started + self.maximum or self.total >= samples:
            return "maximum"
        return "silence" if now >= self.deadline else None

    def add(self, ready: list[Samples]) -> None:
        """Take what is in order, up to the maximum."""
        room = round(self.maximum * CLOCK_RATE) - self.total
        for samples in ready:
            fits = samples[:room]
            if len(fits):
                self.blocks.append(fits)
                self.pending += len(fits)
                self.total += len(fits)
                room -= len(fits)

    def flush(self) -> list[Output]:
        """Hand on what has gathered."""
        if not self.blocks:
            return []
        block = np.concatenate(self.blocks)
        self.blocks, self.pending = [], 0
        return [Write(self.number, block)]


class Recordings:
    """What single peers say, by row while it grows."""

    def __init__(self, streams: Streams, ledger: Ledger) -> None:
        self._streams = streams
        self._ledger = ledger
        self._growing: dict[int, Recording] = {}
        self._waiting: dict[int, Record] = {}  # for a Play to be over
        self._decoders = Decoders()

    @property
    def deadline(self) -> float:
        return min((each.deadline for each in self._growing.values()), default=float("inf"))

    def start(self, row: int, order: Record, now: float) -> list[Output]:
        """Begin; a recording of the same stream that has not ended is stopped."""
        outputs = [*self.wait_no_longer(row, now), *self.stop(row, "stopped")]
        number = self._ledger.number()
        self._growing[row] = Recording(number, order, now)
        self._streams.recorded[row] = True
        return [*outputs, StartFile(number, order.path)]

    def wait(self, row: int, order: Record, now: float) -> list[Output]:
        """Begin when the Play that `order` names is over."""
        outputs = [*self.wait_no_longer(row, now), *self.stop(row, "stopped")]
        self._waiting[row] = order
        return outputs

    def played(self, row: int, token: int, now: float) -> list[Output]:
        """Begin what has waited for this Play to be over."""
        order = self._waiting.get(row)
        return self.wait_no_longer(row, now) if order is not None and order.after == token else []

    def wait_no_longer(self, row: int, now: float) -> list[Output]:
        """Begin what waits for a Play."""
        order = self._waiting.pop(row, None)
        return [] if order is None else self.start(row, order, now)

    def hear(self, row: int, law: int, timestamp: int, payload: Octets, now: float) -> list[Output]:
        """Take the audio of one packet."""
        recording = self._growing.get(row)
        if recording is None or not len(payload):
            return []
        if law > LAST_LAW:
            audio = self._decoders.decode(row, law, payload.tobytes())
            timestamp = timestamp * CLOCK_RATE // int(CLOCK_RATES[law])
            if not len(audio):
                return []
        else:
            is_ulaw = law == LAWS["PCMU"]
            audio = (ULAW_TO_LINEAR if is_ulaw else ALAW_TO_LINEAR)[payload]
        level = audio.astype(np.float32)
        if float(level @ level) > QUIET * QUIET * len(audio):
            recording.silent_since = now
        recording.add(recording.tape.put(timestamp, audio, now))
        reason = recording.reason(now)
        if reason is not None:
            return self.stop(row, reason)
        return recording.flush() if recording.pending >= BLOCK else []

    def stop(self, row: int, reason: str) -> list[Output]:
        recording = self._growing.pop(row, None)
        if recording is None:
            return []
        self._streams.recorded[row] = False
        self._decoders.forget(row)
        recording.add(recording.tape.finish())
        stream = int(self._streams.number[row])
        self._ledger.end(recording.number, stream, recording.order, reason)
        return [*recording.flush(), FinishFile(recording.number)]

    def stop_all(self, reason: str) -> list[Output]:
        return [output for row in list(self._growing) for output in self.stop(row, reason)]

    def expire(self, now: float) -> list[Output]:
        outputs: list[Output] = []
        for row, recording in list(self._growing.items()):
            reason = recording.reason(now)
            if reason is not None:
                outputs += self.stop(row, reason)
        return outputs

    def broken(self, number: int) -> list[Output]:
        """End a recording whose file takes no more: nobody shall talk to a disk that is full."""
        for row, recording in self._growing.items():
            if recording.number == number:
                return self.stop(row, "failed")
        return []  # it was ending anyway
