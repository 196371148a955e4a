"""Calls that are recorded: both sides of each in two channels, 20 ms of all at a tick."""

from collections import deque
from math import floor
from typing import Final, TypeAlias

import numpy as np

from media.codecs.g711 import Samples
from media.filing import HandRecording, RecordCall, StopRecordingCall
from media.ledger import Ledger
from media.net.batch import Flags, Ints
from media.outputs import Discard, FinishFile, Output, StartFile, Write
from media.reel import DELAY, FRAME, Reel
from media.relay import Arrived
from media.streams import Streams
from media.timeline import CLOCK_RATE

TICKS: Final = CLOCK_RATE // FRAME
"""In a second."""

BLOCK: Final = TICKS
"""Ticks of a call that are handed on at once."""

LONGEST: Final = 86_400.0
"""Seconds that no recording exceeds, whatever is asked."""

CallRecording: TypeAlias = RecordCall | StopRecordingCall | HandRecording

LEFT: Final = 0
RIGHT: Final = 1

_ROOM: Final = 8
"""Calls that there is room for at first."""


class Deck:
    """Writes down what both sides of calls say. A call has a slot; its file grows by a tick at a
    time, whether anything was said or not, so its channels have the time of day in common.

    A tick is written when it is DELAY old, so that late packets are in their places. At its end a
    recording gets what there is of the ticks until then.
    """

    def __init__(self, streams: Streams, ledger: Ledger) -> None:
        self._streams = streams
        self._ledger = ledger
        self._reel = Reel(streams)
        self._slot_of: dict[int, int] = {}  # by row of the left side
        self._orders: dict[int, tuple[int, RecordCall]] = {}  # number and order, by slot
        self._free = list(range(_ROOM))
        self._slots: Ints = np.zeros(0, np.int64)  # those in use
        self._now = 0  # the tick that is going on
        self._changes: deque[tuple[int, int, int, int]] = deque()  # tick, slot, left and right
        self._sides: Ints = np.full((_ROOM, 2), streams.nobody, np.int64)  # rows now
        self._written: Ints = self._sides.copy()  # and those when that was said which is written
        self._begins: Ints = np.zeros(_ROOM, np.int64)  # tick
        self._room: Ints = np.zeros(_ROOM, np.int64)  # ticks until the maximum
        self._filled: Ints = np.zeros(_ROOM, np.int64)  # ticks in the block
        self._limit: Ints = np.full(_ROOM, BLOCK, np.int64)  # ticks with which it is handed on
        self._block: Samples = np.zeros((_ROOM, BLOCK, FRAME, 2), np.int16)

    @property
    def deadline(self) -> float:
        """When `expire` is to be called: at the end of a tick, while a call is recorded."""
        return (self._now + 1) / TICKS if self._slot_of else float("inf")

    @property
    def wanted(self) -> Flags:
        """By row: what it says is to be taken."""
        return self._reel.wanted

    def command(self, command: CallRecording, row: int, now: float) -> list[Output]:
        """Carry out what is asked of the recording of a row's call."""
        match command:
            case RecordCall():
                return self.start(row, command, now)
            case StopRecordingCall():
                return self.stop(row, "stopped")
            case HandRecording(to=to):
                to_row = self._streams.row_of.get(to)
                if to_row is None:
                    return [Discard("unknown-stream")]
                if not self.hand(row, to_row):
                    return [Discard("recording-not-handed")]
        return []

    def start(self, row: int, order: RecordCall, now: float) -> list[Output]:
        """Begin a file; a recording of the same call that has not ended is stopped."""
        outputs = self.stop(row, "stopped")
        if not self._slot_of:
            self._now = floor(now * TICKS)
            self._reel.begin(self._now - DELAY)
        if not self._free:
            self._grow()
        slot = self._free.pop()
        number = self._ledger.number()
        self._slot_of[row] = slot
        self._orders[slot] = number, order
        self._slots = np.append(self._slots, slot)
        self._sides[slot] = self._written[slot] = row, self._streams.other[row]
        self._begins[slot] = self._now
        self._room[slot] = max(round(min(order.maximum, LONGEST) * TICKS), 1)
        self._limit[slot] = 1 + slot % BLOCK  # so that not all are handed on at the same tick
        self._attend()
        return [*outputs, StartFile(number, order.path, 2, CLOCK_RATE)]

    def hand(self, row: int, to: int) -> bool:
        """Let another row be the left side; False when nothing is recorded, or of `to` already."""
        if row not in self._slot_of or to in self._slot_of:
            return False
        slot = self._slot_of[to] = self._slot_of.pop(row)
        self._change(slot, to)
        self._attend()
        return True

    def stop(self, row: int, reason: str) -> list[Output]:
        """End the recording of a row's call, if there is one."""
        slot = self._slot_of.pop(row, None)
        if slot is None:
            return []
        outputs: list[Output] = []
        alone = np.array([slot])
        for tick in range(self._now - DELAY, self._now + 1):
            outputs += self._write(alone, tick)
        outputs += self._flush(slot)
        number, order = self._orders.pop(slot)
        self._slots = self._slots[self._slots != slot]
        self._changes = deque(change for change in self._changes if change[1] != slot)
        self._free.append(slot)
        self._ledger.end(number, int(self._streams.number[row]), order, reason)
        self._attend()
        return [*outputs, FinishFile(number)]

    def stop_all(self, reason: str) -> list[Output]:
        return [output for row in list(self._slot_of) for output in self.stop(row, reason)]

    def broken(self, number: int) -> list[Output]:
        """End a recording whose file takes no more. The call goes on."""
        for row, slot in self._slot_of.items():
            if self._orders[slot][0] == number:
                return self.stop(row, "failed")
        return []  # it was ending anyway

    def take(self, arrived: Arrived, now: float) -> list[Output]:
        """Take packets of audio of rows that are wanted."""
        outputs = self.expire(now)  # first, so that there is room for what comes after a delay
        which = self.wanted[arrived.rows].nonzero()[0]  # a recording may have ended just now
        malformed = self._reel.take(arrived.where(which), now) if len(which) else 0
        return outputs + [Discard("audio-malformed")] * malformed

    def expire(self, now: float) -> list[Output]:
        """Write the ticks that are due."""
        outputs: list[Output] = []
        while self.deadline <= now:
            slots = self._slots
            others = self._streams.other[self._sides[slots, LEFT]]
            for slot in slots[others != self._sides[slots, RIGHT]].tolist():
                self._change(slot, int(self._sides[slot, LEFT]))
            tick = self._now - DELAY
            is_changing = bool(self._changes)
            outputs += self._write(slots, tick)
            if is_changing:
                self._attend()
            self._reel.over(tick)
            self._now += 1
            if not self._room[slots].all():
                for row, slot in list(self._slot_of.items()):
                    if not self._room[slot]:
                        outputs += self.stop(row, "maximum")
        return outputs

    def _change(self, slot: int, left: int) -> None:
        """From the tick that is going on, another is left, or another is bridged with him."""
        right = int(self._streams.other[left])
        self._sides[slot] = left, right
        self._changes.append((self._now, slot, left, right))

    def _write(self, slots: Ints, tick: int) -> list[Output]:
        """Add one tick to these calls, if they had begun by then and there is room."""
        if self._changes:
            mine = set(slots.tolist())
            for change in list(self._changes):
                since, slot, left, right = change
                if since <= tick and slot in mine:
                    self._written[slot] = left, right
                    self._changes.remove(change)
        grows = (self._begins[slots] <= tick) & (self._room[slots] > 0)
        if not grows.all():
            slots = slots[grows]
        filled = self._filled[slots]
        for side in (LEFT, RIGHT):
            frames = self._reel.frames(self._written[slots, side], tick)
            self._block[slots, filled, :, side] = frames
        self._filled[slots] += 1
        self._room[slots] -= 1
        full = slots[self._filled[slots] >= self._limit[slots]]
        return [output for slot in full.tolist() for output in self._flush(slot)]

    def _flush(self, slot: int) -> list[Output]:
        """Hand on what has gathered."""
        count = int(self._filled[slot])
        self._filled[slot] = 0
        self._limit[slot] = BLOCK
        if not count:
            return []
        return [Write(self._orders[slot][0], self._block[slot, :count].reshape(-1, 2).copy())]

    def _attend(self) -> None:
        """Listen to all who are written now, or will be."""
        rows = {*self._sides[self._slots].flat, *self._written[self._slots].flat}
        for _, _, left, right in self._changes:
            rows |= {left, right}
        self._reel.listen(frozenset(map(int, rows)) - {self._streams.nobody})

    def _grow(self) -> None:
        room = len(self._filled)
        self._free = list(range(room, 2 * room))
        self._sides = _twice(self._sides)
        self._written = _twice(self._written)
        self._begins = _twice(self._begins)
        self._room = _twice(self._room)
        self._filled = _twice(self._filled)
        self._limit = _twice(self._limit)
        self._block = np.concatenate((self._block, np.zeros_like(self._block)))


def _twice(values: Ints) -> Ints:
    return np.concatenate((values, np.zeros_like(values)))
