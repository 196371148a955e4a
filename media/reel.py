"""What the peers of recorded calls say, put where the clock says, for all of them at once.

A recording can wait, so unlike an ear it needs no buffer that adapts: a packet has DELAY to
come late, and what has not come by then is silence. All streams share the clock of arrival, which
is what keeps the two sides of a call together.
"""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from media.codecs.g711 import ALAW_TO_LINEAR, ULAW_TO_LINEAR, Octets, Samples
from media.net.batch import Flags, Ints, different
from media.relay import Arrived
from media.rtp.header import SIZE, payload_span
from media.streams import CLOCK_RATES, LAST_LAW, LAWS, NONE, Streams
from media.timeline import CLOCK_RATE
from media.wideband import Decoders

FRAME: Final = 160
"""Samples of a tick, 20 ms."""

DELAY: Final = 10
"""Ticks after which what was said is read."""

LATE: Final = (DELAY - 2) * FRAME
EARLY: Final = 480
"""Samples that a packet may be behind or before its time by its timestamp. Further off it is of
another source or another clock, and what is said goes on at the time when it came."""

LOOSE: Final = 80
"""Samples that the promptest packet of a second may be off: 10 ms. If it is further off, the
peer's clock has another speed than ours, and what is said is moved by up to STEP."""

STEP: Final = 40

_SPAN: Final = 25
"""Ticks that there is room for: what is not read yet, and what is not due yet."""

_LENGTH: Final = _SPAN * FRAME

_UNSEEN: Final = 1 << 40

_PLAIN: Final = 0x80


class Reel:
    """A ring of half a second for each stream that is listened to.

    Times are samples of the monotonic clock at 8 kHz; tick t is the 160 samples from 160 t on.
    """

    def __init__(self, streams: Streams) -> None:
        size = streams.rows + 1
        self.wanted: Flags = np.zeros(size, np.bool_)
        """By row: listened to."""

        self._slot: Ints = np.zeros(size, np.int64)  # by row; the first slot stays silent
        self._decoders = Decoders()
        self._free: list[int] = []
        self._read = NONE  # the last tick that is over
        self._ring: Samples = np.zeros((1, _LENGTH), np.int16)
        self._place: Ints = np.zeros(1, np.int64)  # where a packet of `timestamp` belongs
        self._timestamp: Ints = np.zeros(1, np.int64)
        self._is_placed: Flags = np.zeros(1, np.bool_)
        self._least: Ints = np.full(1, _UNSEEN, np.int64)  # lateness of a second's promptest packet

    def begin(self, tick: int) -> None:
        """Say which tick is read next, before anything is listened to."""
        self._read = tick - 1

    def listen(self, rows: frozenset[int]) -> None:
        """Keep what these rows say from now on, and of no others."""
        before = set(self.wanted.nonzero()[0].tolist())
        for row in before - rows:
            self._free.append(int(self._slot[row]))
            self._slot[row] = 0
            self.wanted[row] = False
            self._decoders.forget(row)
        for row in rows - before:
            if not self._free:
                self._grow()
            slot = self._free.pop()
            self._ring[slot] = 0
            self._is_placed[slot] = False
            self._least[slot] = _UNSEEN
            self._slot[row] = slot
            self.wanted[row] = True

    def frames(self, rows: Ints, tick: int) -> Samples:
        """Return (rows, 160): what each row has said in a tick that is not over."""
        start = tick % _SPAN * FRAME
        return self._ring[self._slot[rows], start : start + FRAME]

    def over(self, tick: int) -> None:
        """Forget a tick: the ticks are read one after another."""
        start = tick % _SPAN * FRAME
        self._ring[:, start : start + FRAME] = 0
        self._read = tick
        if tick % 50 == 0:
            self._follow()

    def take(self, arrived: Arrived, now: float) -> int:
        """Take packets of audio of rows that are wanted; return how many are malformed."""
        is_wide = arrived.law > LAST_LAW
        if is_wide.any():
            wide, narrow = is_wide.nonzero()[0], (~is_wide).nonzero()[0]
            malformed = sum(self._take_wide(arrived, i, now) for i in wide.tolist())
            return malformed + (self.take(arrived.where(narrow), now) if len(narrow) else 0)
        plain = (arrived.header[0] >> 24) == _PLAIN
        lengths = arrived.batch.length - SIZE
        malformed = 0
        if plain.all() and (lengths == lengths[0]).all():
            self._take(arrived, int(lengths[0]), SIZE, now)
            return 0
        for length in different(lengths[plain]):
            self._take(arrived.where((plain & (lengths == length)).nonzero()[0]), length, SIZE, now)
        for i in (~plain).nonzero()[0].tolist():
            one, batch = arrived.where(np.array([i])), arrived.batch
            span = payload_span(batch.buffer.views[int(batch.slot[i])][: int(batch.length[i])])
            if span is None:
                malformed += 1
            else:
                self._take(one, span[1] - span[0], span[0], now)
        return malformed

    def _take(self, arrived: Arrived, length: int, offset: int, now: float) -> None:
        """Take packets with `length` octets of audio from `offset` on."""
        if not 0 < length <= _LENGTH // 4:
            return
        batch = arrived.batch
        audio = _decode(batch.buffer.data[batch.slot, offset : offset + length], arrived.law)
        self._put(arrived.rows, arrived.header[1], audio, now)

    def _take_wide(self, arrived: Arrived, i: int, now: float) -> bool:
        """Take one packet of another codec than G.711; return whether it is malformed."""
        batch, row, law = arrived.batch, int(arrived.rows[i]), int(arrived.law[i])
        view = batch.buffer.views[int(batch.slot[i])][: int(batch.length[i])]
        span = payload_span(view)
        if span is None:
            return True
        audio = self._decoders.decode(row, law, bytes(view[span[0] : span[1]]))
        if 0 < len(audio) <= _LENGTH // 4:
            timestamps = arrived.header[1, i : i + 1] * CLOCK_RATE // int(CLOCK_RATES[law])
            self._put(arrived.rows[i : i + 1], timestamps, audio[None, :], now)
        return False

    def _put(self, rows: Ints, timestamps: Ints, audio: Samples, now: float) -> None:
        """Put sounds of equal length, int16 (packets, samples) at 8 kHz, where they belong."""
        slots, length = self._slot[rows], audio.shape[1]
        place = self._places(slots, timestamps, round(now * CLOCK_RATE) - length)
        in_time = place >= (self._read + 1) * FRAME
        if not in_time.all():
            audio, place, slots = audio[in_time], place[in_time], slots[in_time]
        start = place % _LENGTH
        whole = start <= _LENGTH - length
        # Every run of samples in the ring, so that a packet is copied in one piece.
        runs = sliding_window_view(self._ring.reshape(-1), length, writeable=True)
        if whole.all():
            runs[slots * _LENGTH + start] = audio
            return
        runs[slots[whole] * _LENGTH + start[whole]] = audio[whole]
        index = (start[~whole, None] + np.arange(length)) % _LENGTH
        self._ring[slots[~whole, None], index] = audio[~whole]

    def _places(self, slots: Ints, timestamps: Ints, ideal: int) -> Ints:
        """Return where packets belong that would begin at `ideal`, had they not been on the way."""
        place = self._place[slots] + _signed(timestamps - self._timestamp[slots])
        late = ideal - place
        astray = ~self._is_placed[slots] | (late < -EARLY) | (late > LATE)
        for i in astray.nonzero()[0].tolist():
            slot, timestamp = int(slots[i]), int(timestamps[i])
            place[i] = self._place[slot] + int(_signed(timestamp - self._timestamp[slot]))
            if not self._is_placed[slot] or not -EARLY <= ideal - place[i] <= LATE:
                place[i] = ideal
                self._is_placed[slot] = True
                self._least[slot] = _UNSEEN
            self._place[slot], self._timestamp[slot] = place[i], timestamp
            late[i] = ideal - place[i]
        self._place[slots] = place
        self._timestamp[slots] = timestamps
        np.minimum.at(self._least, slots, late)
        return place

    def _follow(self) -> None:
        """Follow clocks of another speed."""
        off = self._least
        moves = (np.abs(off) > LOOSE) & (off != _UNSEEN)
        if moves.any():
            self._place[moves] += np.clip(off[moves], -STEP, STEP)
        self._least[:] = _UNSEEN

    def _grow(self) -> None:
        room = len(self._ring)
        more = max(room, 7)
        self._free = list(range(room, room + more))
        self._ring = np.concatenate((self._ring, np.zeros((more, _LENGTH), np.int16)))
        self._place = np.append(self._place, np.zeros(more, np.int64))
        self._timestamp = np.append(self._timestamp, np.zeros(more, np.int64))
        self._is_placed = np.append(self._is_placed, np.zeros(more, np.bool_))
        self._least = np.append(self._least, np.full(more, _UNSEEN, np.int64))


def _decode(payload: Octets, law: NDArray[np.int8]) -> Samples:
    """Return the samples of payloads (packets, length), each of its law."""
    is_ulaw = law == LAWS["PCMU"]
    if is_ulaw.all():
        return ULAW_TO_LINEAR[payload]
    audio: Samples = ALAW_TO_LINEAR[payload]
    if is_ulaw.any():
        audio[is_ulaw] = ULAW_TO_LINEAR[payload[is_ulaw]]
    return audio


def _signed(difference: Ints) -> Ints:
    """Return differences of 32-bit timestamps between -2**31 and 2**31."""
    return (difference + 0x80000000 & 0xFFFFFFFF) - 0x80000000
