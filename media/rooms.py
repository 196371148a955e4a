"""Who is in which room, and what its members hear of each other."""

from typing import Final, TypeAlias

import numpy as np

from media.conferencing import Adjust, Join, Leave, Talking
from media.hearing import ROOM, Heard, Hearing
from media.mix import Mixer, Talk
from media.net.batch import Batch
from media.outputs import Discard, Output
from media.speech import Speech, Spoken
from media.streams import Streams
from media.timeline import Timeline

FRAME: Final = 0.02
"""Seconds of what is heard at a tick."""

RoomCommand: TypeAlias = Join | Adjust | Leave


class Rooms:
    """Carries out what is asked of rooms, and lets their members hear each other."""

    def __init__(self, streams: Streams, timeline: Timeline, hearing: Hearing) -> None:
        self._streams = streams
        self._hearing = hearing
        self._mixer = Mixer(streams.rows)
        self._speech = Speech(streams, timeline)
        self._hushed: dict[int, float] = {}
        """By row, until when nobody hears it: a key is held whose tone is not passed on."""

    def command(self, command: RoomCommand, row: int) -> list[Output]:
        if isinstance(command, Join):
            self._streams.part(row)
            self._hearing.listen(row, ROOM)
            talks = self._mixer.join(row, command.room, command.gain, muted=command.muted)
            return self._told(talks)
        if not self._mixer.has(row):
            return [Discard("not-in-a-room")]
        if isinstance(command, Adjust):
            return self._told(self._mixer.adjust(row, command.gain, muted=command.muted))
        return self.leave(row)

    def leave(self, row: int) -> list[Output]:
        """Let a stream be in no room; it may be in none already."""
        self._hearing.ignore(row, ROOM)
        self._speech.forget(row)
        self._hushed.pop(row, None)
        return self._told(self._mixer.leave(row))

    def tick(self, heard: list[Heard], now: float) -> tuple[Batch | None, list[Output]]:
        """Return the packets to all members, and who has begun or stopped talking."""
        if not self._mixer.active:
            return None, []
        said, talks = self._mixer.tick([self._without_tones(one, now) for one in heard])
        batch = self._speech.say([self._unoccupied(one) for one in said], (), now)
        return batch, self._told(talks)

    def _without_tones(self, one: Heard, now: float) -> Heard:
        """Leave out what is known to be a digit. That is known when the tone arrives, and its
        end is heard later by as much as all has to wait in the jitter buffer."""
        muted = self._streams.muted[one.rows]
        if not self._hushed and not muted.any():
            return one
        for row in one.rows[muted].tolist():
            self._hushed[row] = now + self._hearing.delay(row) + FRAME
        self._hushed = {row: until for row, until in self._hushed.items() if until > now}
        hushed = np.isin(one.rows, list(self._hushed))
        return one._replace(frames=np.where(hushed[:, None], np.int16(0), one.frames))

    def _unoccupied(self, said: Spoken) -> Spoken:
        """Leave out to whom something else is said: a prompt, or digits."""
        free = (~self._streams.occupied[said.rows]).nonzero()[0]
        return said if len(free) == len(said.rows) else said.where(free)

    def _told(self, talks: list[Talk]) -> list[Output]:
        number = self._streams.number
        return [Talking(int(number[talk.row]), talk.is_talking) for talk in talks]
