"""What the members of all rooms hear.

Everything is done for all rooms of one size at once, in slab order: arrays (members, rooms,
samples), in which the k-th member of every room is contiguous. A room has the highest sample rate
of those who speak in it; others are brought to it, and get theirs back in `speech`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import Samples
from media.codecs.resample import Resampler
from media.hearing import SILENT, Heard
from media.mix.limit import limited
from media.mix.talk import Levels, Talk, Talkers
from media.net.batch import Flags, Ints, is_all, is_any
from media.speech import Spoken

Sound = NDArray[np.float32]

LARGE: Final = 16
"""Members above which a room lets only its loudest be heard."""

ANNOUNCED: Final = 8000
"""Samples a second of what is announced."""

_FIRST: Final = np.zeros(1, np.int64)


class Mixed(NamedTuple):
    """20 ms of all rooms."""

    said: list[Spoken]
    """What the members hear."""

    talks: list[Talk]
    """Who has begun to talk, or stopped."""

    sums: dict[int, tuple[int, Samples]]
    """Of the rooms that this was asked for: sample rate, and what all of them say, (samples,)."""


class _Room:
    __slots__ = ("listeners", "members", "number", "resamplers")

    def __init__(self, number: int) -> None:
        self.number = number
        self.members: dict[int, None] = {}
        self.listeners: dict[int, None] = {}
        self.resamplers: dict[int, Resampler] = {}  # of what is announced, by rate

    @property
    def is_empty(self) -> bool:
        return not self.members and not self.listeners


class _Part(NamedTuple):
    """Which members of a block are heard at a rate."""

    rate: int
    at: int
    """Which Heard they are in."""

    places: Ints
    """Theirs in that one."""

    which: Ints | None
    """Theirs in the block; None for all."""


class _Block(NamedTuple):
    """All rooms of one size and rate."""

    rate: int
    rooms: list[_Room]
    members: Ints
    """(members, rooms): rows"""

    parts: list[_Part]
    listeners: Ints
    """Rows, and in which of the rooms each is."""

    heard_by: Ints


class Mixer:
    """All rooms of an engine.

    rows  how many streams there can be
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._rooms: dict[int, _Room] = {}
        self._room_of: dict[int, _Room] = {}
        self._talkers = Talkers(rows)
        self._gain: Sound = np.ones(rows + 1, np.float32)  # 0 when muted
        self._applied: Sound = np.zeros(rows + 1, np.float32)  # at the end of the last tick
        self._resamplers: dict[tuple[int, int], Resampler] = {}
        self._blocks: list[_Block] = []
        self._layout: tuple[tuple[int, bytes], ...] | None = None

    @property
    def active(self) -> bool:
        return bool(self._room_of)

    def join(self, row: int, room: int, gain: float, *, muted: bool, listens: bool) -> list[Talk]:
        """Let a stream be in a room, and in no other.

        gain     decibels by which others hear it louder
        listens  it is never heard
        """
        ended = self.leave(row)
        found = self._rooms.setdefault(room, _Room(room))
        (found.listeners if listens else found.members)[row] = None
        self._room_of[row] = found
        self._layout = None
        return ended + self.adjust(row, gain, muted=muted)

    def leave(self, row: int) -> list[Talk]:
        room = self._room_of.pop(row, None)
        if room is None:
            return []
        room.members.pop(row, None)
        room.listeners.pop(row, None)
        if room.is_empty:
            del self._rooms[room.number]
        self._layout = None
        self._applied[row] = 0
        for resampler in self._resamplers.values():
            resampler.clear(row)
        return self._talkers.silence(row)

    def adjust(self, row: int, gain: float, *, muted: bool) -> list[Talk]:
        """Change how loud others hear a member, and whether they hear it at all."""
        self._gain[row] = 0 if muted else 10 ** (gain / 20)
        return self._talkers.silence(row) if muted else []

    def room_of(self, row: int) -> int | None:
        """Return in which room a stream is."""
        room = self._room_of.get(row)
        return None if room is None else room.number

    def has(self, room: int) -> bool:
        """Return whether somebody is in a room."""
        return room in self._rooms

    def tick(
        self, heard: Iterable[Heard], announced: Mapping[int, Samples], wanted: Collection[int]
    ) -> Mixed:
        """Return what all hear.

        heard      20 ms of the members, and of others perhaps
        announced  by room, 20 ms at 8 kHz
        wanted     rooms whose sums are asked for
        """
        heard = list(heard)
        self._lay_out(heard)
        mixed = Mixed([], [], {})
        for block in self._blocks:
            sound, levels = self._sound(block, heard)
            mixed.talks.extend(self._talkers.watch(block.members.reshape(-1), levels.reshape(-1)))
            heard_at = self._weigh(block, sound, levels)
            if heard_at is None:
                total = sound.sum(axis=0)  # (rooms, samples)
            else:
                total = np.zeros(sound.shape[1:], np.float32)
                np.add.at(total, heard_at[1], sound[heard_at])
            if announced or wanted:
                for at, room in enumerate(block.rooms):
                    if room.number in announced:
                        total[at] += self._raised_announcement(block, room, announced[room.number])
                    if room.number in wanted:
                        frame = limited(total[at : at + 1].copy()).reshape(-1)
                        mixed.sums[room.number] = block.rate, frame
            if len(block.listeners):
                frames = limited(total.copy())[block.heard_by]
                mixed.said.append(Spoken(block.rate, block.listeners, frames))
            if heard_at is None:
                frames = limited(np.subtract(total, sound, out=sound).reshape(-1, sound.shape[2]))
            else:
                frames = _shared(total, sound, heard_at)
            mixed.said.append(Spoken(block.rate, block.members.reshape(-1), frames))
        return mixed

    # Inside

    def _lay_out(self, heard: list[Heard]) -> None:
        """Order the rooms by rate and size, if anything has changed since."""
        layout = tuple((one.rate, one.rows.tobytes()) for one in heard)
        if layout == self._layout:
            return
        self._layout = layout
        places: dict[int, tuple[int, int]] = {}  # by row: in which, and where
        for at, one in enumerate(heard):
            places.update((row, (at, place)) for place, row in enumerate(one.rows.tolist()))
        blocks: dict[tuple[int, int], list[tuple[_Room, list[int]]]] = {}
        for room in self._rooms.values():
            members = [row for row in room.members if row in places]
            rates = [heard[places[row][0]].rate for row in members]
            rate = max(rates, default=ANNOUNCED)
            blocks.setdefault((rate, len(members)), []).append((room, members))
        self._blocks = [_block(rate, rooms, heard, places) for (rate, _), rooms in blocks.items()]

    def _sound(self, block: _Block, heard: list[Heard]) -> tuple[Sound, Levels]:
        """Return what each member says, float32 (members, rooms, samples), and how loud others
        are to hear that."""
        rows = block.members.reshape(-1)
        sound: Sound = np.empty((len(rows), block.rate // 50), np.float32)
        for part in block.parts:
            one = heard[part.at]
            frames = one.frames[part.places]
            silent = one.kinds[part.places] == SILENT
            if is_any(silent):
                frames[silent] = 0  # the noise around those who say nothing would add up
            if part.rate != block.rate:
                where = rows if part.which is None else rows[part.which]
                frames = self._raised(part.rate, block.rate, frames, where)
            if part.which is None:
                sound[:] = frames
            else:
                sound[part.which] = frames
        levels = np.sqrt(np.einsum("ij,ij->i", sound, sound) / np.float32(block.rate // 50))
        levels *= self._gain[rows]
        shape = block.members.shape
        return sound.reshape(*shape, block.rate // 50), levels.reshape(shape)

    def _weigh(self, block: _Block, sound: Sound, levels: Levels) -> tuple[Ints, ...] | None:
        """Let each be as loud as it is to be. What changes does so within the tick.

        Of large rooms return who is heard, as indices; what the others say is left as it is.
        """
        members = block.members
        gain, before = self._gain[members], self._applied[members]
        is_large = len(members) > LARGE
        if is_large:
            gain *= self._talkers.choose(members, levels)
        audible = (gain != 0) | (before != 0)
        differs: Flags = (gain != 1) | (before != 1)
        if is_large:
            differs &= audible
        if is_any(differs):
            self._applied[members] = gain
            which = differs.nonzero()
            begin, end = before[which][:, None], gain[which][:, None]
            steps = np.arange(sound.shape[2], dtype=np.float32) / np.float32(sound.shape[2])
            sound[which] *= begin + (end - begin) * steps
        return audible.nonzero() if is_large else None

    def _raised(self, rate: int, to: int, frames: Samples, rows: Ints) -> Samples:
        if (rate, to) not in self._resamplers:
            self._resamplers[rate, to] = Resampler(self._rows, rate, to)
        return self._resamplers[rate, to].convert(frames, rows)

    @staticmethod
    def _raised_announcement(block: _Block, room: _Room, frame: Samples) -> Samples:
        if block.rate == ANNOUNCED:
            return frame
        if block.rate not in room.resamplers:
            room.resamplers[block.rate] = Resampler(1, ANNOUNCED, block.rate)
        raised: Samples = room.resamplers[block.rate].convert(frame[None, :], _FIRST)[0]
        return raised


def _shared(total: Sound, sound: Sound, heard_at: tuple[Ints, ...]) -> Samples:
    """Return what members of large rooms hear: all the same, but for those who are heard."""
    frames: Samples = np.empty(sound.shape, np.int16)
    frames[:] = limited(total.copy())
    frames[heard_at] = limited(total[heard_at[1]] - sound[heard_at])
    return frames.reshape(-1, sound.shape[2])


def _block(
    rate: int,
    rooms: list[tuple[_Room, list[int]]],
    heard: list[Heard],
    places: dict[int, tuple[int, int]],
) -> _Block:
    """Lay out rooms of as many members each, whose rows are given."""
    members = np.array([rows for _, rows in rooms], np.int64).reshape(len(rooms), -1).T
    members = np.ascontiguousarray(members)
    where = np.array([places[row] for row in members.reshape(-1).tolist()], np.int64)
    where = where.reshape(-1, 2)
    parts = []
    for at, one in enumerate(heard):
        is_here = where[:, 0] == at
        if is_any(is_here):
            which = None if is_all(is_here) else is_here.nonzero()[0]
            parts.append(_Part(one.rate, at, where[is_here, 1], which))
    listeners = [(row, at) for at, (room, _) in enumerate(rooms) for row in room.listeners]
    rows, heard_by = np.array(listeners, np.int64).reshape(-1, 2).T
    return _Block(rate, [room for room, _ in rooms], members, parts, rows, heard_by)
