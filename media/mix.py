"""Rooms: each member hears all others, and not itself.

Everything is done for all rooms of one size at once, as arrays (rooms, members, samples). A room
has the highest sample rate of its members; others are brought to it, and get theirs back in
`speech`.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.codecs.g711 import Samples
from media.codecs.resample import Resampler
from media.hearing import SILENT, Heard
from media.net.batch import Flags, Ints
from media.speech import Spoken

Sound = NDArray[np.float32]

LARGE: Final = 16
"""Members above which a room lets only its loudest be heard: the noise of a crowd adds up."""

TALKERS: Final = 4
"""Of a large room, who are heard together."""

BEGINS: Final = 32768 * 10 ** (-40 / 20)
ENDS: Final = 32768 * 10 ** (-46 / 20)
"""Root mean square from which on a member talks, and below which it does so no more."""

HOLD: Final = 25
"""Ticks of quiet after which a member has stopped talking: pauses between words are shorter."""

LOUDEST: Final = 24_000.0
"""Up to here a mix is the plain sum; what is louder is bent, so that it never clips hard."""

_FULL: Final = 32_767.0
_HEADROOM: Final = _FULL - LOUDEST


class Talk(NamedTuple):
    """A member has begun to talk, or stopped."""

    row: int
    is_talking: bool


class _Room:
    __slots__ = ("members", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.members: dict[int, None] = {}


class _Block(NamedTuple):
    """All rooms of one size and rate."""

    rate: int
    members: Ints
    """(rooms, members): rows"""


class Mixer:
    """All rooms of an engine.

    rows  how many streams there can be
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._rooms: dict[int, _Room] = {}
        self._room_of: dict[int, _Room] = {}
        self._gain = np.ones(rows + 1, np.float32)
        self._muted: Flags = np.zeros(rows + 1, np.bool_)
        self._talking: Flags = np.zeros(rows + 1, np.bool_)
        self._quiet: Ints = np.zeros(rows + 1, np.int64)  # ticks
        self._place: Ints = np.full(rows + 1, -1, np.int64)  # in the frames of this tick
        self._resamplers: dict[tuple[int, int], Resampler] = {}
        self._blocks: list[_Block] = []
        self._layout: tuple[tuple[int, bytes], ...] | None = None

    @property
    def active(self) -> bool:
        return bool(self._room_of)

    def join(self, row: int, room: int, gain_db: float, *, muted: bool) -> list[Talk]:
        """Let a stream be a member of a room, and of no other."""
        ended = self.leave(row)
        found = self._rooms.setdefault(room, _Room(room))
        found.members[row] = None
        self._room_of[row] = found
        self._layout = None
        return ended + self.adjust(row, gain_db, muted=muted)

    def leave(self, row: int) -> list[Talk]:
        room = self._room_of.pop(row, None)
        if room is None:
            return []
        del room.members[row]
        for resampler in self._resamplers.values():
            resampler.clear(row)
        if not room.members:
            del self._rooms[room.number]
        self._layout = None
        return self._silence(row)

    def adjust(self, row: int, gain_db: float, *, muted: bool) -> list[Talk]:
        """Change how loud others hear a member, and whether they hear it at all."""
        self._gain[row] = 10 ** (gain_db / 20)
        self._muted[row] = muted
        return self._silence(row) if muted else []

    def has(self, row: int) -> bool:
        return row in self._room_of

    def tick(self, heard: Iterable[Heard]) -> tuple[list[Spoken], list[Talk]]:
        """Return what the members of all rooms are to hear, and who has begun or stopped talking.

        heard  20 ms of the members, and of others perhaps
        """
        heard = list(heard)
        self._lay_out(heard)
        talks: list[Talk] = []
        said = []
        for block in self._blocks:
            sound, level = self._sound(block, heard)
            talks += self._watch(block.members, level)
            if block.members.shape[1] > LARGE:
                sound *= self._loudest(level)[:, :, None]
            mixed = sound.sum(axis=1, keepdims=True) - sound
            rows = block.members.reshape(-1)
            frames = _bent(mixed.reshape(len(rows), -1))
            said.append(Spoken(block.rate, rows, frames))
        return said, talks

    # Inside

    def _silence(self, row: int) -> list[Talk]:
        """Let a member talk no more."""
        was_talking = bool(self._talking[row])
        self._talking[row] = False
        self._quiet[row] = 0
        return [Talk(row, is_talking=False)] if was_talking else []

    def _lay_out(self, heard: list[Heard]) -> None:
        """Order the rooms by rate and size, if anything has changed since."""
        layout = tuple((one.rate, one.rows.tobytes()) for one in heard)
        if layout == self._layout:
            return
        self._layout = layout
        rate_of: dict[int, int] = {}
        for one in heard:
            self._place[one.rows] = np.arange(len(one.rows))
            rate_of.update(dict.fromkeys(one.rows.tolist(), one.rate))
        blocks: dict[tuple[int, int], list[list[int]]] = {}
        for room in self._rooms.values():
            members = [row for row in room.members if row in rate_of]
            if members:
                rate = max(rate_of[row] for row in members)
                blocks.setdefault((rate, len(members)), []).append(members)
        self._blocks = [
            _Block(rate, np.array(members, np.int64)) for (rate, _), members in blocks.items()
        ]

    def _sound(self, block: _Block, heard: list[Heard]) -> tuple[Sound, Sound]:
        """Return what each member gives to its room, float32 (rooms, members, samples), and how
        loud that is."""
        rows = block.members.reshape(-1)
        sound: Sound = np.zeros((len(rows), block.rate // 50), np.float32)
        for one in heard:
            places = self._place[rows]
            inside = (places < len(one.rows)) & (places >= 0)
            places = np.where(inside, places, 0)
            which = (inside & (one.rows[places] == rows)).nonzero()[0]
            if not len(which):
                continue
            frames = one.frames[places[which]]
            sounds = one.kinds[places[which]] != SILENT
            if one.rate != block.rate:
                frames = self._raised(one.rate, block.rate, frames, rows[which])
            gain = self._gain[rows[which]] * sounds * ~self._muted[rows[which]]
            sound[which] = frames * gain[:, None]
        level = np.sqrt(np.einsum("ij,ij->i", sound, sound) / sound.shape[1])
        shape = block.members.shape
        return sound.reshape(*shape, -1), level.reshape(shape)

    def _raised(self, rate: int, to: int, frames: Samples, rows: Ints) -> Samples:
        if (rate, to) not in self._resamplers:
            self._resamplers[rate, to] = Resampler(self._rows, rate, to)
        return self._resamplers[rate, to].convert(frames, rows)

    def _watch(self, members: Ints, level: Sound) -> list[Talk]:
        """Return who has begun or stopped talking."""
        rows, level = members.reshape(-1), level.reshape(-1)
        talking = self._talking[rows]
        quiet = np.where(level >= ENDS, 0, self._quiet[rows] + 1)
        self._quiet[rows] = quiet
        begins = ~talking & (level >= BEGINS)
        ends = talking & (quiet >= HOLD)
        changed = (begins | ends).nonzero()[0]
        if not len(changed):
            return []
        self._talking[rows[changed]] = begins[changed]
        pairs = zip(rows[changed].tolist(), begins[changed].tolist(), strict=True)
        return [Talk(row, is_talking) for row, is_talking in pairs]

    def _loudest(self, level: Sound) -> Flags:
        """Return who of large rooms is heard: of those who talk the loudest."""
        least = -np.partition(-level, TALKERS - 1, axis=1)[:, TALKERS - 1 : TALKERS]
        heard: Flags = level >= np.maximum(least, 1.0)
        return heard


def _bent(mixed: Sound) -> Samples:
    """Return sums as samples: the loud ones bent towards full scale, and none beyond."""
    size = np.abs(mixed)
    loud = size > LOUDEST
    if loud.any():
        over = size[loud] - LOUDEST
        mixed[loud] = np.sign(mixed[loud]) * (LOUDEST + _HEADROOM * np.tanh(over / _HEADROOM))
    samples: Samples = np.rint(mixed).astype(np.int16)
    return samples
